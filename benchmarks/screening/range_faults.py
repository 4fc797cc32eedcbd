"""Every fault of the tests' servers: how far past its deadline a look-up answers."""

import asyncio
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from credguard.screening import RangeService, Unasked

DEADLINE = 1.0
THREADS = 50
LARGEST_DELAY = 0.05


def run() -> None:
    """Print the latest answer for each way of asking, over all faults."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "screening"))
    from faulty_ranges import LISTED, SLOW, WRONG, FaultyRangeServer  # noqa: PLC0415

    faults = SLOW | {name: fault for name, (_, fault) in WRONG.items()}
    print(f"\n## {len(faults)} faults, a deadline of {DEADLINE} s\n")
    for way, ask in (("alone", _alone), ("threads", _threads), ("tasks", _tasks)):
        latest, of = 0.0, ""
        for name, fault in faults.items():
            with FaultyRangeServer(fault) as server:
                service = RangeService(
                    server.url, deadline=timedelta(seconds=DEADLINE), at_once=THREADS
                )
                with closing(service):
                    took = ask(lambda service=service: _checked(service, LISTED))
            if took > latest:
                latest, of = took, name
        print(f"{way:8} latest answer {(latest - DEADLINE) * 1000:+6.1f} ms ({of})")


def _checked(service: RangeService, password: str) -> float:
    started = time.monotonic()
    assert isinstance(service.look_up(password), Unasked)
    return time.monotonic() - started


def _alone(ask: Callable[[], float]) -> float:
    return ask()


def _threads(ask: Callable[[], float]) -> float:
    with ThreadPoolExecutor(THREADS) as pool:
        return max(each.result() for each in [pool.submit(ask) for _ in range(THREADS)])


def _tasks(ask: Callable[[], float]) -> float:
    async def gather() -> list[float]:
        return list(await asyncio.gather(*(asyncio.to_thread(ask) for _ in range(8))))

    return max(asyncio.run(gather()))
