"""A corpus as a blocklist: what was breached, with exact counts, in one file."""

import hashlib
import os
from array import array
from collections.abc import Callable
from itertools import pairwise
from types import TracebackType
from typing import Self

from credguard._exact import exact_arguments
from credguard._text import has_surrogate
from credguard.errors import BlocklistUnavailableError, CorpusSetupError
from credguard.screening.corpus.header import Header
from credguard.screening.corpus.layout import (
    COUNT_BITS,
    Kind,
    Width,
)
from credguard.screening.corpus.nt_hash import nt_hash
from credguard.screening.corpus.reading import CorpusFile, Reading
from credguard.screening.corpus.runs import Run
from credguard.screening.corpus.searching import search_in
from credguard.screening.reasons import breached
from credguard.screening.verdicts import (
    Listed,
    NotListed,
    Unasked,
    UnaskedReason,
    Verdict,
)

_RANGE_BITS = 20


@exact_arguments()
class Corpus:
    """
    A blocklist in a local file, made with ``credguard corpus build``.

    Threads may share it, and so may processes that were forked after it was opened.
    A file that takes its place is not seen by an open corpus: see `is_replaced`.

    Args:
        path: The file.

        kind: The kind of hash that it must list; any, if None.

        min_count: Passwords seen less often than this are not listed.

        reading: Mapped for speed, or by pread for memory that stays flat.

        resident_mib: Of a mapped file, about how many MiB may be resident before
            they are given back to the system.

    Attributes:
        times: Returns how often the password with a digest was seen, 0 if it is not
            listed: ``corpus.times(sha1(password).digest())``. Raises
            `CorpusDamagedError` where the file is damaged, and `CorpusSetupError`
            for a digest of another length.

    Raises:
        CorpusSetupError: There is no such file, it is no corpus, of a newer version
            or of another kind.
        CorpusDamagedError: It is cut, or its header or directory is damaged.
    """

    times: Callable[[bytes], int]

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        kind: Kind | None = None,
        min_count: int = 1,
        reading: Reading = Reading.MAPPED,
        resident_mib: int = 1024,
    ) -> None:
        self._arguments = {
            "kind": kind,
            "min_count": min_count,
            "reading": reading,
            "resident_mib": resident_mib,
        }
        self._file: CorpusFile | None = CorpusFile(
            path, reading=reading, resident_mib=resident_mib
        )
        self.header: Header = self._file.header
        self._shape = self.header.shape
        self._min_count = min_count
        if kind is not None and kind is not self._shape.kind:
            message = f"{path} lists {self._shape.kind} hashes, not {kind}"
            raise CorpusSetupError(message)
        self.times = search_in(self._file)

    @property
    def kind(self) -> Kind:
        """Which hash it lists."""
        return self._shape.kind

    @property
    def stamp(self) -> str:
        """Sixteen characters that are others where what is listed is another."""
        return self.header.stamp.hex()

    @property
    def is_replaced(self) -> bool:
        """True if another file stands at the path by now: open that one."""
        return self.file.is_replaced

    @property
    def file(self) -> CorpusFile:
        """
        The open file.

        Raises:
            CorpusSetupError: The corpus was closed.
        """
        if self._file is None:
            raise CorpusSetupError(_CLOSED)
        return self._file

    def look_up(self, password: str) -> Verdict:
        """
        Return whether *password* was seen in breaches, and how often.

        Args:
            password: What was chosen, in Normalization Form C.

        Returns:
            One of three outcomes, to be matched.

        Raises:
            CorpusDamagedError: The part of the file that would tell is damaged.
        """
        if not password.isascii() and has_surrogate(password):
            return Unasked(UnaskedReason.NOT_TEXT)
        digest = self.digest(password)
        times = self.times(digest)
        if 0 < times < self._min_count:
            times = self._most(digest)
        if times < self._min_count or not times:
            return NotListed()
        return Listed(breached(times), times)

    def digest(self, password: str) -> bytes:
        """
        Return the hash of *password* that this corpus would list.

        Raises:
            BlocklistUnavailableError: It holds a lone surrogate, and so has no hash.
        """
        if has_surrogate(password):
            message = "what was typed is no text, so it could not be looked up"
            raise BlocklistUnavailableError(message)
        if self._shape.kind is Kind.NTLM:
            return nt_hash(password)
        return hashlib.sha1(password.encode(), usedforsecurity=False).digest()

    def run(self, first: int, last: int) -> Run:
        """
        Return the records of buckets, to be put into another file of this shape.

        Args:
            first: The first bucket.

            last: The last bucket.

        Raises:
            CorpusDamagedError: A block of it is damaged.
        """
        file = self.file
        bits = self._shape.block_bits
        for block in range(first >> bits, (last >> bits) + 1):
            if not file.seen[block]:
                file.check_block(block)
        starts = file.directory(first, last + 1)
        size = self._shape.record_bytes
        body_at = self.header.body_at + starts[0] * size
        return Run(
            first=first,
            lengths=[after - start for start, after in pairwise(starts)],
            body=file.read(body_at, (starts[-1] - starts[0]) * size),
            large=self._large(first >> bits, last >> bits, (starts[0], starts[-1])),
        )

    def range_run(self, number: int) -> Run:
        """
        Return the records of a range: all hashes with the same five first digits.

        Args:
            number: The five hexadecimal digits as a number.

        Raises:
            CorpusSetupError: The corpus is so small that ranges share buckets.
            CorpusDamagedError: A block of it is damaged.
        """
        more = self._shape.bits - _RANGE_BITS
        if more < 0:
            message = "the corpus is small, and its ranges are not apart"
            raise CorpusSetupError(message)
        return self.run(number << more, ((number + 1) << more) - 1)

    def range(self, number: int) -> list[tuple[bytes, int]]:
        """
        Return the hashes of a range with their counts, in order.

        Args:
            number: The five hexadecimal digits as a number.

        Raises:
            CorpusSetupError: The corpus does not hold whole hashes.
            CorpusDamagedError: A block of it is damaged.
        """
        shape = self._shape
        if shape.width is not Width.WHOLE:
            message = (
                f"{self.file.path} holds parts of hashes, and a range needs whole "
                "ones; build it with: credguard corpus build --width whole"
            )
            raise CorpusSetupError(message)
        more = shape.bits - _RANGE_BITS
        if more >= 0:
            run = self.range_run(number)
        else:
            run = self.run(number >> -more, number >> -more)
        low, kept = number << 12, 8 * shape.skip
        found = []
        for bucket, suffix, count in run.entries(shape):
            above = bucket >> (shape.bits - kept)
            digest = above.to_bytes(shape.skip, "big") + suffix
            if low <= int.from_bytes(digest[:4], "big") < low + (1 << 12):
                found.append((digest, count))
        return found

    def etag(self, number: int) -> str:
        """
        Return the ETag with which a range came, empty if none was kept.

        Args:
            number: The five hexadecimal digits as a number.
        """
        return self.file.etag(number) or ""

    def reopened(self) -> Self:
        """Return a corpus on what stands at the path now; this one is left open."""
        return type(self)(self.file.path, **self._arguments)  # type: ignore[arg-type]

    def close(self) -> None:
        """Let the file go; look-ups that are under way in other threads still end."""
        self._file = None
        self.times = _closed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _most(self, digest: bytes) -> int:
        """Return the highest count of the records that look like *digest*."""
        shape = self._shape
        bucket = int.from_bytes(digest[:4], "big") >> shape.shift
        wanted = digest[shape.skip : shape.skip + shape.suffix_bytes]
        entries = self.run(bucket, bucket).entries(shape)
        return max(count for _, suffix, count in entries if suffix == wanted)

    def _large(self, first: int, last: int, records: tuple[int, int]) -> "array[int]":
        """Return the large counts of *records*, which stand in some blocks."""
        low, high = records
        found = array("Q")
        for block in range(first, last + 1):
            at = block << self._shape.block_bits
            (start,) = self.file.directory(at, at)
            for entry in self.file.large_counts(block):
                if low <= start + (entry >> COUNT_BITS) < high:
                    found.append(entry + ((start - low) << COUNT_BITS))
        return found


_CLOSED = "the corpus was closed"


def _closed(_: bytes) -> int:
    raise CorpusSetupError(_CLOSED)
