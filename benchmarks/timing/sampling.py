"""Take samples in turns, and say which sets of them differ."""

import gc
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, median, variance

CONTROL = "no account, again"
REFERENCE = "no account"
WARM_UP = 5
KEPT = 0.95  # the slowest samples are the machine's doing
MOST_APART = 0.10  # of a median; over a network this is lost in what the network does
# Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?", DATE 2017: above
# it two sets differ, where samples take turns.
MOST_T = 4.5

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


@dataclass(frozen=True, slots=True)
class Difference:
    """
    How far the samples of a class are from those of the reference.

    Attributes:
        apart: What its median is above the other one, as a share of that.
        t: Welch's t of the two, without the slowest samples.
    """

    apart: float
    t: float

    def is_told_apart(self, noise: float = 0.0) -> bool:
        """Return True if either is above its limit, the median by more than *noise*."""
        return abs(self.apart) > MOST_APART + noise or abs(self.t) >= MOST_T


def differences(taken: Mapping[str, list[float]]) -> dict[str, Difference]:
    """Return how far each class is from the accounts that do not exist."""
    reference = taken[REFERENCE]
    return {
        name: Difference(
            median(times) / median(reference) - 1, welch(_kept(times), _kept(reference))
        )
        for name, times in taken.items()
        if name != REFERENCE
    }


def report(taken: Mapping[str, list[float]]) -> None:
    """Print each class beside the accounts that do not exist."""
    found = {REFERENCE: Difference(0.0, 0.0), **differences(taken)}
    print(f"  {'':32}{'median':>11}{'of no account':>15}{'Welch t':>9}")
    for name, times in taken.items():
        each = found[name]
        line = f"  {name:32}{median(times) * 1e3:8.3f} ms{1 + each.apart:15.3f}"
        print(f"{line}{each.t:9.2f}")
    others = {name: each.apart for name, each in found.items() if name != CONTROL}
    worst = max(others, key=lambda name: abs(others[name]))
    noise = abs(found[CONTROL].apart)
    print(f"  furthest: {worst}, {others[worst]:+.1%}   noise: {noise:.1%}")


def _kept(times: list[float]) -> list[float]:
    return sorted(times)[: max(2, int(len(times) * KEPT))]
