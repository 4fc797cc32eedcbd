"""A million seeds under a new key, with log-ins going on, and one kill on the way."""

import multiprocessing
import tempfile
import time
from multiprocessing.synchronize import Event
from pathlib import Path

from benchmarks.second_factors.population import NOW, code_of, fill, name_of

from credguard.errors import CredguardError
from credguard.keys import Keyring
from credguard.second_factor import SecondFactors, resealing
from credguard.storage import Database

COUNT = 1_000_000
LOG_INS = 40_000  # accounts that people log in to meanwhile, spread over the table
WORKERS = 2


def factors_at(path: Path, line: str) -> SecondFactors:
    database = Database(f"sqlite:///{path}")
    return SecondFactors(
        database, Keyring.parse(line), issuer="Forum", clock=lambda: NOW
    )


def log_in(
    path: Path, line: str, ended: Event, told: "multiprocessing.Queue[dict[str, float]]"
) -> None:
    """Log in to one account after the other until the end; say how it went."""
    factors, failed, waits = factors_at(path, line), 0, []
    for number in range(LOG_INS):
        if ended.is_set():
            break
        account = number * (COUNT // LOG_INS) % COUNT
        code = code_of(account)
        began = time.monotonic()
        try:
            factors.verify(name_of(account), code)
        except CredguardError as error:
            print(f"  a log-in failed: {type(error).__name__}")
            failed += 1
        waits.append(time.monotonic() - began)
        time.sleep(0.002)
    waits.sort()
    told.put(
        {
            "log-ins": len(waits),
            "failed": failed,
            "median": waits[len(waits) // 2],
            "p99": waits[len(waits) * 99 // 100],
        }
    )


def work(path: Path, line: str, name: str) -> None:
    # The clock must run for leases; the factors' own stands still.
    database = Database(f"sqlite:///{path}")
    factors = SecondFactors(database, Keyring.parse(line), issuer="Forum")
    factors.reseal(worker=name)


def run() -> None:
    keyring = Keyring.generate()
    rotated = keyring.rotate()
    line = rotated.reveal()
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "factors.db"
        database = fill(path, keyring, COUNT)
        print(
            f"\nRe-sealing {COUNT:,} seeds on SQLite, batches of {resealing.BATCH_SIZE}"
        )
        ended, told = spawn.Event(), spawn.Queue()
        people = spawn.Process(target=log_in, args=(path, line, ended, told))
        people.start()
        began = time.monotonic()
        killed = spawn.Process(target=work, args=(path, line, "killed"))
        killed.start()
        time.sleep(3)
        killed.kill()
        killed.join()
        after_kill = factors_at(path, line).key_counts()
        print(f"  after kill -9: {after_kill.get(rotated.current.id, 0):,} are done")
        workers = [
            spawn.Process(target=work, args=(path, line, f"worker {number}"))
            for number in range(WORKERS)
        ]
        for worker in workers:
            worker.start()
        _wait_for_the_rest(path, line)
        seconds = time.monotonic() - began
        ended.set()
        figures = told.get(timeout=60)
        people.join()
        for worker in workers:
            worker.join()
        left = factors_at(path, line).key_counts()
        database.close()
    print(f"  all done after {seconds:.1f} s: {COUNT / seconds:,.0f} rows a second")
    print(f"  seeds under the old key: {left.get(keyring.current.id, 0)}")
    print(
        f"  log-ins meanwhile: {figures['log-ins']:,}, failed: {figures['failed']}, "
        f"median {figures['median'] * 1e3:.1f} ms, p99 {figures['p99'] * 1e3:.1f} ms"
    )


def _wait_for_the_rest(path: Path, line: str) -> None:
    """Wait until nothing is under an older key, the killed worker's range too."""
    factors = factors_at(path, line)
    while len(factors.key_counts()) > 1:
        time.sleep(0.5)
