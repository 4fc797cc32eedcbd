"""Sweeps of twenty accounts: wrap, re-key, re-seal, and the measure after a leak."""

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from drivers import wired
from fuses import Fuse
from sqlalchemy import func, select

sys.path.insert(0, str(Path(__file__).parent.parent / "passwords"))
sys.path.insert(0, str(Path(__file__).parent.parent / "second_factor"))

from populations import populate
from table_work import cheap, column_at, prepare_at, renew

from credguard import Keyring, SecondFactors
from credguard._clock import system_clock
from credguard.passwords import tables
from credguard.passwords.renewal import Rekeying, Wrapping
from credguard.second_factor import resealing, rows
from credguard.second_factor.factor import Place as FactorPlace
from credguard.second_factor.leaks import scanning
from credguard.second_factor.leaks.deciding import Leaked
from credguard.second_factor.leaks.measure import Measure
from credguard.second_factor.leaks.scanning import Paths
from credguard.second_factor.seeds import open_seed
from credguard.storage import Database, audit
from credguard.storage.audit_tables import audit as audit_table
from credguard.storage.tables import factor_renewal, second_factor, sweep_range
from forums import Forum, has_password, password_of
from keepers import keeper

NUMBERS = range(1, 21)
LATER = timedelta(minutes=10)  # when the lease of the dead has run out
MEASURE_UNTIL = datetime.fromisoformat("2099-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class Place:
    """
    Where it is done, as it is handed to a process that is killed.

    Attributes:
        deed: What is done.

        ours: Our database.

        forum: The forum's.

        old: The keyring before it was rotated.

        keyring: The keyring now.
    """

    deed: str
    ours: str
    forum: str
    old: str
    keyring: str

    @property
    def given(self) -> Mapping[str, object]:
        """The place, for `play`."""
        return asdict(self)

    @property
    def ring(self) -> Keyring:
        """The keyring now."""
        return Keyring.parse(self.keyring)


def small_pieces() -> None:
    """Let twenty rows be several ranges and batches, in this process."""
    tables.RANGE_SIZE = resealing.RANGE_SIZE = 8
    scanning.BATCH_SIZE = 4


def _wrap(place: Place, later: timedelta) -> None:
    column = column_at(place.forum)
    renew(place.ours, column, Wrapping(cheap()), later=later, keyring=place.ring)


def _rekey(place: Place, later: timedelta) -> None:
    renewal = Rekeying(cheap(place.ring), current=place.ring.current.id)
    column = column_at(place.forum)
    renew(place.ours, column, renewal, later=later, keyring=place.ring)


def _factors(place: Place, database: Database, later: timedelta) -> SecondFactors:
    return keeper(database, place.ring, clock=lambda: system_clock() + later)


def _reseal(place: Place, later: timedelta) -> None:
    database = Database(place.ours)
    try:
        _factors(place, database, later).reseal(worker=f"after {later}", batch=4)
    finally:
        database.close()


def _leak(place: Place, later: timedelta) -> None:
    database = Database(place.ours)
    measure = Measure("2026-11", Leaked.PLAIN_SEEDS, MEASURE_UNTIL)
    try:
        _factors(place, database, later).leaks.start(
            measure, worker=f"after {later}", paths=Paths(with_address=lambda ids: ids)
        )
    finally:
        database.close()


DEEDS: dict[str, Callable[[Place, timedelta], None]] = {
    "wrap": _wrap,
    "re-key": _rekey,
    "re-seal": _reseal,
    "leak": _leak,
}


def arrange(place: Place) -> None:
    """Make twenty members and twenty factors under the old keyring."""
    prepare_at(place.ours)
    Forum(place.forum).make(NUMBERS)
    if place.deed == "re-key":
        old = cheap(Keyring.parse(place.old))
        renew(place.ours, column_at(place.forum), Wrapping(old))
    database = Database(place.ours)
    populate(database, Keyring.parse(place.old), len(NUMBERS))
    database.close()


def play(fuse: Fuse, given: Mapping[str, object]) -> None:
    """Do a sweep with a fuse that is lit."""
    place = Place(**given)  # type: ignore[arg-type]  # what `given` returned
    small_pieces()
    with wired(fuse), fuse.lit():
        DEEDS[place.deed](place, timedelta())


def settle(place: Place) -> dict[str, object]:
    """Check that nobody lost a password or a seed; go on; return how all stands."""
    _check_passwords(place)
    before = _seeds(place)
    DEEDS[place.deed](place, LATER)
    _check_passwords(place)
    assert _seeds(place) == before
    database = Database(place.ours)
    try:
        audit.verify(database, place.ring)
        return _picture(place, database)
    finally:
        database.close()


def _check_passwords(place: Place) -> None:
    """Check that each member's password verifies, under the old keyring or this."""
    hasher = cheap(place.ring)
    for name, stored in Forum(place.forum).passwords().items():
        if has_password(int(name)):
            hasher.verify(password_of(int(name)), stored=stored, account_id=name)


def _seeds(place: Place) -> dict[str, bytes]:
    database = Database(place.ours)
    try:
        with database.read() as connection:
            names = connection.scalars(select(second_factor.c.account_id)).all()
            found = {}
            for name in names:
                factor = rows.find(connection, name, FactorPlace.CURRENT)
                assert factor
                found[name] = open_seed(place.ring, factor)
            # A factor is suspended in the transaction that says so.
            states = Counter(connection.scalars(select(second_factor.c.state)))
            members = connection.scalars(select(func.count(factor_renewal.c.state)))
            assert states["suspended"] == members.one()
            return found
    finally:
        database.close()


def _front_of(text: str | None) -> str:
    """Return what a wrapped hash says before its salt: key and cost."""
    return str(text).rpartition("$m=")[0] if str(text).startswith("$cgw") else ""


def _picture(place: Place, database: Database) -> dict[str, object]:
    texts = Forum(place.forum).passwords().values()
    with database.read() as connection:
        events = Counter(connection.scalars(select(audit_table.c.event)))
        states = Counter(connection.scalars(select(second_factor.c.state)))
        keys = Counter(connection.scalars(select(second_factor.c.key_id)))
        members = Counter(connection.scalars(select(factor_renewal.c.state)))
        still = select(func.count()).where(sweep_range.c.state == "open")
        return {
            "wrapped": sum(str(each).startswith("$cgw") for each in texts),
            "keys of hashes": Counter(map(_front_of, texts)),
            "events": set(events),
            "factors": states,
            "keys": keys,
            "members": members,
            "open": connection.scalars(still).one(),
        }
