"""The run over the outbox: what is told when, and what an outage costs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import pairwise
from pathlib import Path

import pytest

from credguard.campaigns import Outcome, acks, telling
from credguard.campaigns.handing import Tellings
from credguard.campaigns.scope import Scope, in_list
from credguard.campaigns.states import AccountState, CampaignState
from credguard.errors import (
    CampaignStateError,
    DeliveryUnavailableError,
    TokenRefusedError,
)
from credguard.testing import FrozenClock, RememberedMail
from forums import BY_FORUM, FAST, House, address_of, django_hash, house_at, tokens_in

FEW = in_list(["1", "2", "3"])
MINUTE = timedelta(minutes=1)
BACK_OFF = [timedelta(minutes=each) for each in (1, 5, 15, 60, 240, 720, 1440)]


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that stands still."""
    return FrozenClock(datetime(2014, 4, 12, 17, 45, tzinfo=UTC))


@pytest.fixture
def still(
    clock: FrozenClock, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """A house in which time passes only when somebody waits."""
    monkeypatch.setattr(
        "credguard.campaigns.means.time.sleep",
        lambda seconds: clock.advance(timedelta(seconds=seconds)),
    )
    with house_at(sqlite_url, tmp_path, "together", clock=clock) as house:
        yield house


def send(house: House, campaign: str, mail: RememberedMail) -> int:
    """Send what is due; return how many notices are left."""
    return house.campaigns.send(campaign, mail, worker="sender").queued


def swept(house: House, scope: Scope = FEW, *, rate: float = FAST) -> str:
    """Return a campaign over a few members that is swept."""
    return house.swept(scope, rate=rate)


def test_notices_keep_to_the_rate(still: House, clock: FrozenClock) -> None:
    """At two a second, sixty members take half a minute."""
    campaign = swept(still, in_list(map(str, range(1, 61))), rate=2.0)
    sent: list[datetime] = []

    def answer(_message: EmailMessage, _recipient: str) -> Outcome:
        sent.append(clock())
        return Outcome.ACCEPTED

    assert send(still, campaign, RememberedMail(answer)) == 0
    gaps = {later - earlier for earlier, later in pairwise(sent)}
    assert gaps == {timedelta(seconds=0.5)}


def test_a_run_that_is_asked_to_stop_while_it_waits_stops(
    still: House, clock: FrozenClock
) -> None:
    """At one an hour nobody waits an hour for Ctrl-C."""
    campaign = swept(still, rate=1 / 3600)
    begun = clock()
    mail = RememberedMail()
    left = still.campaigns.send(
        campaign,
        mail,
        worker="sender",
        stop=lambda: clock() - begun > MINUTE,
    )
    assert (len(mail.messages), left.queued) == (1, 2)
    assert left.held_until is None
    assert clock() - begun < 2 * MINUTE


def test_progress_is_told_after_each_message(still: House) -> None:
    """Whoever watches sees told, deferred and refused."""
    campaign = swept(still)
    seen: list[tuple[int, int, int]] = []

    def shown(now: Tellings) -> None:
        seen.append((now.told, now.deferred, now.refused))

    still.campaigns.send(
        campaign,
        RememberedMail([Outcome.DEFERRED, Outcome.REFUSED]),
        worker="sender",
        on_progress=shown,
    )
    assert seen == [(0, 1, 0), (0, 1, 1), (1, 1, 1)]


def test_a_server_that_is_away_keeps_all_notices_queued(still: House) -> None:
    """Who was not told is told at once by the next run, and nobody twice."""
    campaign = swept(still)
    away = DeliveryUnavailableError("away")
    first = RememberedMail([Outcome.ACCEPTED, away])
    with pytest.raises(DeliveryUnavailableError):
        send(still, campaign, first)
    assert still.counted(campaign).counts[AccountState.QUEUED] == 2
    second = RememberedMail()
    assert send(still, campaign, second) == 0
    assert sorted(tokens_in(first.messages + second.messages)) == [1, 2, 3]


def test_a_server_that_goes_away_slowly_holds_no_notice(
    still: House, clock: FrozenClock
) -> None:
    """A lease that had to be renewed is let go of, too."""
    campaign = swept(still)

    def answer(_message: EmailMessage, _recipient: str) -> Outcome:
        clock.advance(10 * MINUTE)
        if len(mail.carried) == 1:
            raise DeliveryUnavailableError
        return Outcome.ACCEPTED

    mail = RememberedMail(answer)
    with pytest.raises(DeliveryUnavailableError):
        send(still, campaign, mail)
    later = RememberedMail()
    assert send(still, campaign, later) == 0
    assert sorted(tokens_in(mail.messages + later.messages)) == [1, 2, 3]


def test_an_unknown_outcome_is_sent_again_as_the_same_message(
    still: House, clock: FrozenClock
) -> None:
    """In a breach, two copies do less harm than none."""
    campaign = swept(still, in_list(["1"]))
    mail = RememberedMail([Outcome.UNKNOWN])
    assert send(still, campaign, mail) == 1
    assert still.counted(campaign).counts[AccountState.DEFERRED] == 1
    assert send(still, campaign, mail) == 1
    clock.advance(MINUTE)
    assert send(still, campaign, mail) == 0
    first, second = [each.message.as_bytes() for each in mail.carried]
    assert first == second


def test_what_is_put_off_is_tried_later_and_later_and_then_given_up(
    still: House, clock: FrozenClock
) -> None:
    """Eight attempts over two days, then the notice counts as refused."""
    campaign = swept(still, in_list(["1"]))
    mail = RememberedMail([Outcome.DEFERRED] * 8)
    tried: list[datetime] = []
    for pause in BACK_OFF:
        assert send(still, campaign, mail) == 1
        tried.append(clock())
        clock.advance(pause - timedelta(seconds=1))
        assert send(still, campaign, mail) == 1
        clock.advance(timedelta(seconds=1))
    assert len(mail.carried) == 7
    assert still.counted(campaign).counts[AccountState.DEFERRED] == 1
    assert send(still, campaign, mail) == 0
    status = still.counted(campaign)
    assert status.counts[AccountState.REFUSED] == 1
    assert status.state is CampaignState.WAITING


def test_a_run_that_waits_stays_until_deferred_notices_are_due(
    still: House, clock: FrozenClock
) -> None:
    """One run is enough where it may take its time."""
    campaign = swept(still)
    begun = clock()
    mail = RememberedMail([Outcome.DEFERRED, Outcome.ACCEPTED, Outcome.UNKNOWN])
    left = still.campaigns.send(campaign, mail, worker="sender", waits=True)
    assert left.queued == 0
    assert len(mail.messages) == 3
    assert MINUTE <= clock() - begun < 2 * MINUTE


def test_a_refused_notice_is_final(still: House, clock: FrozenClock) -> None:
    """It is not tried again; the member still has to reset."""
    campaign = swept(still, in_list(["1"]))
    mail = RememberedMail([Outcome.REFUSED])
    assert send(still, campaign, mail) == 0
    clock.advance(timedelta(days=30))
    assert send(still, campaign, mail) == 0
    assert len(mail.carried) == 1
    assert still.counted(campaign).counts == {
        AccountState.OUT_OF_SCOPE: 59,
        AccountState.REFUSED: 1,
    }


def test_an_address_that_went_bad_is_not_written_to(still: House) -> None:
    """What stands there when the notice goes out counts."""
    campaign = swept(still)
    still.forum.set_address(2, "nobody")
    mail = RememberedMail()
    assert send(still, campaign, mail) == 0
    assert sorted(tokens_in(mail.messages)) == [1, 3]
    assert still.counted(campaign).counts[AccountState.UNREACHABLE] == 1


def test_a_member_who_left_is_not_written_to(still: House) -> None:
    """The notice is taken back, and the account counts as gone."""
    campaign = swept(still)
    still.forum.remove(2)
    mail = RememberedMail()
    assert send(still, campaign, mail) == 0
    assert sorted(tokens_in(mail.messages)) == [1, 3]
    assert still.counted(campaign).counts[AccountState.LEFT] == 1


def test_a_notice_that_lay_too_long_gets_a_link_that_still_works(
    still: House, clock: FrozenClock
) -> None:
    """Nobody is sent a link that is about to end."""
    campaign = swept(still, in_list(["1"]))
    mail = RememberedMail([Outcome.DEFERRED])
    assert send(still, campaign, mail) == 1
    clock.advance(timedelta(days=13))
    assert send(still, campaign, mail) == 0
    (first, second) = [each.message for each in mail.carried]
    assert first["Message-ID"] == second["Message-ID"]
    assert "2014-04-26" in first.get_content() or "26 April" in first.get_content()
    clock.advance(timedelta(days=13))
    token = tokens_in([second])[1]
    assert still.campaigns.claim(token).account.id == "1"


def test_a_killed_run_holds_its_notices_for_the_margin_only(
    still: House, clock: FrozenClock
) -> None:
    """The next run waits for the lease and then tells everybody."""
    campaign = swept(still)

    def die(_message: EmailMessage, _recipient: str) -> Outcome:
        raise SystemExit

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(acks, "release", lambda *_, **__: None)
        with pytest.raises(SystemExit):
            send(still, campaign, RememberedMail(die))
    begun = clock()
    mail = RememberedMail()
    assert send(still, campaign, mail) == 0
    assert sorted(tokens_in(mail.messages)) == [1, 2, 3]
    assert clock() - begun <= telling.DELIVERY_MARGIN + timedelta(seconds=3)


def test_nothing_is_sent_before_everybody_is_locked(still: House) -> None:
    """A campaign is swept first, and none is sent for that was given up."""
    campaign = still.start(FEW)
    with pytest.raises(CampaignStateError, match="open"):
        send(still, campaign, RememberedMail())
    still.campaigns.sweep(campaign, worker="sweeper")
    still.campaigns.abort(campaign, reason="a test")
    mail = RememberedMail()
    with pytest.raises(CampaignStateError, match="aborted"):
        send(still, campaign, mail)
    assert not mail.carried


def test_an_abort_stops_a_run_that_is_under_way(still: House) -> None:
    """What is not out yet is taken back, and nobody else is told."""
    campaign = swept(still)
    other = still.another()

    def answer(_message: EmailMessage, _recipient: str) -> Outcome:
        other.campaigns.abort(campaign, reason="a test")
        return Outcome.ACCEPTED

    mail = RememberedMail(answer)
    with pytest.raises(CampaignStateError, match="aborted"):
        send(still, campaign, mail)
    status = still.counted(campaign)
    assert (len(mail.carried), status.told) == (1, 1)
    assert status.counts == {
        AccountState.OUT_OF_SCOPE: 57,
        AccountState.RESTORED: 3,
    }


@pytest.mark.parametrize("outcome", [Outcome.DEFERRED, Outcome.REFUSED])
def test_what_is_taken_back_during_a_delivery_stays_taken_back(
    still: House, outcome: Outcome
) -> None:
    """An answer that comes too late puts no notice back into the outbox."""
    campaign = swept(still, in_list(["1"]))
    other = still.another()

    def answer(_message: EmailMessage, _recipient: str) -> Outcome:
        other.campaigns.abort(campaign, reason="a test")
        return outcome

    with pytest.raises(CampaignStateError, match="aborted"):
        send(still, campaign, RememberedMail(answer))
    assert still.counted(campaign).counts[AccountState.RESTORED] == 1
    assert still.counted(campaign).to_send == 0


def test_a_member_who_has_reset_meanwhile_is_not_written_to(still: House) -> None:
    """A notice that is leased already can still be taken back."""
    campaign = swept(still)
    other = still.another()
    stored = django_hash(BY_FORUM)
    quicker: list[int] = []

    def answer(_message: EmailMessage, recipient: str) -> Outcome:
        if not quicker:
            quicker.append(2 if recipient == address_of(1) else 1)
            still.forum.set_password(quicker[0], stored)
            other.log_in(BY_FORUM, account_id=str(quicker[0]), stored=stored)
        return Outcome.ACCEPTED

    mail = RememberedMail(answer)
    assert send(still, campaign, mail) == 0
    assert {*tokens_in(mail.messages)} == {1, 2, 3} - {*quicker}


def test_a_link_works_until_the_instant_at_which_it_ends(
    still: House, clock: FrozenClock
) -> None:
    """A microsecond before it does, at the instant it does not."""
    campaign = swept(still, in_list(["1"]))
    mail = RememberedMail()
    send(still, campaign, mail)
    token = tokens_in(mail.messages)[1]
    clock.advance(timedelta(days=14) - timedelta(microseconds=1))
    assert still.campaigns.claim(token).account.id == "1"
    clock.advance(timedelta(microseconds=1))
    with pytest.raises(TokenRefusedError):
        still.campaigns.claim(token)


def test_every_message_goes_to_its_member_alone(still: House) -> None:
    """The envelope and the header name one address, and no other is in the text."""
    campaign = swept(still)
    mail = RememberedMail()
    send(still, campaign, mail)
    for each in mail.carried:
        others = {address_of(number) for number in range(1, 4)} - {each.recipient}
        assert each.message["To"] == each.recipient
        assert not any(other in each.message.as_string() for other in others)
