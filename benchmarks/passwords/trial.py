"""
One measurement of one library: run in a process of its own, which prints JSON.

Memory that was used once may stay in a process for ever, and warm for whoever comes
next. Nothing is imported here that the library does not need.
"""

import json
import sys
import threading
import time

from benchmarks.passwords.peers import PASSWORD, PEERS, Cost, Verify

LOG_INS = 32
NOT_INSTALLED = 3


def flood(verify: Verify, stored: str) -> dict[str, float]:
    """Verify once in each of many threads that begin together."""
    before = peak_mib()
    begin = threading.Barrier(LOG_INS + 1)
    answered: list[float] = []

    def log_in() -> None:
        begin.wait()
        assert verify(PASSWORD, stored)
        answered.append(time.perf_counter())

    threads = [threading.Thread(target=log_in) for _ in range(LOG_INS)]
    for thread in threads:
        thread.start()
    used = time.process_time()
    begin.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    used = time.process_time() - used
    waited = sorted(instant - started for instant in answered)
    assert len(waited) == LOG_INS
    return {
        "peak": peak_mib(),
        "before": before,
        "first": waited[0],
        "half": waited[LOG_INS // 2],
        "all": waited[-1],
        "cpu": used / LOG_INS,
    }


def steady(verify: Verify, stored: str, *, threads: int, each: int) -> dict[str, float]:
    """Verify again and again in threads that were there before, as in a web server."""
    warm = threading.Barrier(threads + 1)

    def log_in() -> None:
        verify(PASSWORD, stored)
        verify(PASSWORD, stored)
        warm.wait()
        for _ in range(each):
            assert verify(PASSWORD, stored)

    running = [threading.Thread(target=log_in) for _ in range(threads)]
    for thread in running:
        thread.start()
    warm.wait()
    used, started = time.process_time(), time.perf_counter()
    for thread in running:
        thread.join()
    verifies = threads * each
    return {
        "cpu": (time.process_time() - used) / verifies,
        "wall": (time.perf_counter() - started) / verifies,
    }


def peak_mib() -> float:
    """Return the largest amount of memory that was resident so far (proc(5))."""
    with open("/proc/self/status", encoding="ascii") as file:  # noqa: PTH123  # lighter
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    message = "the kernel does not tell"
    raise OSError(message)


def main() -> None:
    name, stored, kind = sys.argv[1:4]
    numbers = [int(text) for text in sys.argv[4:]]
    cost: Cost = (numbers[0], numbers[1], numbers[2])
    try:
        verify = PEERS[name](cost)
    except ImportError:
        sys.exit(NOT_INSTALLED)
    if kind == "flood":
        figures = flood(verify, stored)
    else:
        figures = steady(verify, stored, threads=numbers[3], each=numbers[4])
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
