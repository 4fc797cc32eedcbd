"""Synthetic breached hashes, in the downloader's own form; nothing is downloaded."""

import random
from collections.abc import Iterator
from pathlib import Path

# How many of a thousand hashes have which count: 256 ranges of November 2024.
COUNTS = ((1, 434), (2, 139), (3, 133), (4, 75), (7, 90), (12, 60), (30, 40), (90, 26))
LARGE = (300, 4_000, 60_000)
RANGES = 1 << 20


def write_text(path: Path, entries: int, *, ranges_at_once: int = 64) -> int:
    """Write lines ``HASH:COUNT`` in order; return how many."""
    draw = random.Random(entries)
    written = 0
    with path.open("wb") as file:
        for first in range(0, RANGES, ranges_at_once):
            wanted = (first + ranges_at_once) * entries // RANGES - written
            lines = _lines(draw, first, ranges_at_once, wanted)
            file.write(b"".join(lines))
            written += len(lines)
    return written


def _lines(draw: random.Random, first: int, ranges: int, wanted: int) -> list[bytes]:
    """Return *wanted* lines whose hashes lie in some ranges in a row."""
    low, span = first << 140, ranges << 140
    hashes = {low + draw.randrange(span) for _ in range(wanted)}
    while len(hashes) < wanted:
        hashes.add(low + draw.randrange(span))
    numbers = [number for number, _ in COUNTS] + list(LARGE)
    weights = [weight for _, weight in COUNTS] + [1] * len(LARGE)
    counts = draw.choices(numbers, weights, k=wanted)
    return [b"%040X:%d\n" % each for each in zip(sorted(hashes), counts, strict=True)]


def members(path: Path, number: int) -> Iterator[tuple[bytes, int]]:
    """Yield digests with counts from places all over a text file."""
    size = path.stat().st_size
    draw = random.Random(number)
    with path.open("rb") as file:
        for _ in range(number):
            file.seek(draw.randrange(size - 200))
            file.readline()
            digits, _, count = file.readline().partition(b":")
            yield bytes.fromhex(digits.decode("ascii")), int(count)
