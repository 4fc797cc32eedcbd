"""Take samples in turns, and say whether two sets of them differ."""

import gc
import random
import time
from collections.abc import Callable, Mapping
from math import sqrt
from statistics import fmean, median, variance

CONTROL = "no account, again"
REFERENCE = "no account"
WARM_UP = 5
KEPT = 0.95  # the slowest samples are the machine's doing

Work = Callable[[int], object]
"""Does one thing for the sample of this number."""


def sampled(works: Mapping[str, Work], samples: int) -> dict[str, list[float]]:
    """Return the seconds that each work took, sample by sample."""
    draw = random.Random()
    taken: dict[str, list[float]] = {name: [] for name in works}
    gc.collect()
    gc.disable()
    for number in range(samples + WARM_UP):
        for name in draw.sample(list(works), len(works)):
            begun = time.perf_counter()
            works[name](number)
            ended = time.perf_counter()
            if number >= WARM_UP:
                taken[name].append(ended - begun)
    gc.enable()
    return taken


def welch(one: list[float], other: list[float]) -> float:
    """
    Return Welch's t of two samples.

    Source:
        Welch, "The generalization of Student's problem when several different
        population variances are involved", Biometrika 34 (1947).
    """
    spread = variance(one) / len(one) + variance(other) / len(other)
    return (fmean(one) - fmean(other)) / sqrt(spread) if spread else 0.0


def report(taken: Mapping[str, list[float]]) -> None:
    """Print each class beside the accounts that do not exist."""
    reference = _kept(taken[REFERENCE])
    print(f"  {'':32}{'median':>11}{'of no account':>15}{'Welch t':>9}")
    for name, times in taken.items():
        kept = _kept(times)
        ratio = median(times) / median(taken[REFERENCE])
        t = welch(kept, reference)
        print(f"  {name:32}{median(times) * 1e3:8.3f} ms{ratio:15.3f}{t:9.2f}")
    ratios = {
        name: median(times) / median(taken[REFERENCE]) for name, times in taken.items()
    }
    noise = abs(ratios.pop(CONTROL) - 1)
    worst = max(ratios, key=lambda name: abs(ratios[name] - 1))
    print(f"  furthest: {worst}, {ratios[worst] - 1:+.1%}   noise: {noise:.1%}")


def _kept(times: list[float]) -> list[float]:
    return sorted(times)[: max(2, int(len(times) * KEPT))]
