"""The whole life of notices on each database, together with the forum and apart."""

from datetime import timedelta

from credguard.campaigns import Group, NoticePolicy, Outcome, Receipt, everyone
from credguard.campaigns.states import AccountState
from credguard.delivery import read_report
from credguard.drill.mail_farm import delivery_report
from credguard.storage import audit
from credguard.testing import RememberedMail
from forums import FAST, LETTER, House, address_of, has_password

TOLD = [
    address_of(number)
    for number in range(1, 61)
    if has_password(number) and address_of(number)
]
POLICY = NoticePolicy(
    groups={"microsoft": Group(rate=FAST)},
    other_rate=FAST,
    day_quota=100_000,
    bounce_address="bounces@machina.example",
    max_bounces=0.003,
)


def test_notices_live_alike_on_every_database(any_house: House) -> None:
    """Told, put off, refused, bounced, asked for, paused: every account once."""
    house = any_house
    plan = house.campaigns.plan(everyone, letter=LETTER, rate=FAST, notices=POLICY)
    campaign = house.campaigns.start(plan)
    house.campaigns.sweep(campaign, worker="sweeper")
    mail = RememberedMail(
        [
            Receipt(Outcome.DEFERRED, "450"),
            Receipt(Outcome.REFUSED, "550"),
            Receipt(Outcome.REFUSED, "554"),
        ]
    )
    left = house.campaigns.send(campaign, mail, worker="sender")
    assert (left.queued, left.deferred) == (1, 1)
    assert sorted(each.recipient for each in mail.carried) == sorted(TOLD)
    sending = house.campaigns.sending(campaign)
    assert (sending.waiting, sending.pause.at) == ({"": 1}, None)
    assert sending.sent_today == len(TOLD)
    told = mail.carried[-1]
    event = read_report(
        delivery_report(str(told.return_path), told.recipient, status="5.1.1")
    )
    assert event is not None
    for _ in range(2):
        assert house.campaigns.take_mail(event)
    assert house.campaigns.complained(mail.carried[-2].idempotency_key)
    assert "3 of the last" in str(house.campaigns.sending(campaign).pause.why)
    number = mail.carried[-3].recipient.removeprefix("member").partition("@")[0]
    assert house.campaigns.request_link(number)
    assert not house.campaigns.request_link(None)
    assert house.campaigns.send(campaign, mail, worker="sender").queued == 2
    assert house.campaigns.resume_sending(campaign)
    assert house.campaigns.send(campaign, mail, worker="sender").queued == 1
    assert mail.carried[-1].recipient == f"member{number}@mail.example"
    counts = house.counted(campaign).counts
    assert counts == {
        AccountState.NO_PASSWORD: 4,
        AccountState.UNREACHABLE: 6,
        AccountState.DEFERRED: 1,
        AccountState.REFUSED: 2,
        AccountState.BOUNCED: 1,
        AccountState.TOLD: len(TOLD) - 4,
    }
    assert len(list(house.campaigns.untold(campaign))) == 6 + 2 + 1
    audit.verify(house.guard._database, house.keyring)


def test_reminders_and_closing_work_on_every_database(any_house: House) -> None:
    """A later process, whose clock is further on, reminds and closes."""
    house = any_house
    campaign = house.swept()
    house.campaigns.send(campaign, RememberedMail(), worker="sender")
    later = house.another(lambda: house.clock() + timedelta(days=20)).campaigns
    mail = RememberedMail()
    assert later.remind(campaign) == 2 * (len(TOLD) + 6)
    assert later.send(campaign, mail, worker="sender").queued == 0
    assert len(mail.carried) == 2 * len(TOLD)
    assert house.counted(campaign).counts[AccountState.TOLD] == len(TOLD)
    assert later.close_dormant(campaign, after=timedelta(days=10)) == len(TOLD) + 6
    counts = house.counted(campaign).counts
    assert counts[AccountState.DORMANT_CLOSED] == len(TOLD) + 6
