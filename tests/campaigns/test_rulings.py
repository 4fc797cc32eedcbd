"""The gate with rooms that answer at once: what it rules, and whom it asks."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from sqlalchemy import Connection, literal, select

from credguard import Keyring
from credguard.campaigns import (
    Accounts,
    finishing,
    gate,
    members,
    records,
    retired,
    watermarks,
)
from credguard.campaigns.accounts import Account, Swap
from credguard.campaigns.gate import Ruling
from credguard.campaigns.leaked import Leaked
from credguard.campaigns.marking import marker
from credguard.campaigns.means import Means
from credguard.campaigns.members import Member
from credguard.campaigns.plan import Plan
from credguard.campaigns.records import Record
from credguard.campaigns.states import CampaignState, MemberState
from credguard.errors import BusyError, SessionRefusedError
from credguard.passwords.recognizing import Recognizer
from credguard.sessions import Stamp
from credguard.storage import Database
from credguard.storage.quick import Statement
from credguard.storage.schema import prepare
from credguard.testing import FrozenClock
from forums import hasher

NOON = datetime(2019, 2, 5, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
OLD = Leaked("the old hash", "its salt", "its name")
NEWER = "a hash that the forum's own form made"
MARKER = "cgretired1:breach:00"
WAITS = Member("breach", "17", MemberState.MUST_RESET, None, None, 1)
RECORD = Record("breach", CampaignState.OPEN, NOON, cast("Plan", None), "sealed", 1)


@dataclass
class Column:
    """A forum's password column, of which only writes are noted."""

    swapped: list[Swap] = field(default_factory=list)

    def writing(self) -> AbstractContextManager[None]:
        """Open nothing."""
        return nullcontext()

    def swap(self, _connection: Connection, swaps: Sequence[Swap]) -> None:
        """Note what was to be written."""
        self.swapped += swaps


@dataclass
class Rooms:
    """What the rooms answer to the gate."""

    patch: pytest.MonkeyPatch
    members: list[Member] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.patch.setattr(members, "of_account", lambda *_: self.members)
        self.patch.setattr(records, "gating", lambda _: self.records)
        self.patch.setattr(records, "find", lambda _, name: self._named(name))
        self.gated_by(None)

    def _named(self, name: str) -> Record:
        return next(record for record in self.records if record.id == name)

    def gated_by(self, found: tuple[Record, Account] | None) -> None:
        """Let the watermarks answer so."""
        self.patch.setattr(watermarks, "gated", lambda *_: found)

    def waiting(self, *leaked: Leaked) -> None:
        """Let a campaign that is swept wait for a member whose hashes these were."""
        self.members = [WAITS]
        self.records = [replace(RECORD, state=CampaignState.NOTIFYING)]
        name = "credguard.campaigns.gate.retired_hashes"
        self.patch.setattr(name, lambda *_: list(leaked))


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> Rooms:
    """Rooms in which there is no campaign."""
    return Rooms(monkeypatch)


@pytest.fixture
def means(sqlite_url: str, keyring: Keyring) -> Iterator[Means]:
    """What the gate works with where no user table is at hand."""
    database = Database(sqlite_url)
    prepare(database)
    identify = Recognizer(hasher())
    yield Means(database, keyring, identify=identify, clock=FrozenClock(NOON))
    database.close()


def beside(means: Means, column: Column) -> Means:
    """Return *means* with a user table at hand."""
    return replace(means, forum=cast("Accounts", column))


@pytest.mark.parametrize("stored", [None, MARKER])
def test_a_retired_hash_is_compared_with_what_stood_beside_it(
    means: Means, rooms: Rooms, stored: str | None
) -> None:
    """The first of several; no new password may fit any of them."""
    rooms.waiting(OLD, Leaked("an older one"))
    leaked = (OLD, Leaked("an older one"))
    assert gate.rule(means, "17", stored) == Ruling(
        OLD.text, 0, "breach", leaked, salt=OLD.salt, username=OLD.username
    )


@pytest.mark.parametrize("stored", [None, MARKER])
def test_who_has_no_retired_hash_is_asked_all_the_same(
    means: Means, rooms: Rooms, stored: str | None
) -> None:
    """Nothing fits what stands there."""
    rooms.waiting()
    assert gate.rule(means, "17", stored) == Ruling(stored, 0, "breach")


def test_what_the_forums_own_form_set_may_resolve_a_campaign(
    means: Means, rooms: Rooms
) -> None:
    """If it does not fit what leaked."""
    rooms.waiting(OLD)
    ruling = gate.rule(means, "17", NEWER)
    assert ruling == Ruling(NEWER, 0, leaked=(OLD,), resolves=(WAITS,))


@pytest.mark.parametrize(
    ("stored", "there", "expected"),
    [
        (None, OLD, ((OLD,), OLD.salt, OLD.username)),
        (OLD.text, OLD, ((OLD,), OLD.salt, OLD.username)),
        (NEWER, OLD, ((OLD, Leaked(NEWER)), None, None)),
        (MARKER, OLD, ((OLD,), None, None)),
        (NEWER, Leaked(MARKER), ((Leaked(NEWER),), None, None)),
        (MARKER, Leaked(MARKER), ((), None, None)),
    ],
)
def test_before_the_sweep_what_stands_in_the_column_leaked(
    means: Means,
    rooms: Rooms,
    stored: str | None,
    there: Leaked,
    expected: tuple[tuple[Leaked, ...], str | None, str | None],
) -> None:
    """And what the caller has of it, where that is another hash."""
    row = Account("17", there.text, salt=there.salt, username=there.username)
    rooms.gated_by((RECORD, row))
    if stored == MARKER:
        ruling = gate._unswept(Ruling(stored, 0), RECORD, row)
    else:
        ruling = gate.rule(means, "17", stored)
    leaked, salt, username = expected
    assert (ruling.stored, ruling.campaign_id) == (stored, "breach")
    assert (ruling.leaked, ruling.salt, ruling.username) == (leaked, salt, username)
    assert ruling.since == NOON


def test_a_later_watermark_adds_to_what_an_earlier_campaign_retired(
    means: Means, rooms: Rooms
) -> None:
    """And a password of the forum's own form resolves neither."""
    row = Account("17", NEWER)
    rooms.waiting(OLD)
    rooms.gated_by((replace(RECORD, id="later"), row))
    ruling = gate.rule(means, "17", NEWER)
    assert ruling.campaign_id == "later"
    assert ruling.leaked == (OLD, Leaked(NEWER))
    assert ruling.resolves == ()


def test_a_reset_that_died_is_finished_first(
    means: Means, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the user table is at hand; elsewhere somebody else has to do it."""
    resetting = replace(WAITS, state=MemberState.RESETTING)
    rooms.members = [resetting]
    with pytest.raises(BusyError, match="Try again"):
        gate.rule(means, "17", MARKER)

    def finish(_means: Means, account_id: str) -> None:
        assert account_id == "17"
        rooms.members = [replace(WAITS, state=MemberState.RESET_DONE)]

    monkeypatch.setattr(finishing, "finish_pending", finish)
    after = Account("17", NEWER)
    monkeypatch.setattr(watermarks, "look_up", lambda *_: after)
    assert gate.rule(beside(means, Column()), "17", MARKER) == Ruling(NEWER, 0)


@pytest.fixture
def restored(
    means: Means, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> tuple[Member, str]:
    """A member whose hash an abort was about to put back, and the marker there."""
    found = replace(WAITS, state=MemberState.RESTORED)
    rooms.members, rooms.records = [found], [RECORD]
    monkeypatch.setattr(records, "own_keyring", lambda keyring, _: keyring)
    monkeypatch.setattr(retired, "hash_of", lambda *_: OLD.text)
    return found, marker(means.keyring, found)


def test_a_hash_that_an_abort_left_away_is_put_back(
    means: Means, rooms: Rooms, restored: tuple[Member, str]
) -> None:
    """A campaign whose key is destroyed is passed over."""
    found, marked = restored
    destroyed = replace(RECORD, id="destroyed", sealed_key=None)
    rooms.members.insert(0, replace(found, campaign_id="destroyed"))
    rooms.records.insert(0, destroyed)
    column = Column()
    ruling = gate.rule(beside(means, column), "17", marked)
    assert ruling == Ruling(OLD.text, 0)
    assert column.swapped == [Swap("17", marked, OLD.text)]


def test_a_marker_that_nothing_explains_lets_nobody_in(
    means: Means, rooms: Rooms, restored: tuple[Member, str]
) -> None:
    """A copied one, one of a reset that is done, and one where no table is at hand."""
    found, marked = restored
    column = Column()
    with pytest.raises(BusyError):
        gate.rule(means, "17", marked)
    with pytest.raises(BusyError):
        gate.rule(beside(means, column), "17", MARKER)
    rooms.members = [replace(found, state=MemberState.RESET_DONE)]
    with pytest.raises(BusyError):
        gate.rule(beside(means, column), "17", marked)
    assert column.swapped == []


def test_nothing_fits_the_marker_of_a_closed_account(
    means: Means, rooms: Rooms
) -> None:
    """Its hash is gone: it costs what no account costs."""
    rooms.members = [replace(WAITS, state=MemberState.DORMANT_CLOSED)]
    assert gate.rule(means, "17", MARKER) == Ruling(None, 0)


@pytest.mark.parametrize(
    ("made", "opened", "state", "is_over"),
    [
        (-SECOND, -SECOND, CampaignState.OPEN, True),
        (-2 * SECOND, -SECOND, CampaignState.SWEEPING, True),
        (-SECOND, -2 * SECOND, CampaignState.OPEN, False),
        (-2 * SECOND, -SECOND, CampaignState.NOTIFYING, False),
        (0 * SECOND, -SECOND, CampaignState.OPEN, False),
        (SECOND, -SECOND, CampaignState.OPEN, True),
        (SECOND, -SECOND, CampaignState.NOTIFYING, False),
    ],
)
def test_a_watermark_ends_the_sessions_that_are_older(
    means: Means,
    rooms: Rooms,
    monkeypatch: pytest.MonkeyPatch,
    made: timedelta,
    opened: timedelta,
    state: CampaignState,
    *,
    is_over: bool,
) -> None:
    """And those of the future, of which nobody knows how old they are."""
    monkeypatch.setattr(gate, "_UNSWEPT", Statement(select(literal(1))))
    monkeypatch.setattr(watermarks, "gating", lambda _, older, *__: bool(older))
    rooms.records = [replace(RECORD, opened_at=NOON + opened, state=state)]
    stamp = Stamp(epoch=0, made_at=NOON + made)
    if is_over:
        with pytest.raises(SessionRefusedError):
            gate.check_session(means, "17", stamp)
    else:
        gate.check_session(means, "17", stamp)


def test_a_session_of_another_epoch_is_over(means: Means) -> None:
    """Of an earlier one, and of one that there is not yet."""
    gate.check_session(means, "17", Stamp(epoch=0, made_at=NOON))
    for epoch in (-1, 1):
        with pytest.raises(SessionRefusedError):
            gate.check_session(means, "17", Stamp(epoch=epoch, made_at=NOON))
