"""
A run: the records of some buckets in a row, as they stand in a file.

It says nothing of where in a file it stands, so that it can be made in another
process, kept in a journal, or taken from one file and put into the next.
"""

import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from zlib import crc32

from credguard.errors import CorpusDamagedError
from credguard.screening.corpus.layout import COUNT_BITS, LARGE_COUNT, MAX_COUNT, Shape

_FRONT = struct.Struct("<IIIIBB")
_LITTLE = sys.byteorder == "little"


@dataclass(frozen=True, slots=True)
class Run:
    """
    The records of buckets in a row.

    Attributes:
        first: The number of the first bucket.

        lengths: How many records each bucket has.

        body: The records: for each bucket its suffixes, then its count bytes.

        large: Counts above 254: the record's place in the run, shifted left by
            40 bits, and the count. In order.

        lowest: The lowest hash, empty if it is not known.

        highest: The highest hash, empty if it is not known.
    """

    first: int
    lengths: list[int]
    body: bytes
    large: "array[int]" = field(default_factory=lambda: array("Q"))
    lowest: bytes = b""
    highest: bytes = b""

    def to_bytes(self) -> bytes:
        """Return the run as bytes with a checksum, for a journal."""
        lengths = to_little(array("I", self.lengths))
        front = _FRONT.pack(
            self.first,
            len(self.lengths),
            len(self.body),
            len(self.large),
            len(self.lowest),
            len(self.highest),
        )
        parts = (front, self.lowest, self.highest, lengths, self.body)
        data = b"".join((*parts, to_little(self.large)))
        return data + crc32(data).to_bytes(4, "little")

    @classmethod
    def from_bytes(cls, data: bytes) -> "Run":
        """
        Read a run back.

        Raises:
            CorpusDamagedError: It is cut or damaged.
        """
        if (
            len(data) < _FRONT.size + 4
            or crc32(data[:-4]).to_bytes(4, "little") != (data[-4:])
        ):
            message = "a piece of a corpus is damaged; fetch or build it again"
            raise CorpusDamagedError(message)
        first, buckets, body, _, low, high = _FRONT.unpack_from(data)
        ends = list(accumulate((low, high, buckets * 4, body), initial=_FRONT.size))
        parts = [data[a:b] for a, b in zip(ends, [*ends[1:], -4], strict=True)]
        return cls(
            first=first,
            lengths=list(from_little("I", parts[2])),
            body=parts[3],
            large=from_little("Q", parts[4]),
            lowest=parts[0],
            highest=parts[1],
        )

    def entries(self, shape: Shape) -> Iterator[tuple[int, bytes, int]]:
        """
        Yield each record: its bucket, its suffix and its exact count.

        Args:
            shape: How the records look.
        """
        large = iter(self.large)
        at = 0
        width = shape.suffix_bytes
        for bucket, length in enumerate(self.lengths, self.first):
            counts_at = at + length * width
            for code in self.body[counts_at : counts_at + length]:
                count = code if code < LARGE_COUNT else next(large) & MAX_COUNT
                yield bucket, self.body[at : at + width], count
                at += width
            at += length


def large_entry(record: int, count: int) -> int:
    """Return the number that stands for the *count* of a *record* of a block."""
    return record << COUNT_BITS | count


def to_little(numbers: "array[int]") -> bytes:
    """Return the bytes of *numbers*, least significant first."""
    return numbers.tobytes() if _LITTLE else _swapped(numbers).tobytes()


def from_little(code: str, data: bytes) -> "array[int]":
    """Return the numbers whose bytes are *data*, least significant first."""
    numbers = array(code)
    numbers.frombytes(data)
    return numbers if _LITTLE else _swapped(numbers)


def _swapped(numbers: "array[int]") -> "array[int]":
    other = numbers[:]
    other.byteswap()
    return other
