"""What a work factor costs on this machine, at rest and with all permits in use."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from statistics import median

from credguard.passwords.calibration import Candidate, Measurement
from credguard.passwords.phc import SALT_BYTES
from credguard.passwords.pool import Argon2Pool

LONG_ENOUGH = timedelta(seconds=1)  # for each of the two measurements
MIN_RUNS = 3  # of each thread, however long they take

_PATIENCE = timedelta(minutes=5)
_PASSWORD = b"correct horse battery staple"
_SALT = bytes(SALT_BYTES)


def measure(
    candidate: Candidate,
    *,
    long_enough: timedelta = LONG_ENOUGH,
    clock: Callable[[], float] = time.perf_counter,
) -> Measurement:
    """
    Compute as `PasswordHasher` would, alone and then in one thread a permit.

    Args:
        candidate: What to measure.

        long_enough: How long each of the two goes on, if that is three runs at least.

        clock: Seconds since whenever.

    Returns:
        Medians, and the rate under load.

    Raises:
        BusyError: The machine has not the memory, or not the threads.
    """
    pool = Argon2Pool(
        permits=candidate.permits,
        patience=_PATIENCE,
        buffer_kib=candidate.work_factor.memory_kib,
    )
    # The first time each permit is used, the system has to find its memory.
    _load(pool, candidate, 0.0, clock)
    seconds = long_enough.total_seconds()
    at_rest = _times(pool, candidate, seconds, clock)
    started = clock()
    under_load = _load(pool, candidate, seconds, clock)
    took = clock() - started
    return Measurement(
        candidate=candidate,
        at_rest=timedelta(seconds=median(at_rest)),
        under_load=timedelta(seconds=median(under_load)),
        logins_per_second=len(under_load) / took,
    )


def _load(
    pool: Argon2Pool, candidate: Candidate, seconds: float, clock: Callable[[], float]
) -> list[float]:
    """Return how long each computation took while all permits were in use."""
    with ThreadPoolExecutor(candidate.permits) as threads:
        running = [
            threads.submit(_times, pool, candidate, seconds, clock)
            for _ in range(candidate.permits)
        ]
        return [took for times in running for took in times.result()]


def _times(
    pool: Argon2Pool, candidate: Candidate, seconds: float, clock: Callable[[], float]
) -> list[float]:
    """Return how long each computation took in one thread."""
    times: list[float] = []
    last = started = clock()
    while len(times) < MIN_RUNS or last - started < seconds:
        with pool.permit() as permit:
            permit.compute(_PASSWORD, salt=_SALT, work_factor=candidate.work_factor)
        now = clock()
        times.append(now - last)
        last = now
    return times
