"""Cuts records into blocks, with a checksum each; writes to whatever takes bytes."""

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Callable
from itertools import accumulate, groupby
from zlib import crc32

from credguard.errors import CorpusSetupError, CorpusSourceError
from credguard.screening.corpus.header import stamp_of
from credguard.screening.corpus.layout import COUNT_BITS, Shape
from credguard.screening.corpus.runs import Run, to_little

MOST_IN_BLOCK = 1 << 24
"""A large count names its record in the block by 24 bits."""

_CROWDED = (
    f"more than {MOST_IN_BLOCK:,} hashes begin alike: these are no hashes, or many "
    "times what was expected"
)
_CODES = {False: "I", True: "Q"}

_GAP = (
    "a large part of the hashes is missing, as if a download had been cut; fetch it "
    "again, or say that the source is a part of a list"
)

Sink = Callable[[bytes], object]


class Blocks:
    """
    Takes runs in order and gives the four parts of a file to four sinks.

    Args:
        shape: How records look.

        wide_directory: True if the directory's numbers have eight bytes.

        directory: Takes the directory.

        table: Takes the table of blocks.

        body: Takes the records.

        large: Takes the large counts.

        most_empty: How many buckets in a row may be empty; more are a gap.
    """

    def __init__(
        self,
        shape: Shape,
        *,
        wide_directory: bool,
        directory: Sink,
        table: Sink,
        body: Sink,
        large: Sink,
        most_empty: int,
    ) -> None:
        self.entries = 0
        self.large_entries = 0
        self._shape = shape
        self._code = _CODES[wide_directory]
        self._directory, self._table = directory, table
        self._body, self._large = body, large
        self._sums = hashlib.sha256()
        self._per_block = 1 << shape.block_bits
        self._done = 0  # buckets in whole blocks
        # The buckets behind those: the last one may still grow.
        self._lengths: list[int] = []
        self._records = bytearray()
        self._counts = array("Q")
        self._highest = b""
        self._most_empty = most_empty
        self._empty = 0  # buckets without a record since the last with one

    @property
    def added(self) -> int:
        """How many records were added, written or not."""
        return self.entries + sum(self._lengths)

    @property
    def next_bucket(self) -> int:
        """The first bucket that nothing was said of yet."""
        return self._done + len(self._lengths)

    def add(self, run: Run) -> None:
        """
        Add the records of a run; it may go on with the last one's last bucket.

        Raises:
            CorpusSourceError: The run is not above what was added.
            CorpusSetupError: There are more records than the file has room for.
        """
        if not (run.lengths or run.lowest):
            return
        self._check_order(run)
        if not run.lengths:
            return
        self._check_gap(run.first - self.next_bucket, run.lengths)
        before = sum(self._lengths)
        lengths, body = run.lengths, run.body
        if run.first < self.next_bucket:
            body = self._joined(lengths[0], body)
            lengths = lengths[1:]
        else:
            self._lengths += [0] * (run.first - self.next_bucket)
        self._lengths += lengths
        self._records += body
        self._counts.extend(_moved(run.large, before))
        self._write_blocks(len(self._lengths) - 1)

    def finish(self) -> bytes:
        """
        Write the rest and return the stamp.

        Raises:
            CorpusSourceError: The hashes end long before the last possible one.
        """
        self._check_gap(self._shape.buckets - self.next_bucket, [])
        self._lengths += [0] * (self._shape.buckets - self.next_bucket)
        self._write_blocks(len(self._lengths))
        self._directory(self._numbers([self.entries]))
        self._table(bytes(4) + self.large_entries.to_bytes(4, "little"))
        return stamp_of(self._shape, self._sums)

    def _check_order(self, run: Run) -> None:
        above = not run.lowest or run.lowest > self._highest or not self._highest
        last = self.next_bucket - (1 if run.lowest and self._highest else 0)
        if not above or (run.lengths and run.first < last):
            message = (
                "a hash is not above the one before it; sort the file by hash (the "
                "downloader does), not by count, and each hash once"
            )
            raise CorpusSourceError(message)
        self._highest = run.highest

    def _check_gap(self, skipped: int, lengths: list[int]) -> None:
        """Count buckets in a row without a record: those skipped, those of a run."""
        longest = self._empty = self._empty + max(skipped, 0)
        if 0 in lengths:
            for is_empty, same in groupby(lengths, (0).__eq__):
                self._empty = self._empty + len(list(same)) if is_empty else 0
                longest = max(longest, self._empty)
        elif lengths:
            self._empty = 0
        if longest > self._most_empty:
            raise CorpusSourceError(_GAP)

    def _joined(self, length: int, body: bytes) -> bytes:
        """Put a run's first bucket into the last one; return the run's other body."""
        width = self._shape.suffix_bytes
        cut = length * self._shape.record_bytes
        counts = bytes(self._records[len(self._records) - self._lengths[-1] :])
        del self._records[len(self._records) - self._lengths[-1] :]
        self._records += body[: length * width] + counts + body[length * width : cut]
        self._lengths[-1] += length
        return body[cut:]

    def _write_blocks(self, buckets: int) -> None:
        """Write the whole blocks that the first *buckets* make."""
        per_block, size = self._per_block, self._shape.record_bytes
        blocks = buckets // per_block
        at = counted = passed = counts_at = 0
        directory: list[bytes] = []
        table = array("I")
        for first in range(0, blocks * per_block, per_block):
            lengths = self._lengths[first : first + per_block]
            starts = list(accumulate(lengths, initial=self.entries))
            records = starts.pop() - self.entries
            if records > MOST_IN_BLOCK:
                raise CorpusSourceError(_CROWDED)
            numbers = self._numbers(starts)
            after = self._numbers([self.entries + records])
            cut = bisect_left(self._counts, passed + records << COUNT_BITS, counts_at)
            large = to_little(_moved(self._counts[counts_at:cut], -passed))
            end = at + records * size
            total = crc32(after, crc32(numbers))
            total = crc32(large, crc32(memoryview(self._records)[at:end], total))
            table.extend((total, self.large_entries))
            self._sums.update(total.to_bytes(4, "little"))
            directory.append(numbers)
            self._large(large)
            self.entries += records
            self.large_entries += len(large) // 8
            at, counted = end, first + per_block
            passed, counts_at = passed + records, cut
        if blocks:
            self._directory(b"".join(directory))
            self._table(to_little(table))
            self._body(bytes(memoryview(self._records)[:at]))
            del self._records[:at], self._lengths[:counted]
            self._counts = _moved(self._counts[counts_at:], -passed)
            self._done += counted

    def _numbers(self, starts: list[int]) -> bytes:
        try:
            return to_little(array(self._code, starts))
        except OverflowError:
            message = (
                "there are more hashes than were expected, and the directory has no "
                "room for them; say about how many there are"
            )
        raise CorpusSetupError(message)


def _moved(counts: "array[int]", records: int) -> "array[int]":
    """Return large counts for records that stand so much further on."""
    more = records << COUNT_BITS
    return array("Q", [entry + more for entry in counts])
