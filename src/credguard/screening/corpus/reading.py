"""
An open corpus file: its bytes, by mapping or by reading, checked block by block.

A block is checked against its checksum when it is first touched, the part of the
directory that leads to it included. So opening costs no time, and no byte is
believed before it has been looked at.
"""

import mmap
import os
import sys
import weakref
from array import array
from bisect import bisect_left
from collections.abc import Callable
from enum import StrEnum
from operator import le
from pathlib import Path
from zlib import crc32

from credguard.errors import CorpusDamagedError, CorpusSetupError
from credguard.screening.corpus.blocks import MOST_IN_BLOCK
from credguard.screening.corpus.header import check_size, read_etag, read_header
from credguard.screening.corpus.layout import (
    BLOCK_ENTRY_BYTES,
    COUNT_BITS,
    HEADER_BYTES,
    MAX_COUNT,
    OVERFLOW_BYTES,
    RANGE_BYTES,
    RANGES,
)
from credguard.screening.corpus.runs import from_little

_SAMPLES = 16
_CODES = {False: "I", True: "Q"}
SAMPLED_BLOCKS = 64
"""Of so many blocks one always counts as unseen, so that look-ups are counted."""

# The kernel maps 16 pages of 4 KB around a page that is touched, and a look-up
# touches two: one of the directory, one of the records.
_RESIDENT_BYTES_A_TOUCH = 2 * 16 * 4096


class Reading(StrEnum):
    """How the file's bytes are had."""

    MAPPED = "mapped"
    """By mmap: fastest. What is resident is shared and can be taken back."""

    PREAD = "pread"
    """By pread(2): a little slower, and memory stays flat whatever the size."""


class CorpusFile:
    """
    A corpus file that is open for reading.

    Args:
        path: The file.

        reading: How its bytes are had.

        resident_mib: Of a mapped file, about how many MiB may be resident before
            they are given back to the system.

    Attributes:
        header: What the file says about itself.

        read: Returns the bytes at an offset, as many as asked for.

        seen: A byte a block, not zero where the block needs no more checking.

        mapped: The whole file, None where it is read by pread.

    Raises:
        CorpusSetupError: There is no such file, it is no corpus, or of a newer
            version.
        CorpusDamagedError: It is cut, or its header or directory is damaged.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        reading: Reading = Reading.MAPPED,
        resident_mib: int = 1024,
    ) -> None:
        self.path = Path(path)
        self.mapped: mmap.mmap | None = None
        self.read: Callable[[int, int], bytes]
        file = _opened(self.path)
        closes = weakref.finalize(self, os.close, file)
        try:
            self._status = os.fstat(file)
            self.header = read_header(os.pread(file, HEADER_BYTES, 0), where=str(path))
            size = self._status.st_size
            check_size(self.header, size, where=str(path))
            # The look-up takes numbers from a mapping as the machine has them.
            if reading is Reading.MAPPED and sys.byteorder == "little":
                self.mapped = mmap.mmap(file, size, access=mmap.ACCESS_READ)
                self.read = _slices(self.mapped)
            else:
                self.read = _preads(file, str(path))
            self._check_directory()
        except BaseException:
            closes()
            raise
        if self.mapped is not None:
            closes()  # a mapping stays without it
        self.seen = bytearray(self.header.shape.blocks)
        self._checked = bytearray(self.header.shape.blocks)
        self._touches = 0
        limit = resident_mib << 20
        self._most_touches = max(limit // _RESIDENT_BYTES_A_TOUCH, SAMPLED_BLOCKS)
        self._gives_back = self.mapped is not None and size > limit

    @property
    def is_replaced(self) -> bool:
        """True if another file, or none, stands at the path by now."""
        try:
            return not os.path.samestat(self.path.stat(), self._status)
        except OSError:
            return True

    def check_block(self, block: int) -> None:
        """
        Check a block that a look-up is about to believe.

        Raises:
            CorpusDamagedError: Its bytes are not those that were written.
        """
        if not self._checked[block]:
            self._check(block)
            self._checked[block] = 1
        if self._gives_back and block % SAMPLED_BLOCKS == 0:
            self.touched(SAMPLED_BLOCKS)
            return
        self.seen[block] = 1
        self.touched(1)

    def touched(self, records: int) -> None:
        """
        Give what is resident back to the system, once enough was touched.

        Args:
            records: About how many look-ups there were since the last call.
        """
        self._touches += records
        if self._gives_back and self._touches >= self._most_touches:
            self._touches = 0
            self._give_back()

    def directory(self, first: int, last: int) -> "array[int]":
        """
        Return numbers of the directory: for each bucket its first record.

        Args:
            first: The first bucket.

            last: The last bucket, which may be the one after all.
        """
        size = self.header.directory_entry_bytes
        data = self.read(HEADER_BYTES + first * size, (last + 1 - first) * size)
        return from_little(_CODES[self.header.wide_directory], data)

    def large_counts(self, block: int) -> "array[int]":
        """Return the large counts of a block, as they are written."""
        return from_little("Q", self._large_bytes(block))

    def large_count(self, bucket: int, record: int) -> int:
        """
        Return the count of a record whose count byte is 255.

        Args:
            bucket: The record's bucket, whose block has been checked.

            record: The record's number in the file.

        Raises:
            CorpusDamagedError: It stands nowhere.
        """
        bits = self.header.shape.block_bits
        block = bucket >> bits
        (start,) = self.directory(block << bits, block << bits)
        wanted = (record - start) << COUNT_BITS
        large = self.large_counts(block)
        at = bisect_left(large, wanted)
        if at == len(large) or large[at] - wanted > MAX_COUNT:
            what = f"block {block:,} lacks a count"
            raise self.damaged(what)
        return large[at] - wanted

    def block_sum(self, block: int) -> bytes:
        """Return the checksum of a block as it is written in the table."""
        return self.read(self.header.table_at + block * BLOCK_ENTRY_BYTES, 4)

    def etag(self, number: int) -> str | None:
        """Return the ETag kept for a range, empty if none, None if it is damaged."""
        if not self.header.has_ranges or not 0 <= number < RANGES:
            return ""
        at = self.header.ranges_at + number * RANGE_BYTES
        return read_etag(self.read(at, RANGE_BYTES))

    def damaged(self, what: str) -> CorpusDamagedError:
        """Return the error that says what is damaged."""
        return CorpusDamagedError(
            f"{self.path} is damaged ({what}); build or copy the corpus again"
        )

    def _check(self, block: int) -> None:
        header = self.header
        bits, size = header.shape.block_bits, header.shape.record_bytes
        first = block << bits
        starts = self.directory(first, first + (1 << bits))
        records = starts[-1] - starts[0]
        in_order = all(map(le, starts, starts[1:]))
        if not in_order or starts[-1] > header.entries or records > MOST_IN_BLOCK:
            what = f"the directory of block {block:,}"
            raise self.damaged(what)
        entry = header.directory_entry_bytes
        total = crc32(self.read(HEADER_BYTES + first * entry, len(starts) * entry))
        body_at = header.body_at + starts[0] * size
        total = crc32(self.read(body_at, records * size), total)
        total = crc32(self._large_bytes(block), total)
        if total.to_bytes(4, "little") != self.block_sum(block):
            what = f"block {block:,}"
            raise self.damaged(what)

    def _large_bytes(self, block: int) -> bytes:
        header = self.header
        data = self.read(
            header.table_at + block * BLOCK_ENTRY_BYTES, 2 * BLOCK_ENTRY_BYTES
        )
        _, low, _, high = from_little("I", data)
        if not low <= high <= header.large or high - low > MOST_IN_BLOCK:
            what = f"the table entry of block {block:,}"
            raise self.damaged(what)
        if low == high:
            return b""
        at = header.large_at + low * OVERFLOW_BYTES
        return self.read(at, (high - low) * OVERFLOW_BYTES)

    def _check_directory(self) -> None:
        """Check the directory's ends and a few numbers between them."""
        buckets = self.header.shape.buckets
        step = max(buckets // _SAMPLES, 1)
        starts = [
            self.directory(bucket, bucket)[0] for bucket in range(0, buckets + 1, step)
        ]
        ends = (starts[0], starts[-1])
        if ends != (0, self.header.entries) or starts != sorted(starts):
            what = "its directory is not in order"
            raise self.damaged(what)

    def _give_back(self) -> None:
        if self.mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
            self.mapped.madvise(mmap.MADV_DONTNEED)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        message = f"the corpus {path} cannot be opened: {error.strerror}"
    raise CorpusSetupError(message)


def _slices(mapped: mmap.mmap) -> Callable[[int, int], bytes]:
    def read(at: int, length: int) -> bytes:
        return mapped[at : at + length]

    return read


def _preads(file: int, where: str) -> Callable[[int, int], bytes]:
    def read(at: int, length: int) -> bytes:
        data = os.pread(file, length, at)
        if len(data) != length:
            message = f"{where} has become shorter while it was open"
            raise CorpusDamagedError(message)
        return data

    return read
