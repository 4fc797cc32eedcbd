"""A campaign that is finished: nobody is reminded, and everybody is still gated."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from credguard.campaigns import NoticePolicy, everyone
from credguard.campaigns.states import CampaignState
from credguard.errors import CampaignStateError, ResetRequiredError
from credguard.storage.audit_tables import audit
from credguard.testing import FrozenClock, RememberedMail
from forums import FAST, LETTER, House, house_at, password_of, token_in

DAY = timedelta(days=1)


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that stands still."""
    return FrozenClock(datetime(2014, 4, 12, 17, 45, tzinfo=UTC))


@pytest.fixture
def house(
    clock: FrozenClock, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """A forum in which time passes only when somebody waits."""
    monkeypatch.setattr(
        "credguard.campaigns.means.time.sleep",
        lambda seconds: clock.advance(timedelta(seconds=seconds)),
    )
    with house_at(sqlite_url, tmp_path, "together", clock=clock) as found:
        yield found


def told(house: House) -> str:
    """Return a campaign that reminds on the third day, and of which all are told."""
    page = "https://machina.example/reset#{token}"
    policy = NoticePolicy(reminder_days=(3,), link_on_request=page)
    campaigns = house.campaigns
    plan = campaigns.plan(everyone, letter=LETTER, rate=FAST, notices=policy)
    campaign = campaigns.start(plan)
    campaigns.sweep(campaign, worker="sweeper")
    assert campaigns.send(campaign, RememberedMail(), worker="sender").queued == 0
    return campaign


def test_nobody_is_reminded_of_a_finished_campaign(
    house: House, clock: FrozenClock
) -> None:
    """The reminders that were still to come are not queued, and nothing is sent."""
    campaign = told(house)
    house.campaigns.finish(campaign)
    clock.advance(3 * DAY)
    assert house.campaigns.remind(campaign) == 0
    mail = RememberedMail()
    assert house.campaigns.send(campaign, mail, worker="sender").queued == 0
    assert not mail.messages
    assert house.counted(campaign).state is CampaignState.FINISHED


def test_who_never_answered_still_gets_in_by_a_link_alone(house: House) -> None:
    """The old password is refused as before, and a link comes for the asking."""
    campaign = told(house)
    house.campaigns.finish(campaign)
    with pytest.raises(ResetRequiredError):
        house.log_in(1, password_of(1))
    assert house.campaigns.request_link("1")
    mail = RememberedMail()
    house.campaigns.send(campaign, mail, worker="sender")
    token = token_in(mail.messages[0])
    house.guard.redeem(token, password="a quiet harbour at dawn")
    assert house.log_in(1, "a quiet harbour at dawn")


def test_what_still_waits_to_be_sent_is_not_forgotten(house: House) -> None:
    """A campaign with a notice in the queue, or one that is not told, goes on."""
    campaign = house.swept()
    with pytest.raises(CampaignStateError, match="notifying"):
        house.campaigns.finish(campaign)
    house.campaigns.send(campaign, RememberedMail(), worker="sender")
    house.campaigns.request_link("1")
    with pytest.raises(CampaignStateError, match="1 notice still waits"):
        house.campaigns.finish(campaign)
    assert house.campaigns.find(campaign).state is CampaignState.WAITING


def test_it_is_finished_once_and_can_still_be_undone(house: House) -> None:
    """The log has it once; an abort puts the old hashes back byte for byte."""
    before = house.forum.passwords()
    campaign = told(house)
    house.campaigns.finish(campaign)
    with pytest.raises(CampaignStateError):
        house.campaigns.finish(campaign)
    with house.guard._database.read() as connection:
        events = list(connection.scalars(select(audit.c.event)))
    assert events.count("finished") == 1
    house.campaigns.abort(campaign, reason="it was nothing")
    assert house.forum.passwords() == before
    with pytest.raises(CampaignStateError):
        house.campaigns.finish(campaign)
