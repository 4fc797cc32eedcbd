"""
A whole campaign whose workers are killed at random, hundreds of times.

    python -m benchmarks.campaigns.kills --kills 500 --workers 4 --database sqlite

Plan, open, sweep, tell, remind and close, by several processes at once. Each keeps one
connection to a mail server that is a file. SIGKILL comes to one of them at a random
moment, and another takes its place. What must be true at the end is checked: nobody is
lost and nobody is in two states, copies come from kills alone and are the same message
with the same link, and the audit log verifies. Where one of these is not so, a line
begins with FAULT, and the exit status is 1.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from benchmarks.campaigns.tables import COLUMNS, TABLE, UserTable
from sqlalchemy import func, select

from credguard._clock import system_clock
from credguard.accounts import Columns, SqlAccounts
from credguard.campaigns import (
    LetterTemplate,
    NoticePolicy,
    Outcome,
    Plan,
    Receipt,
    awaiting,
    everyone,
    pacing,
    retiring,
)
from credguard.campaigns.states import AccountState, CampaignState
from credguard.errors import CampaignStateError, CredguardError, UnavailableError
from credguard.guard import CredGuard
from credguard.keys import Keyring
from credguard.storage import Database, audit
from credguard.storage.tables import notice

LETTER = LetterTemplate(
    site="Machina",
    reason="A trial.",
    sender_name="Machina",
    sender_address="help@machina.example",
    link="https://machina.example/reset#{token}",
)
RATE = 100_000.0
LONGEST_LIFE = 0.12  # seconds from the start of a worker's work to its kill
LIFE = (  # how long after the opening, and what is to be done then
    (timedelta(0), "tell"),
    (timedelta(days=4), "remind"),
    (timedelta(days=60), "close"),
)


@dataclass(frozen=True)
class Place:
    """Where a campaign is played."""

    url: str
    keyring: str
    ledger: Path
    plans: list[Plan] = field(default_factory=list)

    def guard(self, later: timedelta) -> CredGuard:
        """Return the door of a process whose clock is *later*."""
        return CredGuard(
            keyring=Keyring.parse(self.keyring),
            database=self.url,
            accounts=SqlAccounts(self.url, table=TABLE, columns=Columns(**COLUMNS)),
            clock=lambda: system_clock() + later,
        )


class Ledger:
    """A delivery that writes down each message that it is given."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def send(
        self, message: EmailMessage, *, recipient: str, **_: str | None
    ) -> Receipt:
        """Write a line for *message*: who, its id, and its link."""
        text = message.get_content()
        link = next(word for word in text.split() if word.startswith("https://"))
        line = json.dumps([recipient, str(message["Message-ID"]), link])
        os.write(self._file, line.encode() + b"\n")
        return Receipt(Outcome.ACCEPTED, "written")

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def work(place: Place, later: timedelta, what: str) -> None:
    """Do what is left of one part of the life."""
    guard = place.guard(later)
    campaigns = guard.campaigns
    if not campaigns.every():
        # All hold one plan; it is started once.
        with suppress(CampaignStateError):
            campaigns.start(place.plans[0])
    campaign_id = campaigns.every()[0].id
    if what == "close":
        campaigns.close_dormant(campaign_id, after=timedelta(days=30))
        return
    campaigns.sweep(campaign_id, worker=f"worker {os.getpid()}")
    if what == "remind":
        campaigns.remind(campaign_id)
    campaigns.send(
        campaign_id,
        Ledger(place.ledger),
        worker=f"worker {os.getpid()}",
        margin=timedelta(milliseconds=250),
    )


def is_done(guard: CredGuard, what: str) -> bool:
    """Return True if nothing is left of a part."""
    every = guard.campaigns.every()
    if not every or every[0].state is not CampaignState.WAITING:
        return False
    status = guard.campaigns.status(every[0].id)
    if what == "close":
        return status.counts.get(AccountState.DORMANT_CLOSED, 0) == status.in_scope
    # In this order: whoever queues reminders in between is seen to have them waiting.
    if what == "remind" and not _is_reminded(guard):
        return False
    return not guard.campaigns.sending(every[0].id).waiting


def _is_reminded(guard: CredGuard) -> bool:
    """Return True if everybody who was told has a reminder as well."""
    query = select(notice.c.kind, func.count()).group_by(notice.c.kind)
    with guard._database.read() as connection:  # noqa: SLF001  # the trial looks in
        counts = {str(row[0]): int(row[1]) for row in connection.execute(query)}
    return counts.get("remind1", 0) >= counts["first"]


@dataclass
class Crowd:
    """Processes of which one after the other is killed."""

    place: Place
    workers: int
    draw: random.Random
    kills: int = 0
    errors: Counter[str] = field(default_factory=Counter)

    def play(self, later: timedelta, what: str, most: int) -> None:
        """Let the crowd do one part, with up to *most* kills."""
        guard, ends = self.place.guard(later), dict[int, float]()
        most += self.kills
        while True:
            while len(ends) < self.workers:
                life = self.draw.uniform(0.02, LONGEST_LIFE)
                ends[self._fork(later, what)] = time.monotonic() + life
            time.sleep(0.005)
            for child, end in list(ends.items()):
                if self._is_over(child, self.kills < most and time.monotonic() > end):
                    del ends[child]
            if len(ends) < self.workers and is_done(guard, what):
                break
        for child in ends:
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)

    def _is_over(self, child: int, is_due: bool) -> bool:  # noqa: FBT001  # two plain
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            if os.waitstatus_to_exitcode(status):
                self.errors[f"exit {os.waitstatus_to_exitcode(status)}"] += 1
            return True
        if is_due:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            self.kills += 1
        return is_due

    def _fork(self, later: timedelta, what: str) -> int:
        child = os.fork()
        if child:
            return child
        try:
            work(self.place, later, what)
        except UnavailableError:
            os._exit(0)  # the next one tries again
        except CredguardError as error:
            print(f"  {type(error).__name__}: {error}", flush=True)
            os._exit(2)
        except BaseException as error:  # noqa: BLE001  # told by the exit status
            print(f"  {type(error).__name__}: {error}", flush=True)
            os._exit(3)
        os._exit(0)


def check(place: Place, crowd: Crowd) -> dict[str, object]:
    """Return what came of it, and FAULTs where something is not as it must be."""
    guard = place.guard(timedelta(days=61))
    campaign_id = guard.campaigns.every()[0].id
    status = guard.campaigns.status(campaign_id)
    lines = [json.loads(line) for line in place.ledger.read_text().splitlines()]
    by_id: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for recipient, name, link in lines:
        by_id[name].add((recipient, link))
    per_person = Counter(recipient for each in by_id.values() for recipient, _ in each)
    copies = len(lines) - len(by_id)
    records = audit.verify(
        Database(place.url, ours=False), Keyring.parse(place.keyring)
    )
    figures: dict[str, object] = {
        "kills": crowd.kills,
        "accounts": status.accounts,
        "messages": len(by_id),
        "copies": copies,
        "audit records, verified": records.number,
    }
    faults = {
        "counts do not add up": not status.adds_up,
        "somebody is lost": len(set(per_person.values())) > 1
        or any(count != 2 for count in per_person.values()),
        "more copies than kills": copies > crowd.kills,
        "a copy is another message": any(len(each) > 1 for each in by_id.values()),
        "campaigns": len(guard.campaigns.every()) != 1,
        **dict.fromkeys(crowd.errors, True),
    }
    figures |= {f"FAULT {name}": "" for name, is_one in faults.items() if is_one}
    return figures


def main() -> int:
    """Read the arguments, play, check, and print; return 1 if there is a FAULT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--database", default="sqlite", metavar="URL")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    # Small pieces, so that a kill finds work in any state.
    retiring.RANGE_SIZE = min(100, max(10, asked.accounts // 10))
    retiring.RANGE_LEASE = timedelta(milliseconds=500)
    pacing.BATCH_LASTS = timedelta(milliseconds=200)
    awaiting.GLANCE = retiring._GLANCE = timedelta(milliseconds=50)  # noqa: SLF001
    began, at = time.monotonic(), datetime.now().astimezone()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.database
        if url == "sqlite":
            url = f"sqlite:///{Path(folder) / 'forum.db'}"
        table = UserTable(url, asked.accounts)
        table.make()
        place = Place(url, Keyring.generate().reveal(), Path(folder) / "ledger")
        policy = NoticePolicy(reminder_days=(3,))
        planner = place.guard(timedelta(0)).campaigns
        place.plans.append(
            planner.plan(everyone, letter=LETTER, rate=RATE, notices=policy)
        )
        crowd = Crowd(place, asked.workers, random.Random(asked.seed))
        try:
            for (later, what), share in zip(LIFE, (0.6, 0.35, 0.05), strict=True):
                crowd.play(later, what, round(asked.kills * share))
            figures = check(place, crowd)
        finally:
            table.drop()
    print(f"{at:%Y-%m-%d %H:%M}, {asked.workers} workers, {asked.database}")
    for name, figure in figures.items():
        print(f"  {name:<44} {figure!s:>12}")
    print(f"  {'seconds':<44} {time.monotonic() - began:>12.1f}")
    return int(any(name.startswith("FAULT") for name in figures))


if __name__ == "__main__":
    sys.exit(main())
