"""What is done to a campaign of twenty members, each part of its life by itself."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from drivers import wired
from fuses import Fuse, Trouble
from sqlalchemy import select

sys.path.insert(0, str(Path(__file__).parent.parent / "campaigns"))

from crowd import Ledger, carried

from credguard import Keyring
from credguard._clock import system_clock
from credguard.campaigns import Receipt, plan_file, retiring
from credguard.campaigns.states import AccountState, CampaignState
from credguard.campaigns.told_records import EVENT as TOLD_EVENT
from credguard.errors import (
    CampaignStateError,
    DeliveryUnavailableError,
    PasswordMismatchError,
    ResetRequiredError,
    TokenRefusedError,
)
from credguard.sessions import credentials_of
from credguard.storage import audit
from credguard.storage.audit_tables import audit as audit_table
from forums import (
    NEW_PASSWORD,
    Forum,
    House,
    address_of,
    has_password,
    hash_of,
    password_of,
)

NUMBERS = range(1, 21)
RANGE_SIZE = 8
TOLD = [address_of(each) for each in NUMBERS if has_password(each) and each % 10]
RATE = 100_000.0
LATER = timedelta(minutes=5)  # when the lease of the dead has run out
RETIRED, NEW = "cgretired1:", "$argon2id$"
MUST_RESET = {
    AccountState.UNREACHABLE,
    AccountState.QUEUED,
    AccountState.TOLD,
    AccountState.RESTORING,
    AccountState.DORMANT_CLOSED,
}


@dataclass(frozen=True)
class Place:
    """
    Where it is done, as it is handed to a process that is killed.

    Attributes:
        deed: What is done.

        ours: Our database.

        forum: The forum's.

        keyring: The keys.

        ledger: Where the messages are written down.

        days: How much later it is than now.

        plan: The plan, for the opening.

        token: A member's link, for the reset.
    """

    deed: str
    ours: str
    forum: str
    keyring: str
    ledger: str
    days: float = 0.0
    plan: str = ""
    token: str = ""

    def planned(self, plan: str, token: str = "", days: float = 0.0) -> "Place":
        """Return the place with what is known only later."""
        return replace(self, plan=plan, token=token, days=days)

    @property
    def given(self) -> Mapping[str, object]:
        """The place, for `play`."""
        return asdict(self)

    def house(self, later: timedelta = timedelta()) -> House:
        """Return the house as a process that begins now opens it."""
        away = timedelta(days=self.days) + later

        def clock() -> datetime:
            return system_clock() + away

        return House(self.ours, Forum(self.forum), clock, Keyring.parse(self.keyring))


class FusedLedger(Ledger):
    """A mail server that is away at one step, or takes a message and says nothing."""

    def __init__(self, path: str, fuse: Fuse) -> None:
        super().__init__(path)
        self._fuse = fuse

    def send(
        self, message: EmailMessage, *, recipient: str, **named: str | None
    ) -> Receipt:
        """Write a line for *message*."""
        self._fuse.burn(_away, "mail")
        receipt = super().send(message, recipient=recipient, **named)
        self._fuse.burn(_away, "mailed")
        return receipt


def _away(_: Trouble) -> None:
    message = "the mail server does not answer"
    raise DeliveryUnavailableError(message)


Deed = Callable[[House, Place, Fuse], object]


def _campaign(house: House) -> str:
    return house.campaigns.every()[0].id


def open_it(house: House, place: Place, _: Fuse) -> None:
    """Start the plan that was looked at."""
    if not house.campaigns.every():
        house.campaigns.start(plan_file.read(place.plan))


def sweep(house: House, _place: Place, _fuse: Fuse) -> None:
    """Retire every hash."""
    house.campaigns.sweep(_campaign(house), worker="sweeper")


def send(house: House, place: Place, fuse: Fuse) -> None:
    """Tell everybody."""
    ledger = FusedLedger(place.ledger, fuse)
    house.campaigns.send(_campaign(house), ledger, worker="sender")


def remind(house: House, place: Place, fuse: Fuse) -> None:
    """Put the reminders into the outbox, and send them."""
    house.campaigns.remind(_campaign(house))
    send(house, place, fuse)


def redeem(house: House, place: Place, _: Fuse) -> None:
    """Choose a new password by the link of member 1."""
    house.guard.redeem(place.token, password=NEW_PASSWORD)


def redeem_or_log_in(house: House, place: Place, fuse: Fuse) -> None:
    """Choose it again, or log in: what was decided on stands."""
    with suppress(TokenRefusedError):
        redeem(house, place, fuse)
    assert house.log_in(1, NEW_PASSWORD)


def abort(house: House, _place: Place, _fuse: Fuse) -> None:
    """Put every hash back."""
    campaign = _campaign(house)
    if house.campaigns.find(campaign).state is not CampaignState.ABORTED:
        house.campaigns.abort(campaign, reason="a test")


def close(house: House, _place: Place, _fuse: Fuse) -> None:
    """Destroy the hashes of those who never answered."""
    house.campaigns.close_dormant(_campaign(house), after=timedelta(days=30))


def destroy_key(house: House, _place: Place, _fuse: Fuse) -> None:
    """Destroy the key of all retired hashes, once."""
    try:
        house.campaigns.destroy_key(_campaign(house))
    except CampaignStateError as error:
        if "before" not in str(error):
            raise


DEEDS: dict[str, Deed] = {
    "open": open_it,
    "sweep": sweep,
    "send": send,
    "remind": remind,
    "redeem": redeem,
    "abort": abort,
    "close": close,
    "destroy key": destroy_key,
}
RESUMED: dict[str, Deed] = DEEDS | {"redeem": redeem_or_log_in}
# What must have been done before, and how many days ago.
BEFORE: dict[str, tuple[str, ...]] = {
    "open": (),
    "sweep": ("open",),
    "send": ("open", "sweep"),
    "remind": ("open", "sweep", "send"),
    "redeem": ("open", "sweep", "send"),
    "abort": ("open", "sweep", "send"),
    "close": ("open", "sweep", "send"),
    "destroy key": ("open", "sweep"),
}
DAYS = {"remind": 4.0, "close": 60.0}


def small_pieces() -> None:
    """Let twenty members be several ranges, in this process."""
    retiring.RANGE_SIZE = RANGE_SIZE


def play(fuse: Fuse, given: Mapping[str, object]) -> None:
    """Do one part of a campaign's life with a fuse that is lit."""
    place = Place(**given)  # type: ignore[arg-type]  # what `given` returned
    small_pieces()
    with wired(fuse):
        house = place.house()
        try:
            with fuse.lit():
                DEEDS[place.deed](house, place, fuse)
        finally:
            house.close()


def _check_states(house: House, *, together: bool) -> None:
    counts = house.counted(_campaign(house)).counts
    columns = house.forum.passwords()
    retired = sum(str(each).startswith(RETIRED) for each in columns.values())
    must = sum(count for state, count in counts.items() if state in MUST_RESET)
    if together:
        assert retired == must, counts
    else:
        # Ours is written first, so that nothing is retired that nobody knows of.
        assert retired <= must + counts.get(AccountState.RESETTING, 0), counts
    for name, text in columns.items():
        stays = text == hash_of(int(name))
        assert stays or str(text).startswith((RETIRED, NEW)), (name, text)


def settle(place: Place) -> dict[str, object]:
    """
    Check that account and campaign agree, and that each account counts once.

    Then do what is left, some minutes later; return how everything stands.
    """
    house = place.house(LATER)
    try:
        if house.campaigns.every():
            _check_states(house, together=place.ours == place.forum)
        _check_mail(place)
        RESUMED[place.deed](house, place, Fuse())
        return _picture(house, place)
    finally:
        house.close()


def _check_mail(place: Place) -> None:
    lines = written(place)
    assert len(lines) - len(set(lines)) <= 1


def _picture(house: House, place: Place) -> dict[str, object]:
    campaign = _campaign(house)
    audit.verify(house.guard._database, house.keyring)
    with house.guard._database.read() as connection:
        epochs = credentials_of(connection, [str(each) for each in NUMBERS])
        log = connection.execute(select(audit_table.c.event, audit_table.c.detail))
        events: Counter[str] = Counter()
        for event, detail in log:
            # A kill makes two records of one, about the same notices in all.
            count = json.loads(detail).get("notices") if event == TOLD_EVENT else 1
            events[event] += count
    return {
        "campaigns": [each.state for each in house.campaigns.every()],
        "counts": dict(house.counted(campaign).counts),
        "columns": {
            name: "new" if str(text).startswith(NEW) else text
            for name, text in house.forum.passwords().items()
        },
        "epochs": {name: each.epoch for name, each in epochs.items()},
        "audit": dict(events),
        "mail": Counter(recipient for recipient, _, _ in set(written(place))),
        "old password": _old_password(house),
    }


def written(place: Place) -> list[tuple[str, str, str]]:
    """Return recipient, Message-ID and token of each message."""
    return carried(Path(place.ledger)) if Path(place.ledger).exists() else []


def _old_password(house: House) -> str:
    try:
        house.log_in(2, password_of(2))
    except (PasswordMismatchError, ResetRequiredError) as error:
        return type(error).__name__
    return "let in"
