"""A run that stays: for links that are asked for later, reminders, and the end."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from credguard.campaigns import LetterTemplate, NoticePolicy, Outcome
from credguard.campaigns.awaiting import LOOK_EVERY
from credguard.campaigns.scope import in_list
from credguard.testing import FrozenClock, RememberedMail
from forums import FAST, LETTER, NEW_PASSWORD, House, house_at, token_in

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
OPENED = datetime(2014, 4, 12, 17, 45, tzinfo=UTC)
BARE = LetterTemplate(
    site="Machina",
    reason="On 7 November somebody copied our database.",
    sender_name="Machina",
    sender_address="help@machina.example",
)
PAGE = "https://machina.example/reset#{token}"


class Sleep:
    """Lets time pass, and things happen meanwhile."""

    def __init__(self, clock: FrozenClock) -> None:
        self.clock = clock
        self.faster = 1
        self.plans: list[tuple[datetime, Callable[[], object]]] = []

    def __call__(self, seconds: float) -> None:
        """Sleep, in less than no time."""
        self.clock.advance(timedelta(seconds=seconds * self.faster))
        due = [each for each in self.plans if each[0] <= self.clock()]
        for each in due:
            self.plans.remove(each)
            each[1]()

    def after(self, delay: timedelta, act: Callable[[], object]) -> None:
        """Let *act* happen while somebody sleeps."""
        self.plans.append((self.clock() + delay, act))


@pytest.fixture
def sleep(monkeypatch: pytest.MonkeyPatch) -> Sleep:
    """How everybody waits."""
    found = Sleep(FrozenClock(OPENED))
    monkeypatch.setattr("credguard.campaigns.means.time.sleep", found)
    return found


@pytest.fixture
def idle(sleep: Sleep, sqlite_url: str, tmp_path: Path) -> Iterator[House]:
    """A house in which time passes only when somebody waits."""
    with house_at(sqlite_url, tmp_path, "together", clock=sleep.clock) as house:
        yield house


def swept(house: House, letter: LetterTemplate = LETTER, link: str = "") -> str:
    """Return a campaign of three members, swept."""
    rules = NoticePolicy(link_on_request=link, reminder_days=(3, 14))
    scope = in_list(["1", "2", "3"])
    plan = house.campaigns.plan(scope, letter=letter, rate=FAST, notices=rules)
    campaign = house.campaigns.start(plan)
    house.campaigns.sweep(campaign, worker="sweeper")
    return campaign


def stay(house: House, campaign: str, mail: RememberedMail, length: timedelta) -> int:
    """Stay for some time; return how many notices are left then."""
    until = house.clock() + length
    left = house.campaigns.send(
        campaign,
        mail,
        worker="sender",
        stop=lambda: house.clock() >= until,
        stays=True,
    )
    return left.queued


def timed(sleep: Sleep) -> tuple[RememberedMail, list[datetime]]:
    """Return mail, and when each message was handed over."""
    sent: list[datetime] = []

    def answer(_message: EmailMessage, _recipient: str) -> Outcome:
        sent.append(sleep.clock())
        return Outcome.ACCEPTED

    return RememberedMail(answer), sent


def test_a_link_that_is_asked_for_later_goes_out_at_once(
    idle: House, sleep: Sleep
) -> None:
    """The member sits there and waits for it."""
    campaign = swept(idle, BARE, PAGE)
    mail, sent = timed(sleep)
    sleep.after(100 * SECOND, lambda: idle.campaigns.request_link("2"))
    assert stay(idle, campaign, mail, 200 * SECOND) == 0
    assert len(sent) == 4
    assert 100 * SECOND <= sent[3] - OPENED < 100 * SECOND + LOOK_EVERY + 2 * SECOND
    assert idle.campaigns.claim(token_in(mail.carried[3].message)).account.id == "2"


def test_reminders_go_out_on_their_days(idle: House, sleep: Sleep) -> None:
    """The third and the fourteenth; nobody has to start anything."""
    campaign = swept(idle)
    mail, sent = timed(sleep)
    sleep.faster = 3600
    assert stay(idle, campaign, mail, 15 * DAY) == 0
    days = [(each - OPENED).days for each in sent]
    assert days == [0, 0, 0, 3, 3, 3, 14, 14, 14]


def test_staying_is_over_when_everybody_has_a_new_password(
    idle: House, sleep: Sleep
) -> None:
    """It is seen when the run looks for reminders, within an hour."""
    campaign = swept(idle)
    mail = RememberedMail()

    def answer() -> None:
        for number, each in enumerate(mail.carried):
            new = NEW_PASSWORD.format(number)
            idle.guard.redeem(token_in(each.message), password=new)

    sleep.after(100 * SECOND, answer)
    sleep.faster = 10
    assert stay(idle, campaign, mail, 20 * DAY) == 0
    assert sleep.clock() - OPENED < timedelta(hours=1, minutes=2)


def test_staying_is_over_when_the_campaign_is_aborted(
    idle: House, sleep: Sleep
) -> None:
    """That is no error of the run's."""
    campaign = swept(idle)
    mail = RememberedMail()
    sleep.after(
        100 * SECOND, lambda: idle.campaigns.abort(campaign, reason="a false alarm")
    )
    assert stay(idle, campaign, mail, 20 * DAY) == 0
    assert sleep.clock() - OPENED < 100 * SECOND + LOOK_EVERY + 2 * SECOND
    assert len(mail.carried) == 3


def test_a_run_that_waits_ends_when_everybody_is_told(
    idle: House, sleep: Sleep
) -> None:
    """Only one that stays goes on after it."""
    campaign, mail = swept(idle), RememberedMail()
    idle.campaigns.send(campaign, mail, worker="sender", waits=True)
    assert sleep.clock() - OPENED < timedelta(minutes=1)


def test_staying_costs_next_to_nothing(idle: House) -> None:
    """Two small questions every five seconds, and nothing is written."""
    campaign, mail = swept(idle), RememberedMail()
    idle.campaigns.send(campaign, mail, worker="sender")
    asked: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        stay(idle, campaign, mail, timedelta(minutes=50))
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    looks = timedelta(minutes=50) / LOOK_EVERY
    assert len([each for each in asked if each.startswith("SELECT")]) < 2 * looks + 60
    assert len([each for each in asked if each.startswith(("UPD", "INS"))]) < 10
