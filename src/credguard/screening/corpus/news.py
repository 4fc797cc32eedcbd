"""
Is there anything new? Told by the ETags of a few ranges in place of a million.

The public corpus grows by rare loads of a million passwords and more. A load of so
many changes two ranges in three, so that 64 of them never miss it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from credguard.screening.corpus.layout import RANGES

SAMPLES = 64

LOAD_SHARE = 0.1
"""
From this share of changed ranges on, it was a load: 110,000 hashes or more, by
`News.estimate`. Fewer changes are corrections.
"""


class Novelty(StrEnum):
    """What the sample says."""

    NOTHING = "nothing"
    """No range that was asked about has changed."""

    CORRECTIONS = "corrections"
    """A few ranges have changed."""

    LOAD = "load"
    """So many ranges have changed that there are many new hashes."""

    UNKNOWN = "unknown"
    """There was nothing to compare with."""


@dataclass(frozen=True, slots=True)
class News:
    """
    What became of the ranges that were asked about.

    Attributes:
        compared: How many could be compared.

        changed: How many of those have changed.
    """

    compared: int
    changed: int

    @property
    def share(self) -> float:
        """The share of changed ranges, from 0 to 1."""
        return self.changed / self.compared if self.compared else 0.0

    @property
    def novelty(self) -> Novelty:
        """What that means."""
        if not self.compared:
            return Novelty.UNKNOWN
        if not self.changed:
            return Novelty.NOTHING
        return Novelty.LOAD if self.share >= LOAD_SHARE else Novelty.CORRECTIONS

    @property
    def estimate(self) -> float:
        """
        About how many hashes are new, infinite where every range has changed.

        Hashes fall into ranges as by chance, so of a load of n hashes a share of
        exp(-n / 1,048,576) of the ranges gets none.
        """
        if self.share >= 1:
            return math.inf
        return -math.log1p(-self.share) * RANGES


def compare(old: Mapping[int, str], new: Mapping[int, str]) -> News:
    """
    Return what has changed between two looks at some ranges.

    Args:
        old: The ETags by range, as they were.

        new: The ETags by range, as they are. Ranges that are not in both, or have
            no ETag, are not compared.
    """
    both = [number for number in new if old.get(number) and new[number]]
    changed = sum(_opaque(old[number]) != _opaque(new[number]) for number in both)
    return News(len(both), changed)


def sample(start: int, *, samples: int = SAMPLES, ranges: int = RANGES) -> list[int]:
    """
    Return ranges that are spread evenly.

    Args:
        start: Any number: where to begin.

        samples: How many to return, at most as many as there are.

        ranges: How many ranges there are.
    """
    samples = min(samples, ranges)
    return sorted((start + at * ranges // samples) % ranges for at in range(samples))


def _opaque(etag: str) -> str:
    # A weak and a strong ETag of one range differ by how it was sent.
    return etag.removeprefix("W/")
