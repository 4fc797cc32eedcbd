"""
Writes a corpus file: beside the old one, then swapped in whole.

The header comes last, so that a file whose writing ended half-way is no corpus to
anybody.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import IO, Self

from credguard.errors import CorpusSetupError
from credguard.screening.corpus.beside import locked, sync_folder, unwritten
from credguard.screening.corpus.blocks import Blocks
from credguard.screening.corpus.header import (
    MAX_SOURCE_BYTES,
    Header,
    write_etag,
    write_header,
)
from credguard.screening.corpus.layout import (
    HEADER_BYTES,
    MAX_DIRECTORY_BITS,
    RANGE_BYTES,
    RANGES,
    Shape,
    needs_wide_directory,
)
from credguard.screening.corpus.runs import Run

_BUFFER_BYTES = 1 << 20
_SPOOL_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Origin:
    """
    What a corpus is made of, for people.

    Attributes:
        source: Where it comes from, at most 512 bytes of UTF-8.

        source_time: When it was as it is, in Unix seconds, 0 if unknown.

        built_time: The time now, in Unix seconds.

        min_count: Hashes seen less often than this are left out.
    """

    source: str = ""
    source_time: int = 0
    built_time: int = 0
    min_count: int = 1


class CorpusWriter:
    """
    Writes a corpus. Use it as a context manager: only `finish` swaps it in.

    Args:
        path: The corpus file. What stands there is answered from until `finish`.

        shape: How records look.

        expected: About how many hashes there will be; a fifth more is no harm.

        origin: What it is made of.

        has_ranges: True to keep an ETag for each range.

        most_empty: How many buckets in a row may be without a hash; more are a gap
            in the source.

    Raises:
        CorpusUnwrittenError: Another process is writing this corpus, or the folder
            takes no file.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        shape: Shape,
        expected: int,
        origin: Origin | None = None,
        has_ranges: bool = False,
        most_empty: int = 1 << MAX_DIRECTORY_BITS,
    ) -> None:
        origin = origin or Origin()
        source = origin.source.encode(errors="replace")[:MAX_SOURCE_BYTES]
        self._path = Path(path)
        self._header = Header(
            shape=shape,
            entries=0,
            min_count=origin.min_count,
            source=source.decode(errors="ignore"),
            source_time=origin.source_time,
            built_time=origin.built_time,
            has_ranges=has_ranges,
            wide_directory=needs_wide_directory(expected),
        )
        self._beside = self._path.with_name(f"{self._path.name}.building")
        self._is_done = False
        try:
            self._file = locked(self._beside)
            self._spool: IO[bytes] = SpooledTemporaryFile(  # noqa: SIM115  # closed below
                _SPOOL_BYTES, dir=str(self._path.parent)
            )
        except OSError as error:
            raise unwritten(self._path, error) from None
        self._directory = _Region(self._file, HEADER_BYTES)
        self._table = _Region(self._file, self._header.table_at)
        self._body = _Region(self._file, self._header.body_at)
        self._blocks = Blocks(
            shape,
            wide_directory=self._header.wide_directory,
            directory=self._directory.write,
            table=self._table.write,
            body=self._body.write,
            large=self._spool.write,
            most_empty=most_empty,
        )

    @property
    def shape(self) -> Shape:
        """How records look."""
        return self._header.shape

    @property
    def entries(self) -> int:
        """How many records were added."""
        return self._blocks.added

    def add(self, run: Run) -> None:
        """
        Add the records of a run, which come after all that were added.

        Raises:
            CorpusSourceError: They do not.
            CorpusUnwrittenError: The disk is full, or gone.
        """
        try:
            self._blocks.add(run)
        except OSError as error:
            raise unwritten(self._path, error) from None

    def note_etag(self, number: int, etag: str) -> None:
        """
        Keep the ETag with which a range came.

        Args:
            number: The range, 0 to 1,048,575.

            etag: As the service sent it. One of more than 27 bytes is not kept.

        Raises:
            CorpusSetupError: The file was not begun with a table of ranges.
            CorpusUnwrittenError: The disk is full, or gone.
        """
        if not self._header.has_ranges or not 0 <= number < RANGES:
            message = "this corpus keeps no ETags, or there is no such range"
            raise CorpusSetupError(message)
        at = self._header.ranges_at + number * RANGE_BYTES
        try:
            _pwrite(self._file, write_etag(etag), at)
        except OSError as error:
            raise unwritten(self._path, error) from None

    def finish(self) -> Header:
        """
        Write what is left and swap the file in.

        Returns:
            What the new file says about itself.

        Raises:
            CorpusUnwrittenError: The disk is full, or gone; the old file stands. Or
                the new one stands, but may be gone after a power cut.
        """
        try:
            header = self._written()
            os.replace(self._beside, self._path)  # noqa: PTH105  # the atomic one
            self._is_done = True
        except OSError as error:
            raise unwritten(self._path, error) from None
        sync_folder(self._path)
        return header

    def _written(self) -> Header:
        stamp = self._blocks.finish()
        for region in (self._directory, self._table, self._body):
            region.flush()
        header = replace(
            self._header,
            entries=self._blocks.entries,
            large=self._blocks.large_entries,
            stamp=stamp,
        )
        self._spool.seek(0)
        large = _Region(self._file, header.large_at)
        while data := self._spool.read(_BUFFER_BYTES):
            large.write(data)
        large.flush()
        os.ftruncate(self._file, header.file_bytes)
        # The header makes it a corpus, so all else is on the disk before it.
        os.fsync(self._file)
        _pwrite(self._file, write_header(header), 0)
        os.fsync(self._file)
        return header

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._is_done:
            self._beside.unlink(missing_ok=True)
        self._spool.close()
        os.close(self._file)


class _Region:
    """Writes one after the other from some place in a file on."""

    def __init__(self, file: int, at: int) -> None:
        self._file = file
        self._at = at
        self._kept = bytearray()

    def write(self, data: bytes) -> None:
        self._kept += data
        if len(self._kept) >= _BUFFER_BYTES:
            self.flush()

    def flush(self) -> None:
        _pwrite(self._file, bytes(self._kept), self._at)
        self._at += len(self._kept)
        self._kept.clear()


def _pwrite(file: int, data: bytes, at: int) -> None:
    rest = memoryview(data)
    while rest:
        written = os.pwrite(file, rest, at)
        rest, at = rest[written:], at + written
