"""What one of the processes that race does: its order, and what it is told."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from sqlalchemy import update

sys.path.insert(0, str(Path(__file__).parent / "campaigns"))

import crowd

from credguard import CredGuard, Keyring, PasswordHasher, SecondFactors, sweeps
from credguard._clock import system_clock
from credguard.accounts import SqlAccounts
from credguard.errors import CredguardError
from credguard.second_factor import Argon2CodeHasher, resealing
from credguard.storage import Database
from credguard.testing import CHEAPEST, FrozenClock
from forums import COLUMNS, close_guard, members, policy
from racetrack import Meeting

Order = dict[str, Any]

PATIENCE = timedelta(seconds=60)  # eight processes on two cores of a busy machine


class LingeringKeyring(Keyring):
    """A keyring after whose opening of a seed all wait for each other."""

    meeting: Meeting

    def open(
        self, sealed: str, *, purpose: str, owner: str, part: str | None = None
    ) -> bytes:
        """Open, then wait."""
        plain = super().open(sealed, purpose=purpose, owner=owner, part=part)
        if part is not None:
            self.meeting.wait()
        return plain


class LingeringCodeHasher(Argon2CodeHasher):
    """A hash of recovery codes before whose comparison all wait for each other."""

    meeting: Meeting

    def fits(self, digest: bytes, hashed: str) -> bool:
        """Wait, then compare."""
        self.meeting.wait()
        return super().fits(digest, hashed)


class LingeringHasher(PasswordHasher):
    """A hasher before whose new hashes all wait for each other."""

    meeting: Meeting

    def hash(self, password: str, *, account_id: str | None = None) -> str:
        """Wait, then hash."""
        self.meeting.wait()
        return super().hash(password, account_id=account_id)


_MOST_OPEN = 6
_open: dict[tuple[str, bool], Database] = {}


def _database(url: str, *, ours: bool = True) -> Database:
    """Return a database, kept open: what it compiled is worth more than the race."""
    if (url, ours) not in _open:
        if len(_open) == _MOST_OPEN:
            _open.pop(next(iter(_open))).close()
        _open[url, ours] = Database(url, ours=ours, patience=PATIENCE)
    return _open[url, ours]


@dataclass
class Stage:
    """
    A process's own doors to what is raced for.

    Attributes:
        scene: As `racing.Scene` has it.

        number: Which of the processes this is.

        meeting: Where they wait for each other in the midst of an order.
    """

    scene: dict[str, Any]
    number: int
    meeting: Meeting
    _opened: list[Callable[[], None]] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        scene: dict[str, Any],
        number: int,
        meeting: Meeting,
        *,
        before: "Stage | None",
    ) -> "Stage":
        """Return the stage of *scene*, the one before if it is the same."""
        if before is not None and before.scene == scene:
            return before
        if before is not None:
            before.close()
        crowd.hurry(range_size=5)
        # Nobody is killed here, and on a busy machine anybody may be kept waiting.
        crowd.MARGIN = timedelta(minutes=1)
        resealing.RANGE_SIZE = 5
        return cls(scene, number, meeting)

    def close(self) -> None:
        """Let go of all connections."""
        for close in self._opened:
            close()

    def prepare(self, order: Order) -> None:
        """Open what an order needs, so that all begin with open doors."""
        self.meeting.is_held = bool(order.get("lingers"))
        if self.scene["forum"]:
            _ = self.guard, self.host
        _ = self.database, self.keyring
        if order["verb"] in _OF_FACTORS:
            _ = self.factors

    def do(self, order: Order) -> list[str]:
        """Do an order; return what was told."""
        return _VERBS[order["verb"]](self, order)

    @cached_property
    def keyring(self) -> Keyring:
        """The keyring, which lingers."""
        lingering = LingeringKeyring.parse(self.scene["keyring"])
        lingering.meeting = self.meeting
        return lingering

    @cached_property
    def database(self) -> Database:
        """Where the credguard_* tables are."""
        return _database(self.scene["url"])

    @cached_property
    def factors(self) -> SecondFactors:
        """The keeper of second factors, whose clock stands still."""
        return self.keeper(self.keyring)

    @cached_property
    def rotated(self) -> SecondFactors:
        """A keeper with the other keyring."""
        return self.keeper(Keyring.parse(self.scene["others"]))

    def keeper(self, keyring: Keyring) -> SecondFactors:
        """Return a keeper with *keyring*."""
        hasher = LingeringCodeHasher(memory_kib=8, passes=1)
        hasher.meeting = self.meeting
        return SecondFactors(
            self.database,
            keyring,
            issuer="Forum",
            hasher=hasher,
            clock=FrozenClock(datetime.fromisoformat(self.scene["now"])),
        )

    @cached_property
    def guard(self) -> CredGuard:
        """The door, to our tables and to the forum's."""
        hasher = LingeringHasher(work_factor=CHEAPEST)
        hasher.meeting = self.meeting
        guard = CredGuard(
            keyring=Keyring.parse(self.scene["keyring"]),
            database=self.scene["url"],
            accounts=SqlAccounts(self.scene["forum"], table="members", columns=COLUMNS),
            passwords=hasher,
            policy=policy(),
        )
        self._opened.append(lambda: close_guard(guard))
        return guard

    @cached_property
    def host(self) -> Database:
        """The forum's own connection to its table."""
        return _database(self.scene["forum"], ours=False)

    def store(self, account_id: str, new: str, *, old: str | None = None) -> bool:
        """Write the password column as the forum does, over *old* if it is given."""
        statement = update(members).where(members.c.id == int(account_id))
        if old is not None:
            statement = statement.where(members.c.password == old)
        with self.host.begin() as connection:
            return connection.execute(statement.values(password=new)).rowcount == 1


def told(action: Callable[[], object]) -> str:
    """Return the name of what *action* returned, or of its error."""
    try:
        return type(action()).__name__
    except CredguardError as error:
        return type(error).__name__
    except Exception as error:  # noqa: BLE001  # whatever it is, the test names it
        return f"undeclared {type(error).__name__}"


def _verify(stage: Stage, order: Order) -> list[str]:
    verify = partial(stage.factors.verify, order["account_id"])
    return [told(partial(verify, code)) for code in order["codes"]]


def _confirm(stage: Stage, order: Order) -> list[str]:
    confirm = partial(stage.factors.confirm, order["account_id"])
    return [told(partial(confirm, code)) for code in order["codes"]]


def _check_device(stage: Stage, order: Order) -> list[str]:
    def check() -> object:
        trusted = stage.factors.devices.check(
            order["token"], account_id=order["account_id"], epoch=0
        )
        return trusted if trusted.token is None else (trusted,)

    return [told(check)]


def _reseal(stage: Stage, _order: Order) -> list[str]:
    done = stage.rotated.reseal(worker=f"racer {stage.number}", batch=3)
    return [str(done.changed)]


def _verify_rotated(stage: Stage, order: Order) -> list[str]:
    verify = stage.rotated.verify
    return [told(partial(verify, *pair)) for pair in order["pairs"]]


def _forgotten(stage: Stage, order: Order) -> list[str]:
    """Use a link up and store the new hash, as the forum's view does."""

    def redeem() -> object:
        renewed = stage.guard.redeem_forgotten(
            order["token"], password=order["new"], stored=order["stored"]
        )
        stage.store(renewed.account_id, renewed.password)
        return renewed

    return [told(redeem)]


def _log_in(stage: Stage, order: Order) -> list[str]:
    """Log in, store the better hash over the old one, and tell the stamp."""
    stamps: list[str] = []

    def log_in() -> object:
        login = stage.guard.log_in(
            order["password"], account_id=order["account_id"], stored=order["stored"]
        )
        if login.replacement is not None:
            stage.store(order["account_id"], login.replacement, old=order["stored"])
        stamps.append(login.session)
        return login

    return [told(log_in), *stamps]


def _change(stage: Stage, order: Order) -> list[str]:
    """Change a password that is known, and store it where the old one still stands."""
    stamps: list[str] = []

    def change() -> object:
        changed = stage.guard.change_password(
            order["password"],
            new=order["new"],
            account_id=order["account_id"],
            stored=order["stored"],
        )
        if not stage.store(order["account_id"], changed.password, old=order["stored"]):
            return "overtaken"
        stamps.append(changed.session)
        return changed

    return [told(change), *stamps]


def _sign_out(stage: Stage, order: Order) -> list[str]:
    return [told(lambda: stage.guard.sign_out_everywhere(order["account_id"]))]


def _lease(stage: Stage, order: Order) -> list[str]:
    """Lease ranges of a sweep and finish them until none is left; tell their names."""
    mine: list[str] = []
    worker = f"racer {stage.number}"

    def work() -> object:
        while piece := sweeps.lease(
            stage.database, order["sweep"], worker=worker, now=system_clock()
        ):
            with stage.database.begin() as connection:
                sweeps.finish(connection, piece, touched=1)
            mine.append(str(piece.number))
        return mine

    return [told(work), *mine]


def _as_the_crowd_does(stage: Stage, order: Order) -> list[str]:
    given = {name: each for name, each in order.items() if name != "lingers"}
    what = crowd.Order(**given)
    try:
        return [crowd.do(what, stage.guard, stage.number)]
    except CredguardError as error:
        return [type(error).__name__]


def _nothing(_stage: Stage, _order: Order) -> list[str]:
    return []


_VERBS: dict[str, Callable[[Stage, Order], list[str]]] = {
    "verify": _verify,
    "confirm": _confirm,
    "check device": _check_device,
    "reseal": _reseal,
    "verify rotated": _verify_rotated,
    "forgotten": _forgotten,
    "log in": _log_in,
    "change": _change,
    "sign out": _sign_out,
    "lease": _lease,
    "nothing": _nothing,
    **dict.fromkeys(
        ("sweep", "send", "sweep and send", "redeem", "abort", "log_in"),
        _as_the_crowd_does,
    ),
}
_OF_FACTORS = {"verify", "confirm", "check device", "reseal", "verify rotated"}
