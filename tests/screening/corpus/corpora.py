"""Corpora that tests make: hashes, their text, and files of each shape."""

import random
from collections.abc import Iterable, Mapping
from pathlib import Path

from credguard.screening.corpus import (
    CorpusWriter,
    Header,
    Kind,
    Origin,
    Shape,
    Width,
    directory_bits,
    read_lines,
)

COUNTS = (1, 2, 3, 4, 253, 254, 255, 256, 70_000, (1 << 40) - 1)
SHAPES = [(kind, width) for kind in Kind for width in Width]

Hashes = Mapping[bytes, int]


def hashes(number: int, kind: Kind = Kind.SHA1, *, seed: int = 0) -> dict[bytes, int]:
    """Return hashes with counts of all sizes, in order."""
    draw = random.Random(seed)
    found = {draw.randbytes(kind.hash_bytes): 0 for _ in range(number)}
    return {digest: draw.choice(COUNTS) for digest in sorted(found)}


def text_of(listed: Hashes, *, end: str = "\n") -> bytes:
    """Return what the downloader would write."""
    lines = (f"{each.hex().upper()}:{count}{end}" for each, count in listed.items())
    return "".join(lines).encode()


def shape_of(listed: Hashes, width: Width = Width.DEFAULT) -> Shape:
    """Return the shape that a build would choose."""
    kind = Kind.NTLM if len(next(iter(listed), b"")) == 16 else Kind.SHA1
    return Shape(kind, width, directory_bits(len(listed)))


def write(
    path: Path, listed: Hashes, shape: Shape | None = None, *, at_once: int = 500
) -> Header:
    """Write a corpus, some hashes at a time."""
    shape = shape or shape_of(listed)
    with CorpusWriter(
        path,
        shape=shape,
        expected=len(listed),
        origin=Origin("a test", source_time=1, built_time=2),
    ) as writer:
        for some in parts_of(listed, at_once):
            writer.add(read_lines(text_of(some), shape))
        return writer.finish()


def parts_of(listed: Hashes, at_once: int) -> Iterable[Hashes]:
    """Return the hashes some at a time."""
    pairs = list(listed.items())
    for start in range(0, len(pairs), at_once):
        yield dict(pairs[start : start + at_once])


def strangers(number: int, kind: Kind = Kind.SHA1) -> list[bytes]:
    """Return hashes that no corpus of these tests lists."""
    draw = random.Random(-1)
    return [draw.randbytes(kind.hash_bytes) for _ in range(number)]
