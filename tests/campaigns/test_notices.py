"""Waves, rests, the breaker, bounces, reminders, and those who cannot be told."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select

from credguard.campaigns import (
    Ambiguous,
    EventKind,
    Group,
    LetterTemplate,
    MailEvent,
    NoticePolicy,
    Outcome,
    QuietHours,
    Receipt,
    Texts,
    leases,
    waves,
)
from credguard.campaigns.accounts import Account
from credguard.campaigns.notice_policy import StaffWave
from credguard.campaigns.scope import Scope, in_list
from credguard.campaigns.states import AccountState
from credguard.delivery import read_report
from credguard.drill.mail_farm import delivery_report
from credguard.errors import (
    CampaignStateError,
    PasswordMismatchError,
    TokenRefusedError,
)
from credguard.storage import audit
from credguard.storage.audit_tables import audit as audit_table
from credguard.storage.tables import notice
from credguard.testing import FrozenClock, RememberedMail
from forums import FAST, LETTER, House, address_of, house_at, password_of, token_in

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FEW = in_list(["1", "2", "3"])
BARE = LetterTemplate(
    site="Machina",
    reason="On 7 November somebody copied our database.",
    sender_name="Machina",
    sender_address="help@machina.example",
)
PAGE = "https://machina.example/reset#{token}"
BOUNCES = "bounces@machina.example"


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


def swept(
    house: House,
    scope: Scope = FEW,
    *,
    letter: LetterTemplate = LETTER,
    rate: float = FAST,
    **policy: object,
) -> str:
    """Return a swept campaign whose notices go out by *policy*."""
    rules = NoticePolicy(**policy)  # type: ignore[arg-type]  # as each test says
    plan = house.campaigns.plan(scope, letter=letter, rate=rate, notices=rules)
    campaign = house.campaigns.start(plan)
    house.campaigns.sweep(campaign, worker="sweeper")
    return campaign


def send(
    house: House, campaign: str, mail: RememberedMail, *, waits: bool = False
) -> int:
    """Send what is due; return how many notices are left."""
    left = house.campaigns.send(campaign, mail, worker="sender", waits=waits)
    return left.queued


def numbers(mail: RememberedMail) -> list[int]:
    """Return the members who were written to, in order."""
    return [
        int(each.recipient.removeprefix("member").partition("@")[0])
        for each in mail.carried
    ]


def refusing(*gone: int, reply: str = "550") -> RememberedMail:
    """Return mail of which some is refused."""
    addresses = {address_of(number) for number in gone}

    def answer(_message: EmailMessage, recipient: str) -> Receipt:
        if recipient in addresses:
            return Receipt(Outcome.REFUSED, reply)
        return Receipt(Outcome.ACCEPTED, "250")

    return RememberedMail(answer)


def test_the_newest_log_in_is_told_first_and_who_never_came_last(
    still: House,
) -> None:
    """Members 5 and 15 never logged in; the others by their last log-in."""
    campaign = swept(still, in_list(["4", "5", "6", "15", "21"]))
    mail = RememberedMail()
    assert send(still, campaign, mail) == 0
    assert numbers(mail) == [21, 6, 4, 15, 5]


@pytest.mark.parametrize(
    ("staff", "order"),
    [
        (StaffWave.FIRST, "boss old new newest never"),
        (StaffWave.LAST, "old new newest never boss"),
        (StaffWave.AS_OTHERS, "old new boss newest never"),
    ],
)
def test_staff_are_told_when_the_policy_says(staff: StaffWave, order: str) -> None:
    """Last unless it is said otherwise, so that they can answer meanwhile."""
    begin = datetime(2014, 1, 1, tzinfo=UTC)
    accounts = {
        "newest": Account("1", last_login_at=begin),
        "new": Account("2", last_login_at=begin + 9 * DAY),
        "old": Account("3", last_login_at=begin + 20 * DAY),
        "boss": Account("4", last_login_at=begin + DAY, is_staff=True),
        "never": Account("5", created_at=begin + 50 * DAY),
    }
    policy = NoticePolicy(staff=staff)
    places = {
        name: waves.place_of(each, policy, "first") for name, each in accounts.items()
    }
    assert sorted(places, key=lambda name: places[name]) == order.split()
    asked = waves.place_of(accounts["never"], policy, "asked1")
    assert asked < waves.ASKED_BEFORE < waves.place_of_retry(0) < min(places.values())


def test_a_group_that_closes_its_lines_rests_while_others_are_told(
    still: House, clock: FrozenClock
) -> None:
    """After 421 nothing goes there for a minute, then two, and then all is well."""
    for number in (1, 2, 3):
        still.forum.set_address(number, f"member{number}@hotmail.com")
    campaign = swept(still, in_list(["1", "2", "3", "4", "6"]))
    begun = clock()
    tried: list[tuple[str, timedelta]] = []

    def answer(_message: EmailMessage, recipient: str) -> Receipt:
        tried.append((recipient.partition("@")[2], clock() - begun))
        if recipient.endswith("hotmail.com") and clock() - begun < 1.5 * MINUTE:
            return Receipt(Outcome.DEFERRED, "421")
        return Receipt(Outcome.ACCEPTED, "250")

    assert send(still, campaign, RememberedMail(answer), waits=True) == 0
    there = [at // MINUTE for domain, at in tried if domain == "hotmail.com"]
    elsewhere = [at // MINUTE for domain, at in tried if domain == "mail.example"]
    assert elsewhere == [0, 0]
    assert there == [0, 1, 3, 3, 6]


def test_a_group_keeps_to_its_own_rate(still: House, clock: FrozenClock) -> None:
    """One a second to Microsoft; another domain is not held up."""
    for number in range(1, 6):
        still.forum.set_address(number, f"member{number}@live.com")
    scope = in_list([str(number) for number in (1, 2, 3, 4, 5, 6, 7)])
    campaign = swept(still, scope, groups={"microsoft": Group(rate=1.0)})
    begun, sent = clock(), list[tuple[int, int]]()

    def answer(_message: EmailMessage, recipient: str) -> Outcome:
        number = int(recipient.removeprefix("member").partition("@")[0])
        sent.append((number, round((clock() - begun).total_seconds())))
        return Outcome.ACCEPTED

    assert send(still, campaign, RememberedMail(answer)) == 0
    assert [at for number, at in sent if number < 6] == [0, 1, 2, 3, 4]
    assert {at for number, at in sent if number >= 6} == {0}


def test_an_address_that_moved_to_another_group_waits_for_its_turn(
    still: House, clock: FrozenClock
) -> None:
    """What stands there when the notice goes out decides whose rate counts."""
    campaign = swept(still, groups={"microsoft": Group(rate=1.0)}, rate=1 / 60)
    begun, sent = clock(), dict[str, timedelta]()

    def answer(_message: EmailMessage, recipient: str) -> Outcome:
        sent[recipient] = clock() - begun
        if len(sent) == 1:
            still.forum.set_address(2, "member2@live.com")
        return Outcome.ACCEPTED

    assert send(still, campaign, RememberedMail(answer)) == 0
    assert set(sent) == {address_of(3), "member2@live.com", address_of(1)}


def test_no_more_than_a_days_quota_goes_out(still: House, clock: FrozenClock) -> None:
    """The rest goes out when a day has passed, and a run that may not wait ends."""
    campaign = swept(still, in_list(["1", "2", "3", "4", "6"]), day_quota=2)
    mail = RememberedMail()
    assert send(still, campaign, mail) == 3
    clock.advance(23 * HOUR)
    assert send(still, campaign, mail) == 3
    clock.advance(2 * HOUR)
    assert send(still, campaign, mail) == 1
    assert still.campaigns.sending(campaign).sent_today == 2


def test_nobody_is_written_to_in_quiet_hours(still: House, clock: FrozenClock) -> None:
    """At 17:45 UTC it is 18:45 in London; a run that waits goes on in the morning."""
    quiet = QuietHours("18:30-08:00", "Europe/London")
    campaign = swept(still, quiet=quiet)
    mail = RememberedMail()
    assert send(still, campaign, mail) == 3
    morning = datetime(2014, 4, 13, 7, 0, tzinfo=UTC)
    assert still.campaigns.sending(campaign).quiet_until == morning
    assert send(still, campaign, mail, waits=True) == 0
    assert morning <= clock() < morning + 2 * MINUTE


def test_too_many_bounces_stop_the_sending(still: House) -> None:
    """It says why, log-ins stay gated, and goes on when told to."""
    everybody = in_list([str(n) for n in range(1, 61)])
    campaign = swept(still, everybody, max_bounces=0.003)
    mail = refusing(*range(30, 60))
    assert send(still, campaign, mail) > 40
    sending = still.campaigns.sending(campaign)
    assert "3 of the last" in str(sending.pause.why)
    assert sum(each.receipt.reply == "550" for each in mail.carried) == 3
    assert send(still, campaign, mail) > 40
    with pytest.raises(PasswordMismatchError):
        still.log_in(1, "wrong")
    assert still.campaigns.resume_sending(campaign)
    assert not still.campaigns.resume_sending(campaign)
    assert send(still, campaign, refusing()) == 0
    assert still.counted(campaign).counts[AccountState.REFUSED] == 3


def test_an_operator_can_stop_the_sending(still: House) -> None:
    """The pause holds for a run that is under way, too."""
    campaign = swept(still)

    def answer(_message: EmailMessage, _recipient: str) -> Outcome:
        assert still.campaigns.pause_sending(campaign, reason="a complaint")
        return Outcome.ACCEPTED

    assert send(still, campaign, RememberedMail(answer)) == 2
    assert not still.campaigns.pause_sending(campaign, reason="again")
    assert still.campaigns.sending(campaign).pause.why == "a complaint"


def test_an_address_that_was_refused_is_written_to_no_more(still: House) -> None:
    """Not in this campaign, not in another, until the list says otherwise."""
    campaign = swept(still)
    assert send(still, campaign, refusing(2)) == 0
    later = swept(still)
    mail = RememberedMail()
    assert send(still, later, mail) == 0
    assert sorted(numbers(mail)) == [1, 3]
    counts = still.counted(later).counts
    assert (counts[AccountState.SUPPRESSED], counts[AccountState.TOLD]) == (1, 2)
    assert still.campaigns.lift_suppression(address_of(2).upper())
    assert not still.campaigns.lift_suppression(address_of(2))


def test_a_policy_refusal_is_no_bad_address(still: House) -> None:
    """A 554 is final for the notice, and says nothing of the mailbox."""
    campaign = swept(still)
    assert send(still, campaign, refusing(2, reply="554")) == 0
    assert not still.campaigns.lift_suppression(address_of(2))


def test_an_address_can_be_suppressed_by_hand(still: House) -> None:
    """It holds for a notice that is in the outbox already."""
    campaign = swept(still)
    still.campaigns.suppress(address_of(1))
    mail = RememberedMail()
    assert send(still, campaign, mail) == 0
    assert sorted(numbers(mail)) == [2, 3]
    found = list(still.campaigns.untold(campaign))
    assert [(each.account_id, each.state) for each in found] == [
        ("1", AccountState.SUPPRESSED)
    ]


def returned(mail: RememberedMail, number: int, status: str = "5.1.1") -> MailEvent:
    """Return what a report of failure says of a member's notice."""
    found = next(each for each in mail.carried if each.recipient == address_of(number))
    assert found.return_path is not None
    event = read_report(
        delivery_report(found.return_path, found.recipient, status=status)
    )
    assert event is not None
    return event


def test_a_report_makes_a_notice_bounced_once(still: House) -> None:
    """The address is suppressed; a second report of it changes nothing."""
    campaign = swept(still, bounce_address=BOUNCES)
    mail = RememberedMail()
    send(still, campaign, mail)
    for _ in range(2):
        assert still.campaigns.take_mail(returned(mail, 2))
        counts = still.counted(campaign).counts
        assert counts[AccountState.BOUNCED] == 1
        assert counts[AccountState.TOLD] == 2
    (found,) = still.campaigns.untold(campaign)
    assert (found.account_id, found.reply) == ("2", "5.1.1")
    assert still.campaigns.lift_suppression(address_of(2))


def test_a_report_that_comes_after_the_reset_is_harmless(still: House) -> None:
    """Who has a new password keeps it, and counts as such."""
    campaign = swept(still, bounce_address=BOUNCES)
    mail = RememberedMail()
    send(still, campaign, mail)
    token = token_in(mail.carried[0].message)
    still.guard.redeem(token, password="a quiet harbour at noon")
    number = numbers(mail)[0]
    assert still.campaigns.take_mail(returned(mail, number))
    assert still.counted(campaign).counts[AccountState.RESET_DONE] == 1
    still.log_in(number, "a quiet harbour at noon")


def test_nobody_makes_up_a_report(still: House) -> None:
    """Without the keyed tag of a notice a mail counts for nothing."""
    campaign = swept(still, bounce_address=BOUNCES)
    mail = RememberedMail()
    send(still, campaign, mail)
    mine, other = (str(each.return_path) for each in mail.carried[:2])
    forged = other.partition("-")[0] + "-" + mine.partition("-")[2]
    for path in (forged, "bounces@machina.example", "", "\udcff"):
        event = MailEvent(EventKind.BOUNCED, path)
        assert not still.campaigns.take_mail(event)
    assert still.counted(campaign).counts[AccountState.TOLD] == 3


def test_a_webhook_names_a_notice_by_what_the_provider_has(still: House) -> None:
    """By its Message-ID, by the idempotency key, or by the return path."""
    campaign = swept(still, bounce_address=BOUNCES)
    mail = RememberedMail()
    send(still, campaign, mail)
    names = [
        str(mail.carried[0].message["Message-ID"]),
        mail.carried[1].idempotency_key,
        str(mail.carried[2].return_path),
    ]
    assert all(still.campaigns.bounced(name, status="5.2.2") for name in names)
    assert still.counted(campaign).counts[AccountState.BOUNCED] == 3
    for stranger in ("", "<a@b.example>", "0" * 32):
        assert not still.campaigns.bounced(stranger, status="550")


@pytest.mark.parametrize(
    ("status", "kept"),
    [("550", "550"), ("4.4.7", "4.4.7"), ("a text with\nlines", "5.0.0")],
)
def test_a_status_is_kept_in_a_known_form(still: House, status: str, kept: str) -> None:
    """What a provider calls a status is not written down as it comes."""
    campaign = swept(still, in_list(["1"]))
    mail = RememberedMail()
    send(still, campaign, mail)
    assert still.campaigns.bounced(mail.carried[0].idempotency_key, status=status)
    assert [each.reply for each in still.campaigns.untold(campaign)] == [kept]


def test_late_bounces_stop_the_sending_too(still: House) -> None:
    """The breaker counts what comes back as it counts what is refused."""
    campaign = swept(still, max_bounces=0.002, bounce_address=BOUNCES, rate=0.01)
    mail = RememberedMail()

    def stop() -> bool:
        return len(mail.carried) == 2

    still.campaigns.send(campaign, mail, worker="sender", stop=stop)
    for number in numbers(mail):
        still.campaigns.take_mail(returned(mail, number))
    assert "2 of the last 2" in str(still.campaigns.sending(campaign).pause.why)
    assert send(still, campaign, mail) == 1


def test_complaints_stop_the_sending_and_the_writing(still: House) -> None:
    """Who calls it spam is written to no more."""
    campaign = swept(still, max_complaints=0.0002)
    mail = RememberedMail()
    send(still, campaign, mail)
    for each in mail.carried[:2]:
        for _ in range(2):
            assert still.campaigns.complained(each.idempotency_key)
    sending = still.campaigns.sending(campaign)
    assert sending.recent.complained == 2
    assert "complained" in str(sending.pause.why)
    assert still.campaigns.lift_suppression(mail.carried[0].recipient)


def test_reminders_go_to_those_still_open_once_of_each_kind(
    still: House, clock: FrozenClock
) -> None:
    """On day 3 and day 14, each a message of its own; who has reset gets none."""
    campaign = swept(still)
    mail = RememberedMail()
    assert send(still, campaign, mail) == 0
    first = numbers(mail)
    still.guard.redeem(
        token_in(mail.carried[0].message), password="a quiet harbour at noon"
    )
    clock.advance(3 * DAY)
    for _ in range(2):
        assert send(still, campaign, mail) == 0
        assert sorted(numbers(mail)) == sorted([*first, *first[1:]])
    clock.advance(11 * DAY)
    assert still.campaigns.remind(campaign) == 2
    assert still.campaigns.remind(campaign) == 0
    assert send(still, campaign, mail) == 0
    assert len(mail.carried) == 3 + 2 + 2
    assert len({str(each.message["Message-ID"]) for each in mail.carried}) == 7
    counts = still.counted(campaign).counts
    assert (counts[AccountState.TOLD], counts[AccountState.RESET_DONE]) == (2, 1)


def test_reminders_and_their_record_stand_or_fall_together(
    still: House, clock: FrozenClock
) -> None:
    """What dies before it could say what it queued has queued nothing."""
    campaign = swept(still)
    still.campaigns.send(campaign, RememberedMail(), worker="sender")
    clock.advance(4 * DAY)

    def die(*_: object, **named: object) -> None:
        if named["event"] == "reminders queued":
            raise SystemExit

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(audit, "record", die)
        with pytest.raises(SystemExit):
            still.campaigns.remind(campaign)
    assert still.campaigns.remind(campaign) == 3
    with still.guard._database.read() as connection:
        query = select(audit_table.c.detail).where(
            audit_table.c.event == "reminders queued"
        )
        (detail,) = connection.scalars(query)
    assert json.loads(detail)["accounts"] == 3


def test_a_reminder_reaches_who_has_another_address_now(
    still: House, clock: FrozenClock
) -> None:
    """A refused member is not tried again, until another address stands there."""
    campaign = swept(still, in_list(["1", "2", "10"]))
    assert send(still, campaign, refusing(1, 2)) == 0
    still.forum.set_address(2, "again2@mail.example")
    still.forum.set_address(10, "now10@mail.example")
    clock.advance(3 * DAY)
    mail = RememberedMail()
    assert send(still, campaign, mail) == 0
    assert sorted(each.recipient for each in mail.carried) == [
        "again2@mail.example",
        "now10@mail.example",
    ]
    counts = still.counted(campaign).counts
    assert counts[AccountState.TOLD] == 2
    assert counts[AccountState.REFUSED] == 1


def test_an_ambiguous_message_is_held_where_the_policy_says(
    still: House, clock: FrozenClock
) -> None:
    """The operator decides: it is sent again as the same message, or was told."""
    campaign = swept(still, ambiguous=Ambiguous.HOLD)
    mail = RememberedMail([Outcome.UNKNOWN, Outcome.UNKNOWN])
    assert send(still, campaign, mail) == 0
    clock.advance(DAY)
    assert send(still, campaign, mail) == 0
    assert still.counted(campaign).counts[AccountState.AMBIGUOUS] == 2
    assert still.campaigns.sending(campaign).held == 2
    assert still.campaigns.settle_held(campaign, resend=True) == 2
    mail = RememberedMail([Outcome.UNKNOWN])
    assert send(still, campaign, mail) == 0
    assert still.campaigns.settle_held(campaign, resend=False) == 1
    assert still.counted(campaign).counts[AccountState.TOLD] == 3


def test_what_a_killed_run_was_handing_over_is_held(
    still: House, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the one message that was on its way; the others go out."""
    campaign = swept(still, ambiguous=Ambiguous.HOLD)

    def die(_message: EmailMessage, _recipient: str) -> Outcome:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(
            "credguard.campaigns.telling.acks.release", lambda *_, **__: None
        )
        with pytest.raises(SystemExit):
            send(still, campaign, RememberedMail(die))
    clock.advance(HOUR)
    mail = RememberedMail()
    assert send(still, campaign, mail) == 0
    assert len(mail.carried) == 2
    assert still.counted(campaign).counts[AccountState.AMBIGUOUS] == 1


def test_a_notice_has_no_link_by_default(still: House) -> None:
    """There is none to follow, to steal, or to be followed by a scanner."""
    campaign = swept(still, letter=BARE)
    mail = RememberedMail()
    assert send(still, campaign, mail) == 0
    for each in mail.carried:
        assert "://" not in each.message.get_content()


def test_a_member_who_asks_gets_a_link_at_once(
    still: House, clock: FrozenClock
) -> None:
    """Before everybody else, and in quiet hours; it works for an hour."""
    quiet = QuietHours("18:30-08:00", "Europe/London")
    campaign = swept(still, letter=BARE, link_on_request=PAGE, quiet=quiet)
    assert still.campaigns.request_link("2")
    assert still.campaigns.request_link("2")
    mail = RememberedMail()
    assert send(still, campaign, mail) == 3
    assert numbers(mail) == [2]
    token = token_in(mail.carried[0].message)
    assert still.campaigns.claim(token).account.id == "2"
    clock.advance(HOUR)
    with pytest.raises(TokenRefusedError):
        still.campaigns.claim(token)
    assert still.counted(campaign).counts[AccountState.QUEUED] == 3


def test_nobody_is_flooded_with_links(still: House, clock: FrozenClock) -> None:
    """One in ten minutes and five a day, however often somebody asks."""
    campaign = swept(still, in_list(["1"]), letter=BARE, link_on_request=PAGE)
    mail = RememberedMail()
    send(still, campaign, mail)
    for _ in range(30):
        assert still.campaigns.request_link("1")
        assert send(still, campaign, mail) == 0
        clock.advance(5 * MINUTE)
    assert len(mail.carried) == 1 + 5
    clock.advance(DAY)
    assert still.campaigns.request_link("1")
    assert send(still, campaign, mail) == 0
    assert len(mail.carried) == 1 + 5 + 1


@pytest.mark.parametrize("asked", [None, "59", "no such account", "4"])
def test_who_is_in_no_campaign_is_the_forums_own_matter(
    still: House, asked: str | None
) -> None:
    """An unknown address and an account that need not reset are answered alike."""
    swept(still, letter=BARE, link_on_request=PAGE)
    assert not still.campaigns.request_link(asked)


def test_without_a_page_no_link_can_be_asked_for(still: House) -> None:
    """The forum's own form sends what it always sends."""
    swept(still, letter=BARE)
    assert not still.campaigns.request_link("1")


def test_members_are_told_in_the_fallback_where_no_language_is_kept(
    still: House,
) -> None:
    """A forum without a column for it has one text for all."""
    texts = {"de": Texts(subject="Neu"), "default": Texts(subject="New at {site}")}
    campaign = swept(still, texts=texts)
    mail = RememberedMail()
    send(still, campaign, mail)
    assert {str(each.message["Subject"]) for each in mail.carried} == {"New at Machina"}


@pytest.mark.parametrize(
    "address", ["a@b.example\r\nBcc: x@y.example", "a\n@b.example", "a@b.example\0"]
)
def test_an_address_with_a_line_break_is_no_address(still: House, address: str) -> None:
    """The member is unreachable; the run goes on, and no header is made of it."""
    campaign = swept(still)
    still.forum.set_address(2, address)
    mail = RememberedMail()
    assert send(still, campaign, mail) == 0
    assert sorted(numbers(mail)) == [1, 3]
    assert still.counted(campaign).counts[AccountState.UNREACHABLE] == 1


def test_who_never_answers_is_closed(still: House, clock: FrozenClock) -> None:
    """The retired hash is gone: no log-in, no link, and no way back by an abort."""
    campaign = swept(still, in_list(["1", "2", "10"]), reminder_days=())
    mail = RememberedMail()
    send(still, campaign, mail)
    still.guard.redeem(
        token_in(mail.carried[0].message), password="a quiet harbour at noon"
    )
    with pytest.raises(CampaignStateError, match="not that old"):
        still.campaigns.close_dormant(campaign, after=30 * DAY)
    clock.advance(31 * DAY)
    with pytest.raises(CampaignStateError, match="at least a day"):
        still.campaigns.close_dormant(campaign, after=HOUR)
    assert still.campaigns.close_dormant(campaign, after=30 * DAY) == 2
    assert still.campaigns.close_dormant(campaign, after=30 * DAY) == 0
    counts = still.counted(campaign).counts
    assert counts[AccountState.DORMANT_CLOSED] == 2
    for password in (password_of(1), "another"):
        with pytest.raises(PasswordMismatchError):
            still.log_in(1, password)
    still.campaigns.abort(campaign, reason="a test")
    assert still.counted(campaign).counts[AccountState.DORMANT_CLOSED] == 2
    assert str(still.forum.password(1)).startswith("cgretired1:")


def test_nobody_is_closed_before_everybody_is_told(
    still: House, clock: FrozenClock
) -> None:
    """Whose notice still waits has not been asked yet."""
    campaign = swept(still)
    clock.advance(60 * DAY)
    assert still.campaigns.close_dormant(campaign, after=30 * DAY) == 0


def test_two_campaigns_share_the_rates(still: House, clock: FrozenClock) -> None:
    """To a provider they are one sender."""
    one = swept(still, in_list(["1", "2"]), rate=1.0)
    two = swept(still, in_list(["3", "4"]), rate=1.0)
    begun = clock()
    for campaign in (one, two):
        assert send(still, campaign, RememberedMail()) == 0
    assert clock() - begun >= timedelta(seconds=3)


def test_every_copy_has_the_same_key(still: House, clock: FrozenClock) -> None:
    """A provider that knows the key drops the second copy."""
    campaign = swept(still, in_list(["1"]))
    mail = RememberedMail([Outcome.UNKNOWN])
    send(still, campaign, mail)
    clock.advance(MINUTE)
    send(still, campaign, mail)
    first, second = mail.carried
    assert first.idempotency_key == second.idempotency_key != ""
    assert first.message.as_bytes() == second.message.as_bytes()


def test_rows_of_all_notices_stand_in_the_outbox(still: House) -> None:
    """Each has its group and its place, and whose address it went to is a digest."""
    campaign = swept(still)
    send(still, campaign, RememberedMail())
    with still.guard._database.read() as connection:
        rows = connection.execute(select(notice)).mappings().all()
    assert {row["mail_group"] for row in rows} == {"mail.example"}
    assert all(len(row["sent_to"]) == 22 for row in rows)
    assert leases.GOING_OUT not in {row["reply"] for row in rows}
