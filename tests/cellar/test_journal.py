"""Who logged in, for as long as it is kept; every look stands in the audit log."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from credguard.keys import Keyring
from credguard.sessions import Journal, JournalPolicy
from credguard.sessions import journal as module
from credguard.storage import Database
from credguard.storage.audit_tables import audit
from credguard.storage.schema import prepare
from credguard.storage.session_tables import login
from credguard.testing import FrozenClock

TUESDAY = datetime(2019, 2, 5, 14, tzinfo=UTC)
THURSDAY = datetime(2019, 2, 7, 9, tzinfo=UTC)
DAY = timedelta(days=1)
WHY = "members see strangers' pages"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Such a database on SQLite, PostgreSQL and MariaDB in turn."""
    found = Database(database_url)
    prepare(found)
    yield found
    found.close()


@pytest.fixture
def moving() -> FrozenClock:
    """A clock at the end of the accident."""
    return FrozenClock(THURSDAY)


@pytest.fixture
def journal(database: Database, keyring: Keyring, moving: FrozenClock) -> Journal:
    """A journal that was begun a month before."""
    moving.advance(-30 * DAY)
    policy = JournalPolicy(retention_days=90, skew_seconds=2, keeps_networks=True)
    found = Journal(database, keyring, policy=policy, clock=moving)
    found.begin()
    moving.advance(30 * DAY)
    return found


def enter(journal: Journal, account_id: str, at: datetime) -> None:
    """Write a log-in down."""
    journal.enter(account_id, browser=f"b{account_id}", network="203.0.113.7", at=at)


def audited(database: Database) -> list[tuple[str, dict[str, object]]]:
    """Return events and details of the audit log."""
    with database.read() as connection:
        rows = connection.execute(select(audit.c.event, audit.c.detail)).all()
    return [(row.event, json.loads(row.detail)) for row in rows]


def test_a_window_is_widened_by_the_skew_of_clocks(journal: Journal) -> None:
    """A web server whose clock is two seconds off loses nobody."""
    for second in (-3, -2, 0, 100):
        enter(journal, f"a{second}", TUESDAY + timedelta(seconds=second))
    end = TUESDAY + timedelta(seconds=98)
    found = journal.between(TUESDAY, end, reason=WHY)
    assert [each.account_id for each in found] == ["a-2", "a0", "a100"]


def test_each_look_is_in_the_audit_log(journal: Journal, database: Database) -> None:
    """With the window, the number found and the reason; and with no name."""
    enter(journal, "17", TUESDAY)
    journal.between(TUESDAY, THURSDAY, reason=WHY)
    journal.crossed(TUESDAY, THURSDAY, within=timedelta(seconds=1), reason="x" * 999)
    events = audited(database)
    assert [event for event, _ in events] == ["journal read", "journal crossings read"]
    assert events[0][1]["reason"] == WHY
    assert events[0][1]["found"] == 1
    assert len(str(events[1][1]["reason"])) == 500
    assert "17" not in json.dumps(events[0][1]["found"])


def test_log_ins_that_came_close_are_paired(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the borders of pages, with the skew on top, and never with oneself."""
    monkeypatch.setattr(module, "_PAGE", 2)
    for number, second in enumerate((0, 1, 1, 5, 60, 62)):
        enter(journal, f"a{number}", TUESDAY + timedelta(seconds=second))
    enter(journal, "a5", TUESDAY + timedelta(seconds=63))
    within = timedelta(seconds=0)
    found = journal.crossed(TUESDAY, THURSDAY, within=within, reason=WHY)
    pairs = {frozenset((p.earlier.account_id, p.later.account_id)) for p in found}
    assert pairs == {
        frozenset(("a0", "a1")),
        frozenset(("a0", "a2")),
        frozenset(("a1", "a2")),
        frozenset(("a4", "a5")),
    }


def test_no_address_is_kept(journal: Journal, database: Database) -> None:
    """A keyed digest, one for each address, and its network where that was asked."""
    for address in ("203.0.113.7", "203.0.113.7", "203.0.113.8", "nonsense", ""):
        journal.enter("1", browser="b", network=address, at=TUESDAY)
    with database.read() as connection:
        rows = connection.execute(select(login.c.network, login.c.network_range)).all()
    digests = [row.network for row in rows]
    assert sorted(digests.count(each) for each in set(digests)) == [1, 2, 2]
    assert {row.network_range for row in rows} == {"203.0.113.0/24", None}
    assert not any("203.0.113.7" in str(row) for row in rows)


def test_what_is_over_is_deleted_and_never_shown(
    journal: Journal,
    database: Database,
    moving: FrozenClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also while nobody has purged yet; and the purge is in the audit log."""
    monkeypatch.setattr(module, "_PAGE", 2)
    for number in range(5):
        enter(journal, f"old{number}", TUESDAY)
    moving.advance(60 * DAY)
    enter(journal, "new", moving())
    moving.advance(29 * DAY)
    found = journal.between(TUESDAY, moving(), reason=WHY)
    assert [each.account_id for each in found] == ["new"]
    assert journal.purge() == 5
    assert journal.purge() == 0
    with database.read() as connection:
        left = list(connection.execute(select(login.c.account_id)).scalars())
    assert left == ["new"]
    assert audited(database)[-1][0] == "journal purged"


def test_what_the_retention_has_passed_is_said(
    journal: Journal, moving: FrozenClock
) -> None:
    """A window may be complete, or from some time on, or there is nothing of it."""
    assert journal.window(TUESDAY, THURSDAY).is_complete
    early = journal.window(TUESDAY - 60 * DAY, THURSDAY)
    assert not early.is_complete
    assert early.complete_from == THURSDAY - 30 * DAY
    assert journal.window(TUESDAY - 60 * DAY, TUESDAY - 40 * DAY).complete_from is None
    moving.advance(89 * DAY)
    partly = journal.window(TUESDAY, THURSDAY)
    assert partly.complete_from == THURSDAY - DAY
    moving.advance(90 * DAY)
    assert journal.window(TUESDAY, THURSDAY).complete_from is None


def test_a_journal_that_was_never_begun_has_nothing(
    database: Database, keyring: Keyring, moving: FrozenClock
) -> None:
    """An operator who asks too early is told so."""
    found = Journal.standing(database, keyring, clock=moving)
    assert found.window(TUESDAY, THURSDAY).complete_from is None
    assert found.between(TUESDAY, THURSDAY, reason=WHY) == []


def test_a_purge_of_a_longer_retention_is_remembered(
    journal: Journal, database: Database, keyring: Keyring, moving: FrozenClock
) -> None:
    """Whoever keeps more from now on does not have what was deleted before."""
    moving.advance(80 * DAY)
    short = JournalPolicy(retention_days=1)
    Journal(database, keyring, policy=short, clock=moving).purge()
    long = Journal(
        database, keyring, policy=JournalPolicy(retention_days=366), clock=moving
    )
    long.begin()
    window = long.window(TUESDAY, moving())
    assert window.complete_from == moving() - DAY
    standing = Journal.standing(database, keyring, clock=moving)
    assert standing._policy.retention_days == 366
    assert journal._policy.retention_days == 90
