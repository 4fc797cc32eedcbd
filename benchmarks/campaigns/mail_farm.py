"""
A campaign against a simulated mail farm, in virtual time.

    python -m benchmarks.campaigns.mail_farm --accounts 20000 --workers 4

The farm has limits for each group, a group that closes its lines for ten minutes,
domains that greylist, one that takes its time, addresses that are gone at once, and
others that are reported to be gone later. Nothing may ever come over a limit, and the
campaign is to be over within 1.1 times the time that it takes at the least: greylisting
makes two attempts of one message, and a provider counts attempts. A member
who is greylisted last comes some minutes after that time, whatever is done: the trial
has to last hours to show the rest. A smaller --rate makes it so with fewer accounts. A
segment of dead addresses is planted: sending must stop by itself within 1,000 mails. It
does so 50 mails after refusals begin; where they come as reports, as many more go out
as the rate allows until the reports are read.
"""

import argparse
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from credguard.accounts import Columns, SqlAccounts
from credguard.campaigns import Campaigns, Group, LetterTemplate, NoticePolicy, everyone
from credguard.campaigns.mail_groups import Lanes
from credguard.campaigns.means import Means
from credguard.campaigns.notice_forecast import lower_bound
from credguard.delivery import read_report
from credguard.drill.mail_farm import Exchanger, MailFarm
from credguard.drill.virtual_time import VirtualTime
from credguard.keys import Keyring
from credguard.passwords import PasswordHasher
from credguard.passwords.recognizing import Recognizer
from credguard.storage import Database
from credguard.storage.schema import prepare

START = datetime(2014, 4, 12, 17, 45, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RATE = 2.0  # messages a second over all, unless another is asked for
# Of that rate: what each group takes, and each other domain.
SHARES = {"google": 0.31, "microsoft": 0.3, "yahoo": 0.125, "bt": 0.055}
OTHER_SHARE = 0.025
READ_EVERY = timedelta(seconds=15)  # reports that came back; an alias reads at once
LEAST_SEGMENT = 6_000  # accounts, so that a bad quarter is more than 1,000
# Of twenty members: their domains, as a British forum has them.
DOMAINS = (
    *("gmail.com",) * 6,
    *("hotmail.co.uk",) * 3,
    "outlook.com",
    "live.co.uk",
    *("yahoo.co.uk",) * 2,
    "btinternet.com",
    "icloud.com",
    *("own{}.example",) * 5,
)
SLOW_EVERY = 4_000  # members of the domain that takes its time
LETTER = LetterTemplate(
    site="Machina",
    reason="A trial.",
    sender_name="Machina",
    sender_address="help@machina.example",
)


@dataclass
class Stage:
    """A forum, a farm and a campaign over them, in virtual time."""

    folder: Path
    accounts: int
    address: Callable[[int], str]
    policy: NoticePolicy
    rate: float

    def __post_init__(self) -> None:
        self.time = VirtualTime(START)
        path = self.folder / "forum.sqlite"
        with closing(sqlite3.connect(path)) as forum:
            forum.execute("PRAGMA synchronous = OFF")
            forum.execute(
                "CREATE TABLE members (id INTEGER PRIMARY KEY, password VARCHAR(255),"
                " email VARCHAR(254), last_login REAL)"
            )
            rows = (
                (number, "md5$salt$" + f"{number:032x}", self.address(number), number)
                for number in range(1, self.accounts + 1)
            )
            forum.executemany("INSERT INTO members VALUES (?, ?, ?, ?)", rows)
            forum.commit()
        url = f"sqlite:///{path}"
        columns = Columns(last_login_at="last_login")
        database = Database(url)
        prepare(database)
        self.campaigns = Campaigns(
            Means(
                database=database,
                keyring=Keyring.generate(),
                identify=Recognizer(PasswordHasher()),
                clock=self.time.clock,
                forum=SqlAccounts(url, table="members", columns=columns),
                pause=self.time.pause,
            )
        )
        plan = self.campaigns.plan(
            everyone, letter=LETTER, rate=self.rate, notices=self.policy
        )
        self.campaign = self.campaigns.start(plan)
        self.campaigns.sweep(self.campaign, worker="sweeper")

    def tell(self, farm: MailFarm, workers: int, *, waits: bool = True) -> timedelta:
        """Let *workers* send until everybody is told; return how long that took."""
        begun, going = self.time.clock(), [workers]

        def send(number: int) -> None:
            name = f"sender {number}"
            self.campaigns.send(self.campaign, farm, worker=name, waits=waits)
            going[0] -= 1

        def read_reports() -> None:
            while going[0]:
                self.time.pause(READ_EVERY)
                for mail in farm.returned():
                    event = read_report(mail)
                    assert event is not None
                    assert self.campaigns.take_mail(event)

        parts = [partial(send, number) for number in range(workers)]
        self.time.play([*parts, read_reports])
        return (farm.last_at or begun) - begun

    def bound(self, farm: MailFarm) -> tuple[timedelta, timedelta]:
        """
        Return how long the campaign takes at the least.

        First by its messages, then by the attempts that the farm forces: whom it
        greylists has to be tried twice, and both count against the rates.
        """
        lanes, messages, attempts = Lanes({}), Counter[str](), Counter[str]()
        for number in range(1, self.accounts + 1):
            lane, group = lanes.of(self.address(number))
            messages[lane] += 1
            exchanger = farm.exchangers.get(group, farm.others)
            attempts[lane] += 2 if exchanger.greylists else 1
        plain = lower_bound(messages, self.policy, rate=self.rate)
        return plain, lower_bound(attempts, self.policy, rate=self.rate)


def address(number: int) -> str:
    """Return a member's address."""
    domain = DOMAINS[number % len(DOMAINS)].format(number % 61)
    if number % SLOW_EVERY == 9:
        domain = "slow.example"
    return f"member{number}@{domain}"


def is_gone(every: int, address: str) -> bool:
    """Return True for one address in *every*."""
    return int(address.partition("@")[0].removeprefix("member")) % every == 7


def policy(rate: float, **others: object) -> NoticePolicy:
    """Return the rates that the farm's limits ask for."""
    groups = {name: Group(rate=rate * share) for name, share in SHARES.items()}
    return NoticePolicy(
        groups=groups,
        other_rate=rate * OTHER_SHARE,
        bounce_address="bounces@machina.example",
        reminder_days=(),
        **others,  # type: ignore[arg-type]  # a trial's own
    )


def farm_at(time_: VirtualTime, rate: float) -> MailFarm:
    """Return a farm on a bad day."""
    named = {name: Exchanger(rate=rate * share) for name, share in SHARES.items()}
    closed = (START + 3 * MINUTE, START + 13 * MINUTE)
    named["microsoft"] = Exchanger(
        rate=rate * SHARES["microsoft"], closed=closed, is_gone=partial(is_gone, 97)
    )
    named["google"] = Exchanger(
        rate=rate * SHARES["google"], is_gone_late=partial(is_gone, 89)
    )
    named["apple"] = Exchanger()
    named["slow.example"] = Exchanger(
        rate=rate * OTHER_SHARE, latency=timedelta(seconds=8)
    )
    others = Exchanger(rate=rate * OTHER_SHARE, greylists=timedelta(minutes=5))
    return MailFarm(time_, named, others, rate=rate)


def bad_day(
    folder: Path, accounts: int, workers: int, *, rate: float = RATE
) -> dict[str, object]:
    """Tell everybody on a bad day."""
    stage = Stage(folder, accounts, address, policy(rate), rate)
    farm = farm_at(stage.time, rate)
    took = stage.tell(farm, workers)
    return _figures(stage, farm, took)


def quota(folder: Path, accounts: int, workers: int) -> dict[str, object]:
    """Tell everybody within a quota of a quarter a day."""
    rules = policy(RATE, day_quota=accounts // 4)
    stage = Stage(folder, accounts, address, rules, RATE)
    farm = MailFarm(stage.time, rate=RATE, day_quota=accounts // 4)
    took = stage.tell(farm, workers)
    return _figures(stage, farm, took)


def bad_segment(
    folder: Path, accounts: int, workers: int, *, late: bool
) -> dict[str, object]:
    """Plant dead addresses in the middle of the waves, and count until it stops."""
    middle = range(accounts // 4, accounts // 2)

    def is_dead(address: str) -> bool:
        return int(address.partition("@")[0].removeprefix("member")) in middle

    rules = NoticePolicy(bounce_address="bounces@machina.example", reminder_days=())
    stage = Stage(folder, accounts, lambda n: f"member{n}@own.example", rules, 10.0)
    kind = "is_gone_late" if late else "is_gone"
    others = Exchanger(reports_after=MINUTE, **{kind: is_dead})  # type: ignore[arg-type]
    farm = MailFarm(stage.time, others=others, rate=10.0)
    stage.tell(farm, workers, waits=False)
    return {
        "mails to the bad segment before it stopped": sum(map(is_dead, farm.order)),
        "mails in all": len(farm.order),
        "why": stage.campaigns.sending(stage.campaign).pause.why,
        **{f"FAULT {name}": count for name, count in farm.faults.items()},
    }


def _figures(stage: Stage, farm: MailFarm, took: timedelta) -> dict[str, object]:
    plain, forced = stage.bound(farm)
    status = stage.campaigns.status(stage.campaign)
    told = sum(farm.taken.values())
    return {
        "members": stage.accounts,
        "told": told,
        "refused for good": sum(farm.refused.values()),
        "attempts": len(farm.order),
        "told more than once": told - len(farm.taken),
        "virtual time": took,
        "lower bound by messages": plain,
        "times that": round(took / plain, 3),
        "lower bound by attempts that are forced": forced,
        "times that bound": round(took / forced, 3),
        "counts add up": status.adds_up,
        "messages over a limit": sum(farm.faults.values()),
        **{f"FAULT {name}": count for name, count in farm.faults.items()},
    }


def main() -> None:
    """Read the arguments, play all trials, and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--rate", type=float, default=RATE)
    asked = parser.parse_args()
    trials: dict[str, Callable[[Path, int, int], dict[str, object]]] = {
        "a bad day": partial(bad_day, rate=asked.rate),
        "a day's quota": quota,
        "a bad segment": partial(bad_segment, late=False),
        "a bad segment, reported a minute later": partial(bad_segment, late=True),
    }
    for name, trial in trials.items():
        print(f"\n{name}, {asked.workers} senders")
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            least = LEAST_SEGMENT if "segment" in name else 0
            figures = trial(Path(folder), max(asked.accounts, least), asked.workers)
        for what, figure in figures.items():
            print(f"  {what:<44} {figure!s:>16}")
        print(f"  {'seconds on this machine':<44} {time.monotonic() - began:>16.1f}")


if __name__ == "__main__":
    main()
