"""How long a plan takes, how long until the gate is in force, and in what memory."""

import resource
import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median
from typing import TypeVar

from benchmarks.campaigns.tables import COLUMNS, TABLE, UserTable
from credguard import CredGuard, Keyring, PasswordHasher
from credguard._clock import system_clock
from credguard.accounts import Columns, SqlAccounts
from credguard.campaigns import (
    LetterTemplate,
    created_before,
    everyone,
    parse_scope,
)
from credguard.campaigns import confirming
from credguard.campaigns.confirming import FRESH
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
_KEYRING = Keyring.generate()


def open_guard(table: UserTable, *, ahead: timedelta = timedelta(0)) -> CredGuard:
    """Return the door of a process whose clock is *ahead*."""
    return CredGuard(
        keyring=_KEYRING,
        database=table.url,
        accounts=SqlAccounts(table.url, table=TABLE, columns=Columns(**COLUMNS)),
        passwords=PasswordHasher(work_factor=CHEAPEST, accept=DJANGO),
        clock=lambda: system_clock() + ahead,
    )


def run(table: UserTable) -> None:
    """Measure on a table that is made; print one line for each figure."""
    guard = open_guard(table)
    print(f"\n{'scope':<12}{'in scope':>11}{'plan s':>9}{'count s':>9}{'peak MB':>9}")
    for name, written in SCOPES.items():
        scope = parse_scope(written)
        seconds, plan = _timed(lambda s=scope: guard.campaigns.plan(s, letter=LETTER))
        again, _ = _timed(lambda p=plan: confirming.recount(guard.campaigns._means, p))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        count = plan.tally.in_scope
        print(f"{name:<12}{count:>11,}{seconds:>9.2f}{again:>9.2f}{memory:>9.0f}")
    _print_openings(table, guard)


def _print_openings(table: UserTable, guard: CredGuard) -> None:
    """Open campaigns again and again; look from another process's door."""
    fresh, looks = [], []
    for number in range(OPENINGS):
        scope = created_before(system_clock() - timedelta(days=number))
        plan = guard.campaigns.plan(scope, letter=LETTER)
        other = open_guard(table)
        other.campaigns.rule("2", stored="!")  # connected, as a forum's process is
        seconds, campaign = _timed(lambda p=plan: guard.campaigns.start(p))
        fresh.append(seconds)
        look, ruling = _timed(lambda o=other: o.campaigns.rule("2", stored="x"))
        assert ruling.campaign_id == campaign
        looks.append(look)
        guard.campaigns.abort(campaign, reason="measured")
    print(
        f"\nstart() to gate in force, plan just made: median {median(fresh) * 1000:.1f} ms, "
        f"most {max(fresh) * 1000:.1f} ms"
    )
    print(f"a log-in's look at the gate: median {median(looks) * 1000:.1f} ms")
    plan = guard.campaigns.plan(everyone, letter=LETTER)
    later = open_guard(table, ahead=FRESH + timedelta(minutes=1))
    seconds, campaign = _timed(lambda: later.campaigns.start(plan))
    print(f"start() of an older plan, counted again: {seconds * 1000:.0f} ms")
    later.campaigns.abort(campaign, reason="measured")


def _timed(act: Callable[[], T]) -> tuple[float, T]:
    started = time.perf_counter()
    found = act()
    return time.perf_counter() - started, found
