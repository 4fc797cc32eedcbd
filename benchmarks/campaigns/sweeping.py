"""How long a sweep takes, beside what a forum's operator would write instead."""

import multiprocessing
import resource
import sys
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.campaigns import peers
from benchmarks.campaigns.opening import KEYRING, LETTER, means_of, open_guard
from benchmarks.campaigns.tables import TABLE, UserTable
from sqlalchemy import text

from credguard import CredGuard, Keyring
from credguard.campaigns import filling, parse_scope, waves

TARGETS = {"sqlite": 10, "postgresql": 60}  # seconds for 1.5 million


def run(table: UserTable, *, workers: int, is_alone: bool) -> None:
    """Print what sweeping everybody takes, and notices, and Django's own means."""
    before = _bytes(table)
    guard, campaign = _started(table)
    opened = _bytes(table)
    took, spent = _sweep(table, workers, campaign)
    target = TARGETS.get(table.engine().dialect.name, 0) * table.accounts / 1_500_000
    print(
        f"\nsweep, {workers} worker(s): {took:.1f} s (target {target:.1f}), "
        f"{table.accounts / took:,.0f} accounts a second; "
        f"CPU of the workers {spent.cpu / table.accounts * 1e6:.1f} microseconds an "
        f"account; peak {spent.peak:.0f} MB"
    )
    print(
        f"bytes an account: {before / table.accounts:.0f} before, "
        f"{(_bytes(table) - opened) / table.accounts:.0f} more by the sweep"
    )
    if not is_alone:
        _go_on(table, guard, campaign, took)


def _go_on(table: UserTable, guard: CredGuard, campaign: str, took: float) -> None:
    """Print what comes after a sweep that *took* so many seconds, and the peers."""
    swept, means = _bytes(table), means_of(guard)
    record = guard.campaigns.find(campaign)
    for name, act in (("queue", filling.fill), ("place", waves.sort)):
        started, cpu = time.perf_counter(), time.process_time()
        act(means, record)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        print(
            f"{name} the notices: {seconds:.1f} s, {table.accounts / seconds:,.0f} a "
            f"second; CPU here {cpu / table.accounts * 1e6:.1f} microseconds each"
        )
    print(f"bytes a notice: {(_bytes(table) - swept) / table.accounts:.0f}")
    if table.engine().dialect.name not in TARGETS:
        return
    for name, seconds in peers.run(table).items():
        print(f"  {name:40} {seconds:8.1f} s   {seconds / took:6.1f} times ours")


def _started(table: UserTable) -> tuple[CredGuard, str]:
    guard = open_guard(table, keyring=KEYRING)
    plan = guard.campaigns.plan(parse_scope("everyone"), letter=LETTER)
    return guard, guard.campaigns.start(plan)


def _sweep(table: UserTable, workers: int, campaign: str) -> tuple[float, "_Spent"]:
    spawn = multiprocessing.get_context("spawn")
    each = [(table, KEYRING.reveal(), campaign, str(at)) for at in range(workers)]
    with spawn.Pool(workers) as pool:
        pool.map(_imported, range(workers))  # a worker on duty has started already
        started = time.perf_counter()
        spent = pool.starmap(_work, each, chunksize=1)
        took = time.perf_counter() - started
    with table.engine().connect() as connection:
        retired = connection.execute(
            text(f"SELECT count(*) FROM {TABLE} WHERE password LIKE 'cgretired1:%'")  # noqa: S608  # our name
        ).scalar_one()
    if retired != table.accounts:
        message = f"{retired} of {table.accounts} are retired"
        raise AssertionError(message)
    cpu, peak = sum(one.cpu for one in spent), max(one.peak for one in spent)
    return took, _Spent(cpu, peak)


class _Spent(NamedTuple):
    """Seconds of CPU, and the largest memory in megabytes."""

    cpu: float
    peak: float


def _bytes(table: UserTable) -> int:
    """Return what the whole database takes on the disk."""
    ask = {
        "postgresql": "SELECT pg_database_size(current_database())",
        "mariadb": "SELECT sum(data_length + index_length) FROM "
        "information_schema.tables WHERE table_schema = database()",
    }
    engine = table.engine()
    if engine.dialect.name == "sqlite":
        return Path(str(engine.url.database)).stat().st_size
    with engine.connect() as connection:
        return int(connection.execute(text(ask[engine.dialect.name])).scalar_one())


def _imported(number: int) -> int:
    return number


def _work(table: UserTable, line: str, campaign: str, name: str) -> _Spent:
    begun = time.process_time()
    guard = open_guard(table, keyring=Keyring.parse(line))
    guard.campaigns.sweep(campaign, worker=f"worker {name}")
    # Kilobytes on Linux, bytes on macOS.
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    used = resource.getrusage(resource.RUSAGE_SELF)
    return _Spent(time.process_time() - begun, used.ru_maxrss / unit)
