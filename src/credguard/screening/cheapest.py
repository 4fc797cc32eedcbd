"""
The cheapest way for an attacker to put a password together from what is in it.

The same minimum as zxcvbn's scorer finds, by the same sums in the same order. The
library computes each of the many candidates exactly; here a comparison of floats
passes over those that are clearly dearer, which is nearly all of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import factorial, inf

from credguard.screening.patterns import Match

PER_PART = 10_000
"""What an attacker tries before sequences with one part more."""

_CLEARLY = 1 + 1e-9  # a float is off by 1e-15 at most after a few operations
_CHARACTER = 10
_ONE_CHARACTER = 11  # one more than the library's least for a part of one character


@dataclass(frozen=True, slots=True)
class _Way:
    """
    A way to put a beginning of the text together from so many parts.

    Attributes:
        guesses: What it costs in all.

        product: What its parts cost, multiplied.

        last: Its last part.
    """

    guesses: Decimal
    product: Decimal
    last: Match


@dataclass(slots=True)
class _Ways:
    """
    The best ways to put one beginning of the text together.

    Attributes:
        by_parts: A way for each number of parts that is worth while.

        least: By number of parts, the guesses of the cheapest with no more of them.
    """

    by_parts: dict[int, _Way] = field(default_factory=dict)
    least: list[float] = field(default_factory=list)

    def offer(self, parts: int, product: Decimal, last: Match) -> None:
        """Take a way unless one with no more parts is as cheap."""
        guesses = factorial(parts) * product + PER_PART ** (parts - 1)
        for fewer, way in self.by_parts.items():
            if fewer <= parts and way.guesses <= guesses:
                return
        self.by_parts[parts] = _Way(guesses, product, last)
        about = float(guesses)
        for more in range(parts, len(self.least)):
            self.least[more] = min(self.least[more], about)

    def to_go_on(self) -> list[tuple[int, Decimal, float]]:
        """Return what single characters may follow, with about what it costs then."""
        return [
            (parts + 1, way.product, float(factorial(parts + 1) * way.product))
            for parts, way in self.by_parts.items()
            # Two runs of characters side by side are one run.
            if way.last["pattern"] != "bruteforce"
        ]


def cheapest(text: str, matches: Sequence[Match]) -> tuple[int, list[Match]]:
    """
    Return the guesses of the cheapest way to put *text* together, and its parts.

    Args:
        text: What is put together, at least one character. The cost grows with the
            square of its length.

        matches: What was found in it, in order of their places.

    Source:
        Wheeler, "zxcvbn: Low-Budget Password Strength Estimation", USENIX
        Security 2016, section 3.3.
    """
    from zxcvbn.scoring import estimate_guesses  # noqa: PLC0415

    ending: list[list[Match]] = [[] for _ in text]
    for match in matches:
        ending[match["j"]].append(match)
    ways: list[_Ways] = []
    going_on: list[list[tuple[int, Decimal, float]]] = []
    runs = [Decimal(0), Decimal(_ONE_CHARACTER)]
    for end, here in enumerate(ending):
        runs.append(Decimal(_CHARACTER ** (end + 2)))
        found = _Ways(least=[inf] * (len(text) + 1))
        for match in sorted(here, key=lambda each: each["i"]):
            guesses = estimate_guesses(match, text)
            if match["i"] == 0:
                found.offer(1, guesses, match)
                continue
            for parts, way in ways[match["i"] - 1].by_parts.items():
                found.offer(parts + 1, guesses * way.product, match)
        found.offer(1, runs[end + 1], _run(text, 0, end))
        for parts, product, first in _runs_worth_while(end, going_on, found, runs):
            found.offer(parts, product, _run(text, first, end))
        ways.append(found)
        going_on.append(found.to_go_on())
    return _unwound(ways)


def _runs_worth_while(
    end: int,
    going_on: Sequence[Sequence[tuple[int, Decimal, float]]],
    found: _Ways,
    runs: Sequence[Decimal],
) -> Iterator[tuple[int, Decimal, int]]:
    """Yield the ways that end in single characters and may be the cheapest."""
    least = found.least
    for first in range(1, end + 1):
        run = runs[end - first + 1]
        about = float(run)
        for parts, product, so_far in going_on[first - 1]:
            if so_far * about <= least[parts] * _CLEARLY:
                yield parts, run * product, first


def _run(text: str, first: int, last: int) -> Match:
    token = text[first : last + 1]
    return {"pattern": "bruteforce", "i": first, "j": last, "token": token}


def _unwound(ways: Sequence[_Ways]) -> tuple[int, list[Match]]:
    """Return the guesses of the whole, and its parts from the last back."""
    whole = ways[-1].by_parts
    parts = min(whole, key=lambda number: whole[number].guesses)
    guesses, end = int(whole[parts].guesses), len(ways) - 1
    sequence: list[Match] = []
    while end >= 0:
        match = ways[end].by_parts[parts].last
        sequence.insert(0, match)
        end, parts = match["i"] - 1, parts - 1
    return guesses, sequence
