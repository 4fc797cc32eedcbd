"""What happens to people while the sweep runs."""

from collections.abc import Sequence
from datetime import timedelta

from authenticators import NOON, PERIOD, Authenticator, enrolled, keeper
from populations import populate
from sqlalchemy import select

from credguard import Keyring
from credguard.second_factor.leaks.deciding import Leaked
from credguard.second_factor.leaks.measure import Measure
from credguard.second_factor.leaks.members import MemberState
from credguard.second_factor.leaks.scanning import Paths
from credguard.storage import Database
from credguard.storage.tables import (
    second_factor,
)
from credguard.testing import FrozenClock

LATER = NOON + timedelta(days=14)
SEEDS = Measure("2026-11", Leaked.PLAIN_SEEDS, LATER)


def test_who_changed_a_factor_meanwhile_is_swept_too(
    database: Database, keyring: Keyring
) -> None:
    """A thief who enrolled by the leaked seed after the start does not stay."""
    phone = enrolled(database, keyring, "a")
    enrolled(database, keyring, "b")
    clock = FrozenClock(NOON)
    keep = keeper(database, keyring, clock=clock)
    proof = keep.verify("a", phone.code(NOON)).proof

    def with_address(ids: Sequence[str]) -> Sequence[str]:
        # It is asked first by the check before the start, then by the sweep.
        asked.append(len(ids))
        if len(asked) == 2:
            clock.advance(PERIOD)
            thief = Authenticator(keep.enroll("a", proof=proof))
            keep.confirm("a", thief.code(clock()))
        return ids

    asked: list[int] = []
    paths = Paths(with_address=with_address)
    done = keep.leaks.start(SEEDS, worker="one", paths=paths)
    assert (done.accounts, states_of(database)) == (2, {"suspended"})


def test_who_loses_the_last_path_meanwhile_goes_to_support(
    database: Database, keyring: Keyring
) -> None:
    """An address that goes while the sweep runs leaves nobody forgotten."""
    populate(database, keyring, 1)
    keep = keeper(database, keyring, clock=FrozenClock(NOON + PERIOD))
    asked: list[int] = []

    def with_address(ids: Sequence[str]) -> Sequence[str]:
        asked.append(len(ids))
        return ids if len(asked) == 1 else ()

    paths = Paths(with_address=with_address)
    assert keep.leaks.start(SEEDS, worker="one", paths=paths).stranded == 1
    assert keep.leaks.status("2026-11").counts[MemberState.SUPPORT] == 1


def test_recovery_codes_made_since_the_start_stay(
    database: Database, keyring: Keyring
) -> None:
    """Who asked for new codes before the sweep came has done what was asked."""
    phone = enrolled(database, keyring, "a")
    clock = FrozenClock(NOON)
    keep = keeper(database, keyring, clock=clock)
    proof = keep.verify("a", phone.code(NOON)).proof
    new: list[str] = []

    def with_address(ids: Sequence[str]) -> Sequence[str]:
        asked.append(len(ids))
        if len(asked) == 2:
            clock.advance(PERIOD)
            new.extend(keep.replace_recovery_codes("a", proof=proof).codes)
        return ids

    asked: list[int] = []
    measure = Measure("codes", Leaked.RECOVERY_CODES, LATER)
    paths = Paths(with_address=with_address)
    assert keep.leaks.start(measure, worker="one", paths=paths).codes == 0
    assert keep.leaks.status("codes").counts[MemberState.RENEWED] == 1
    assert keep.verify("a", new[0]).recovery_left == len(new) - 1


def states_of(database: Database) -> set[str]:
    """Return the states of all factors."""
    with database.read() as connection:
        return set(connection.scalars(select(second_factor.c.state)))
