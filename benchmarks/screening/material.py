"""Synthetic breached hashes, in the downloader's own form; nothing is downloaded."""

import random
from array import array
from collections.abc import Iterator
from pathlib import Path

from credguard.screening.corpus import (
    CorpusWriter,
    Header,
    Kind,
    Run,
    Shape,
    Width,
    directory_bits,
)

# How many of a thousand hashes have which count: 256 ranges of November 2024.
COUNTS = ((1, 434), (2, 139), (3, 133), (4, 75), (7, 90), (12, 60), (30, 40), (90, 27))
LARGE = (300, 60_000)  # two in a thousand have a count above 254
RANGES = 1 << 20
RANGES_AT_ONCE = 256
RUN_BUCKETS = 1 << 12


def write_text(path: Path, entries: int) -> None:
    """Write lines ``HASH:COUNT`` in order of the hash."""
    draw = random.Random(entries)
    written = 0
    numbers = [number for number, _ in COUNTS] + list(LARGE)
    weights = [weight for _, weight in COUNTS] + [1] * len(LARGE)
    with path.open("wb") as file:
        for first in range(0, RANGES, RANGES_AT_ONCE):
            wanted = (first + RANGES_AT_ONCE) * entries // RANGES - written
            hashes = sorted(_hashes(draw, first, wanted))
            counts = draw.choices(numbers, weights, k=wanted)
            lines = zip(hashes, counts, strict=True)
            file.write(b"".join(b"%b:%d\n" % each for each in lines))
            written += wanted


def _hashes(draw: random.Random, first: int, wanted: int) -> set[bytes]:
    """Return hexadecimal hashes that lie in some ranges in a row."""
    found: set[bytes] = set()
    while len(found) < wanted:
        # Three digits are those of the ranges, the fourth and fifth are any.
        digits = draw.randbytes(19 * wanted).hex().upper().encode()
        prefix = b"%03X" % (first >> 8)
        for at in range(0, 38 * (wanted - len(found)), 38):
            found.add(prefix + digits[at : at + 37])
    return found


def members(path: Path, number: int) -> Iterator[tuple[bytes, int]]:
    """Yield digests with their counts, from places all over a text file."""
    size = path.stat().st_size
    draw = random.Random(number)
    with path.open("rb") as file:
        for _ in range(number):
            file.seek(draw.randrange(size - 200))
            file.readline()
            digits, _, count = file.readline().partition(b":")
            yield bytes.fromhex(digits.decode("ascii")), int(count)


def write_corpus(path: Path, entries: int) -> Header:
    """Write a large corpus directly, of random records, to look up in."""
    draw = random.Random(entries)
    shape = Shape(Kind.SHA1, Width.DEFAULT, directory_bits(entries))
    mean = entries / shape.buckets
    with CorpusWriter(path, shape=shape, expected=entries) as writer:
        for first in range(0, shape.buckets, RUN_BUCKETS):
            lengths = [
                max(0, round(draw.gauss(mean, mean**0.5))) for _ in range(RUN_BUCKETS)
            ]
            # Suffixes and counts alike are any bytes, but no count is large.
            body = draw.randbytes(5 * sum(lengths)).replace(b"\xff", b"\1")
            body = body.replace(b"\0", b"\1")
            writer.add(Run(first, lengths, body, large=array("Q")))
        return writer.finish()


def drawn(path: Path, number: int) -> list[bytes]:
    """Return digests that a corpus made by `write_corpus` lists."""
    from credguard.screening.corpus import Corpus  # noqa: PLC0415  # not to build

    draw = random.Random(number)
    found: list[bytes] = []
    with Corpus(path) as corpus:
        shape = corpus.header.shape
        while len(found) < number:
            bucket = draw.randrange(shape.buckets)
            records = list(corpus.run(bucket, bucket).entries(shape))
            if records:
                _, suffix, _ = draw.choice(records)
                word = (bucket << shape.shift).to_bytes(4, "big")
                found.append(word + suffix + bytes(12))
    return found
