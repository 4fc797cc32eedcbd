"""What was done to a member is in the log by name: told, put back, closed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from credguard._text import from_iso
from credguard.campaigns import telling, told_records
from credguard.campaigns.scope import everyone, in_list
from credguard.storage import audit
from credguard.storage.audit_history import Entry, history
from credguard.storage.audit_tables import audit as audit_table
from credguard.testing import FrozenClock, RememberedMail
from forums import House, house_at

OPENED = datetime(2014, 4, 12, 10, 0, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that stands still."""
    return FrozenClock(OPENED)


@pytest.fixture(params=["together", "apart"])
def clocked(
    request: pytest.FixtureRequest,
    clock: FrozenClock,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[House]:
    """A house on each database, in which time passes only when somebody waits."""
    monkeypatch.setattr(
        "credguard.campaigns.means.time.sleep",
        lambda seconds: clock.advance(timedelta(seconds=seconds)),
    )
    with house_at(database_url, tmp_path, request.param, clock=clock) as house:
        yield house


def log_of(house: House, member: int) -> list[Entry]:
    """Return what the log says of a member, but for who looked."""
    database, now = house.guard._database, house.clock()
    entries = history(database, house.keyring, str(member), reason="why", now=now)
    audit.verify(database, house.keyring)
    return [each for each in entries if each.event != "history read"]


def events(house: House, member: int) -> list[str]:
    """Return what was done to a member."""
    return [each.event for each in log_of(house, member)]


def test_a_history_says_when_a_member_was_told(
    clocked: House, clock: FrozenClock
) -> None:
    """At 10:14, and of the reminder three days later."""
    campaign = clocked.swept(in_list(["1", "2", "10"]))
    clock.advance(14 * MINUTE)
    mail = RememberedMail()
    clocked.campaigns.send(campaign, mail, worker="sender")
    clock.advance(4 * DAY)
    clocked.campaigns.send(campaign, mail, worker="sender")
    assert events(clocked, 1) == ["range swept", "notices told", "notices told"]
    first, again = log_of(clocked, 1)[1:]
    since, until = (from_iso(str(first.detail[name])) for name in ("from", "until"))
    assert since is not None
    assert until is not None
    assert OPENED + 14 * MINUTE <= since <= until < OPENED + 15 * MINUTE
    assert (first.detail["kinds"], first.detail["notices"]) == ({"first": 2}, 2)
    assert again.detail["kinds"] == {"remind1": 2}
    # Nobody could write to member 10, and member 3 is not in the campaign.
    assert events(clocked, 10) == ["range swept"]
    assert events(clocked, 3) == []


def test_many_notices_are_one_record(clocked: House, clock: FrozenClock) -> None:
    """And a page is a record of its own; who was told is in one of them."""
    campaign = clocked.swept(everyone)
    clocked.campaigns.send(campaign, RememberedMail(), worker="sender")
    with clocked.guard._database.read() as connection:
        which = audit_table.c.event == told_records.EVENT
        found = connection.execute(select(audit_table.c.detail).where(which)).all()
    assert len(found) == 1
    assert clock() - OPENED < telling.RECORD_EVERY


def test_a_long_run_records_now_and_then(clocked: House) -> None:
    """Members at one a second are a record each ten seconds, and each is in one."""
    campaign = clocked.swept(everyone, rate=1.0)
    clocked.campaigns.send(campaign, RememberedMail(), worker="sender")
    told = clocked.campaigns.status(campaign).told
    with clocked.guard._database.read() as connection:
        which = audit_table.c.event == told_records.EVENT
        found = connection.execute(select(audit_table.c.number).where(which)).all()
    every = telling.RECORD_EVERY.total_seconds()
    assert 1 < len(found) <= told / every + 2
    for member in (1, 33, 59):
        assert events(clocked, member).count("notices told") == 1


def test_a_run_that_is_stopped_records_whom_it_told(clocked: House) -> None:
    """Ctrl-C after a message: the log knows of it at once."""
    campaign = clocked.swept(everyone)
    mail = RememberedMail()
    clocked.campaigns.send(
        campaign, mail, worker="sender", stop=lambda: len(mail.carried) > 2
    )
    told = clocked.campaigns.status(campaign).told
    assert told == len(mail.carried) == 3
    with clocked.guard._database.read() as connection:
        which = audit_table.c.event == told_records.EVENT
        found = connection.execute(select(audit_table.c.detail).where(which)).all()
    assert sum(json.loads(row.detail)["notices"] for row in found) == told


def test_what_came_back_before_it_was_recorded_was_told(
    clocked: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run was killed after the message, and the bounce came before the next."""
    campaign = clocked.swept(in_list(["1", "2"]))
    mail = RememberedMail()
    with monkeypatch.context() as killed:
        killed.setattr(told_records, "record_told", lambda *_: 0)
        clocked.campaigns.send(campaign, mail, worker="sender")
    assert events(clocked, 1) == ["range swept"]
    name = str(mail.carried[0].message["Message-ID"])
    assert clocked.campaigns.bounced(name, status="5.2.2")
    for _ in range(2):
        clocked.campaigns.send(campaign, mail, worker="another")
        assert events(clocked, 1) == ["range swept", "notices told"]
        assert events(clocked, 2) == ["range swept", "notices told"]


def test_a_history_says_that_a_hash_was_put_back(clocked: House) -> None:
    """And nothing of the sort of who had reset, or had no password."""
    campaign = clocked.swept(in_list(["1", "2", "14"]))
    clocked.forum.set_password(2, "set by the forum meanwhile")
    clocked.campaigns.abort(campaign, reason="a false alarm")
    assert events(clocked, 1) == ["range swept", "hashes put back"]
    assert events(clocked, 2) == ["range swept"]
    assert events(clocked, 14) == ["range swept"]


def test_a_history_says_that_a_member_was_closed(
    clocked: House, clock: FrozenClock
) -> None:
    """Who never answered for a month."""
    campaign = clocked.swept(in_list(["1", "10"]))
    clocked.campaigns.send(campaign, RememberedMail(), worker="sender")
    clock.advance(40 * DAY)
    assert clocked.campaigns.close_dormant(campaign, after=30 * DAY) == 2
    assert events(clocked, 1) == ["range swept", "notices told", "dormant closed"]
    assert events(clocked, 10) == ["range swept", "dormant closed"]
