"""How long a sweep takes, beside what a forum's operator would write instead."""

import multiprocessing
import resource
import sys
import time

from benchmarks.campaigns import peers
from benchmarks.campaigns.opening import LETTER, open_guard
from benchmarks.campaigns.tables import TABLE, UserTable
from sqlalchemy import text

from credguard import Keyring
from credguard.campaigns import parse_scope

TARGETS = {"sqlite": 10, "postgresql": 60}  # seconds for 1.5 million


def run(table: UserTable, *, workers: int) -> None:
    """Print what sweeping everybody takes, and the same by Django's means."""
    took, peak = _sweep(table, workers)
    target = TARGETS.get(table.engine().dialect.name, 0) * table.accounts / 1_500_000
    print(
        f"\nsweep, {workers} worker(s): {took:.1f} s (target {target:.0f}), "
        f"{table.accounts / took:,.0f} accounts a second, peak {peak:.0f} MB"
    )
    if table.engine().dialect.name not in TARGETS:
        return
    for name, seconds in peers.run(table).items():
        print(f"  {name:40} {seconds:8.1f} s   {seconds / took:6.1f} times ours")


def _sweep(table: UserTable, workers: int) -> tuple[float, float]:
    keyring = Keyring.generate()
    guard = open_guard(table, keyring=keyring)
    plan = guard.campaigns.plan(parse_scope("everyone"), letter=LETTER)
    campaign = guard.campaigns.start(plan)
    spawn = multiprocessing.get_context("spawn")
    each = [(table, keyring.reveal(), campaign, str(at)) for at in range(workers)]
    with spawn.Pool(workers) as pool:
        pool.map(_imported, range(workers))  # a worker on duty has started already
        started = time.perf_counter()
        peaks = pool.starmap(_work, each, chunksize=1)
        took = time.perf_counter() - started
    with table.engine().connect() as connection:
        retired = connection.execute(
            text(f"SELECT count(*) FROM {TABLE} WHERE password LIKE 'cgretired1:%'")  # noqa: S608  # our name
        ).scalar_one()
    if retired != table.accounts:
        message = f"{retired} of {table.accounts} are retired"
        raise AssertionError(message)
    return took, max(peaks)


def _imported(number: int) -> int:
    return number


def _work(table: UserTable, line: str, campaign: str, name: str) -> float:
    guard = open_guard(table, keyring=Keyring.parse(line))
    guard.campaigns.sweep(campaign, worker=f"worker {name}")
    # Kilobytes on Linux, bytes on macOS.
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
