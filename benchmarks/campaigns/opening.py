"""How long a plan takes, how long until the gate is in force, and in what memory."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from statistics import median
from typing import TypeVar

from benchmarks.campaigns.tables import COLUMNS, TABLE, UserTable
from sqlalchemy import text

from credguard import CredGuard, Keyring, PasswordHasher
from credguard._clock import system_clock
from credguard.accounts import Columns, SqlAccounts
from credguard.campaigns import (
    LetterTemplate,
    confirming,
    parse_scope,
)
from credguard.campaigns.confirming import FRESH
from credguard.campaigns.means import Means
from credguard.passwords import CHEAPEST, DJANGO

T = TypeVar("T")

LETTER = LetterTemplate(
    site="Forum",
    reason="A measurement.",
    sender_name="Forum",
    sender_address="help@forum.example",
    link="https://forum.example/reset#{token}",
)
SCOPES = {
    "everyone": "everyone",
    "by dates": "created_before('2022-01-01') and not logged_in_between("
    "'2024-01-01', '2024-06-01') and not staff",
    "by hash": "cost_below('owasp')",
    "by domain": "mail_domain('gmail.example')",
}
OPENINGS = 5
KEYRING = Keyring.generate()


def open_guard(
    table: UserTable,
    *,
    ahead: timedelta = timedelta(0),
    keyring: Keyring = KEYRING,
) -> CredGuard:
    """Return the door of a process whose clock is *ahead*."""
    return CredGuard(
        keyring=keyring,
        database=table.url,
        accounts=SqlAccounts(table.url, table=TABLE, columns=Columns(**COLUMNS)),
        passwords=PasswordHasher(work_factor=CHEAPEST, accept=DJANGO),
        clock=lambda: system_clock() + ahead,
    )


def run(table: UserTable) -> None:
    """Measure on a table that is made; print one line for each figure."""
    guard = open_guard(table)
    reading = _timed(lambda: _read_through(table))[0]
    print(f"\nreading the table's columns through: {reading.shown}")
    heads = ("scope", "in scope", "plan", "CPU", "to reading", "count", "peak MB")
    print(" ".join(f"{head:>11}" for head in heads))
    for name, written in SCOPES.items():
        scope = parse_scope(written)
        planned, plan = _timed(partial(guard.campaigns.plan, scope, letter=LETTER))
        counted, _ = _timed(partial(confirming.recount, means_of(guard), plan))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{name:>11} {plan.tally.in_scope:>11,} {planned.wall:>9.2f} s "
            f"{planned.cpu:>9.2f} s {planned.wall / reading.wall:>10.1f}x "
            f"{counted.wall:>9.2f} s {memory:>11.0f}"
        )
    _print_openings(table, guard)


def _print_openings(table: UserTable, guard: CredGuard) -> None:
    """Open campaigns again and again; look from another process's door."""
    plan = guard.campaigns.plan(parse_scope(SCOPES["everyone"]), letter=LETTER)
    other = open_guard(table)
    other.campaigns.rule("2", stored="!")  # connected, as a forum's process is
    fresh, looks = [], []
    for number in range(OPENINGS):
        # Another plan, as if it had been made at another instant.
        again = replace(plan, made_at=system_clock() - timedelta(microseconds=number))
        opened, campaign = _timed(partial(guard.campaigns.start, again))
        looked, ruling = _timed(partial(other.campaigns.rule, "2", stored="x"))
        assert ruling.campaign_id == campaign
        fresh.append(opened.wall)
        looks.append(looked.wall)
        guard.campaigns.abort(campaign, reason="measured")
    print(
        f"\nstart() to gate in force, plan just made: median "
        f"{median(fresh) * 1000:.1f} ms, most {max(fresh) * 1000:.1f} ms"
    )
    print(f"a log-in's look at the gate: median {median(looks) * 1000:.1f} ms")
    later = open_guard(table, ahead=FRESH + timedelta(minutes=1))
    opened, campaign = _timed(partial(later.campaigns.start, plan))
    print(f"start() of an older plan, counted again: {opened.wall * 1000:.0f} ms")
    later.campaigns.abort(campaign, reason="measured")


def _read_through(table: UserTable) -> int:
    """Read what a dry run reads, a page at a time, and do nothing with it."""
    columns, last, count = ", ".join(COLUMNS.values()), 0, 0
    query = text(
        f"SELECT {columns} FROM {TABLE} WHERE id > :last ORDER BY id LIMIT 5000"  # noqa: S608  # our names
    )
    with table.engine().connect() as connection:
        while page := connection.execute(query, {"last": last}).all():
            last, count = page[-1].id, count + len(page)
    return count


def means_of(guard: CredGuard) -> Means:
    """Return what a guard's campaigns work with."""
    means: Means = vars(guard.campaigns)["_means"]
    return means


@dataclass(frozen=True)
class Spent:
    """What something took, in seconds; CPU is this process's alone."""

    wall: float
    cpu: float

    @property
    def shown(self) -> str:
        """Both, to be read."""
        return f"{self.wall:.2f} s, {self.cpu:.2f} s of it CPU here"


def _timed(act: Callable[[], T]) -> tuple[Spent, T]:
    wall, cpu = time.perf_counter(), time.process_time()
    found = act()
    return Spent(time.perf_counter() - wall, time.process_time() - cpu), found
