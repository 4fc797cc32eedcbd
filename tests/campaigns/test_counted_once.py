"""Who was told is one number in every report, with reminders and what came back."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from credguard.campaigns.notice_policy import NoticePolicy
from credguard.campaigns.report_page import as_html
from credguard.campaigns.scope import in_list
from credguard.campaigns.states import AccountState
from credguard.campaigns.status import as_json, as_markdown
from credguard.campaigns.timeline import as_csv
from credguard.testing import FrozenClock, RememberedMail
from forums import FAST, LETTER, House, house_at

DAY = timedelta(days=1)
OPENED = datetime(2014, 4, 12, 17, 45, tzinfo=UTC)
MEMBERS = in_list([str(number) for number in range(1, 10)])  # 9, each with an address


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that stands still."""
    return FrozenClock(OPENED)


@pytest.fixture
def any_still(
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
    with house_at(database_url, tmp_path, "together", clock=clock) as house:
        yield house


def reminded(house: House, clock: FrozenClock) -> tuple[str, RememberedMail]:
    """Return a campaign of nine members, each told once and reminded twice."""
    plan = house.campaigns.plan(
        MEMBERS, letter=LETTER, rate=FAST, notices=NoticePolicy(reminder_days=(3, 14))
    )
    campaign = house.campaigns.start(plan)
    house.campaigns.sweep(campaign, worker="sweeper")
    mail = RememberedMail()
    for days in (0, 4, 11):
        clock.advance(days * DAY)
        house.campaigns.send(campaign, mail, worker="sender")
    assert len(mail.carried) == 27
    return campaign, mail


def check_told(house: House, campaign: str, *, told: int, bounced: int) -> None:
    """Check each format's number of those who were told."""
    status, timeline = house.counted(campaign), house.campaigns.timeline(campaign)
    assert json.loads(as_json(status))["told"] == told
    assert f"Told: {told}, from 2014-04-12 17:45:00 UTC" in as_markdown(status)
    page = as_html(status, timeline)
    assert f"<b>{told}</b> told" in page
    assert f"{told} were told and 0 have one; notices to {bounced} came back." in page
    last = list(csv.DictReader(StringIO(as_csv(timeline))))[-1]
    assert (last["told_in_all"], last["bounced_in_all"]) == (str(told), str(bounced))
    assert status.to_tell == told


def test_who_was_reminded_was_told_once(any_still: House, clock: FrozenClock) -> None:
    """Nine members, twenty-seven messages."""
    campaign, _ = reminded(any_still, clock)
    check_told(any_still, campaign, told=9, bounced=0)
    last = any_still.campaigns.status(campaign).told_last_at
    assert last is not None
    assert last - OPENED < timedelta(seconds=1)


def test_what_came_back_was_told_and_bounced_once(
    any_still: House, clock: FrozenClock
) -> None:
    """All three messages of six members; the state says so, and told stays told."""
    campaign, mail = reminded(any_still, clock)
    for carried in mail.carried:
        if carried.recipient not in {f"member{n}@mail.example" for n in (1, 2, 3)}:
            name = str(carried.message["Message-ID"])
            assert any_still.campaigns.bounced(name, status="5.2.2")
    check_told(any_still, campaign, told=9, bounced=6)
    counts = any_still.campaigns.status(campaign).counts
    assert counts[AccountState.BOUNCED] == 6
    assert counts[AccountState.TOLD] == 3


def test_who_is_reached_by_a_reminder_only_was_told(
    any_still: House, clock: FrozenClock
) -> None:
    """A member without an address gets one before the reminder is due."""
    any_still.forum.set_address(1, "")
    plan = any_still.campaigns.plan(MEMBERS, letter=LETTER, rate=FAST)
    campaign = any_still.campaigns.start(plan)
    any_still.campaigns.sweep(campaign, worker="sweeper")
    mail = RememberedMail()
    any_still.campaigns.send(campaign, mail, worker="sender")
    assert any_still.campaigns.status(campaign).told == 8
    any_still.forum.set_address(1, "member1@mail.example")
    clock.advance(4 * DAY)
    any_still.campaigns.send(campaign, mail, worker="sender")
    check_told(any_still, campaign, told=9, bounced=0)
    last = any_still.campaigns.status(campaign).told_last_at
    assert last is not None
    assert last - OPENED >= 4 * DAY
