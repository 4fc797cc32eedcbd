"""A swap is ended and recorded once, with both accounts where they can be known."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from credguard.errors import SetupError
from credguard.keys import Keyring
from credguard.sessions import (
    Alarm,
    Credential,
    Journal,
    JournalPolicy,
    Stamp,
    SwapPolicy,
    Swaps,
    credentials_of,
    found_safely,
    make_stamp,
    open_stamp,
)
from credguard.storage import Database, audit, audit_history
from credguard.storage.schema import prepare
from credguard.testing import FrozenClock

NOON = datetime(2019, 2, 5, 12, tzinfo=UTC)
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Keeper:
    """Swaps with a journal beside them."""

    database: Database
    keyring: Keyring
    clock: FrozenClock
    alarm_at: int = 3
    alarms: list[Alarm] = field(default_factory=list)

    def __post_init__(self) -> None:
        policy = SwapPolicy(alarm_at=self.alarm_at, on_alarm=self.alarms.append)
        self.swaps = Swaps(self.database, self.keyring, policy=policy, clock=self.clock)
        self.journal = Journal(
            self.database, self.keyring, policy=JournalPolicy(), clock=self.clock
        )

    def log_in(self, account_id: str) -> Stamp:
        """Let somebody log in in a browser of their own, at their present epoch."""
        browser = f"browser of {account_id}"
        self.journal.enter(account_id, browser=browser, network="", at=self.clock())
        return open_stamp(
            self.keyring,
            make_stamp(
                self.keyring,
                account_id=account_id,
                epoch=self.epoch(account_id),
                browser=browser,
                now=self.clock(),
            ),
        )

    def epoch(self, account_id: str) -> int:
        """Return the account's epoch."""
        with self.database.read() as connection:
            found = credentials_of(connection, [account_id])
        return found.get(account_id, Credential()).epoch

    def recorded(self) -> list[tuple[str | None, str | None]]:
        """Return owner and other of every swap."""
        every = self.swaps.every(ALWAYS, self.clock())
        return [(each.owner_id, each.other_id) for each in every]


@pytest.fixture
def keeper(database_url: str, keyring: Keyring) -> Iterator[Keeper]:
    """Such a keeper on SQLite, PostgreSQL and MariaDB in turn."""
    database = Database(database_url)
    prepare(database)
    yield Keeper(database, keyring, FrozenClock(NOON))
    database.close()


def test_a_session_in_a_strangers_browser_names_both(keeper: Keeper) -> None:
    """The owner's sessions end; the other is found by the cookie before log-in."""
    stamp = keeper.log_in("1")
    keeper.log_in("2")
    found = keeper.swaps.found(stamp, account_id="1", browser="browser of 2")
    assert found is not None
    assert (found.owner_id, found.other_id) == ("1", "2")
    assert (keeper.epoch("1"), keeper.epoch("2")) == (1, 0)
    entries = audit_history.history(
        keeper.database, keeper.keyring, "2", reason="asked", now=NOON
    )
    assert next(each.event for each in entries) == "session swapped"
    audit.verify(keeper.database, keeper.keyring)


def test_a_stamp_in_a_strangers_record_names_both(keeper: Keeper) -> None:
    """Where the host's record names another account than the stamp."""
    stamp = keeper.log_in("1")
    assert keeper.swaps.found(stamp, account_id="2", browser="browser of 2")
    assert keeper.recorded() == [("1", "2")]
    assert keeper.epoch("1") == 1


def test_a_swap_is_recorded_once(keeper: Keeper) -> None:
    """A page that goes on asking ends no later session of the owner's."""
    stamp = keeper.log_in("1")
    for _ in range(3):
        keeper.swaps.found(stamp, account_id="1", browser="a stranger")
    assert keeper.recorded() == [("1", None)]
    again = keeper.log_in("1")
    keeper.swaps.found(stamp, account_id="1", browser="a stranger")
    assert keeper.epoch("1") == again.epoch == 1


def test_an_owner_whom_nobody_knows_is_recorded_once_too(keeper: Keeper) -> None:
    """The journal may be switched off, or purged."""
    made = make_stamp(keeper.keyring, account_id="1", epoch=0, browser="b", now=NOON)
    stamp = open_stamp(keeper.keyring, made)
    for _ in range(3):
        keeper.swaps.found(stamp, account_id="2", browser="c")
    assert keeper.recorded() == [(None, "2")]


def test_several_an_hour_are_one_alarm(keeper: Keeper) -> None:
    """And the next one not before an hour is over."""
    for number in range(6):
        stamp = keeper.log_in(str(number))
        keeper.swaps.found(stamp, account_id=str(number), browser="a stranger")
        keeper.clock.advance(timedelta(minutes=5))
    assert [each.swaps for each in keeper.alarms] == [3]
    keeper.clock.advance(timedelta(minutes=40))
    for number in range(6, 9):
        stamp = keeper.log_in(str(number))
        keeper.swaps.found(stamp, account_id=str(number), browser="a stranger")
    assert len(keeper.alarms) == 2


def test_swaps_at_once_are_one_alarm(keeper: Keeper) -> None:
    """Eight workers find one each in the same moment."""
    stamps = [keeper.log_in(str(number)) for number in range(8)]
    begin = threading.Barrier(8)

    def find(number: int) -> None:
        begin.wait()
        keeper.swaps.found(stamps[number], account_id=str(number), browser="a stranger")

    threads = [threading.Thread(target=find, args=(each,)) for each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keeper.recorded()) == 8
    assert len(keeper.alarms) == 1
    audit.verify(keeper.database, keeper.keyring)


def test_one_session_found_at_once_is_one_swap(keeper: Keeper) -> None:
    """Two requests of one page come at the same instant."""
    stamp = keeper.log_in("1")
    begin = threading.Barrier(8)

    def find() -> None:
        begin.wait()
        keeper.swaps.found(stamp, account_id="1", browser="a stranger")

    threads = [threading.Thread(target=find) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert keeper.recorded() == [("1", None)]
    assert keeper.epoch("1") == 1


def test_a_database_that_is_away_lets_nobody_in(keyring: Keyring) -> None:
    """The swap is refused without being written down."""
    away = Database("sqlite:////nowhere/at/all.db")
    keeper = Keeper(away, keyring, FrozenClock(NOON))
    made = make_stamp(keyring, account_id="1", epoch=0, browser="b", now=NOON)
    stamp = open_stamp(keyring, made)
    found_safely(keeper.swaps, stamp, account_id="1", browser="c")
    away.close()


def test_an_alarm_needs_a_number() -> None:
    """None an hour would be an alarm at all times."""
    with pytest.raises(SetupError):
        SwapPolicy(alarm_at=0)
