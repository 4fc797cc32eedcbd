"""Measure several things in turns, so that a busy moment meets all of them."""

import gc
import random
import time
from collections.abc import Callable, Mapping


def interleaved(
    works: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Return what *clock* showed for each, round by round, in random order."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    draw = random.Random(0)
    gc.disable()
    for _ in range(rounds):
        for name in draw.sample(list(works), len(works)):
            started = clock()
            works[name]()
            taken[name].append(clock() - started)
    gc.enable()
    return taken
