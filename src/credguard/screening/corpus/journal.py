"""
What a sync has fetched so far: kept in pieces, so that a kill loses next to nothing.

A folder beside the corpus holds a file for each piece of 1,024 ranges, to which every
range is appended as it comes, with a checksum. What was cut by a kill or a crash is
cut off, and only that is fetched again.
"""

import errno
import fcntl
import json
import os
import struct
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from zlib import crc32

from credguard.errors import CorpusSetupError, CorpusUnwrittenError
from credguard.screening.corpus.runs import Run

PIECE_RANGES = 1024
_FORMAT = 1

# Number of the range, length of the ETag, length of the run, checksum of all else.
_FRONT = struct.Struct("<IHII")
_UNCHANGED = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Terms:
    """
    What all pieces of a journal have in common: with others, it is begun anew.

    Attributes:
        url: Whom the ranges are fetched from.

        kind: Which hash.

        width: How much of a hash is kept.

        bits: How many bits choose the bucket.

        min_count: The least count of a hash that is kept.

        ranges: How many ranges there are.

        stands_on: The stamp of the corpus that unchanged ranges are taken from, or
            nothing.
    """

    url: str
    kind: str
    width: str
    bits: int
    min_count: int
    ranges: int
    stands_on: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """
    A range in a journal.

    Attributes:
        etag: The ETag with which it came, or nothing.

        run: Its records; None if they are those of the corpus that is there.
    """

    etag: str
    run: Run | None


class Journal:
    """
    The folder of a sync that is under way, for one process and those it starts.

    Args:
        folder: It is made if it is not there.

    Raises:
        CorpusUnwrittenError: Another process is syncing this corpus, or the folder
            takes no file.
        CorpusSetupError: The folder cannot be made there, or holds something else.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock: IO[bytes] | None = None
        try:
            folder.mkdir(exist_ok=True)
            _check_ours(folder)
            self._lock = (folder / "lock").open("wb")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            message = f"another process is syncing; {folder} is in its hands"
            raise CorpusUnwrittenError(message) from None
        except OSError as error:
            self.close()
            message = f"{folder} cannot be made: {error.strerror}"
            raise CorpusSetupError(message) from None

    def terms(self) -> Terms | None:
        """Return the terms of what is there, None if there is nothing to go on with."""
        try:
            said = json.loads((self._folder / "terms.json").read_bytes())
            return Terms(**said["terms"]) if said["format"] == _FORMAT else None
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def begin(self, terms: Terms) -> None:
        """Throw away what is there, and begin with *terms*."""
        self._empty()
        text = json.dumps({"format": _FORMAT, "terms": asdict(terms)})
        beside = self._folder / "terms.new"
        beside.write_text(text, "utf-8")
        beside.replace(self._folder / "terms.json")

    def remove(self) -> None:
        """Remove the whole folder: nothing is to be gone on with."""
        with suppress(OSError):
            self._empty()
            # The lock goes last: without it the folder is taken for another's.
            (self._folder / "lock").unlink()
            self._folder.rmdir()
        self.close()

    def _empty(self) -> None:
        for path in self._folder.iterdir():
            if path.name != "lock":
                path.unlink()

    def close(self) -> None:
        """Leave it to the next process."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None


class Piece:
    """
    The file of a piece of a journal.

    Args:
        folder: The journal's folder.

        number: The piece.
    """

    def __init__(self, folder: Path, number: int) -> None:
        self._file = _opened(folder / f"{number:04d}")
        self._end = 0
        self._places: dict[int, tuple[int, int]] = {}
        self._unchanged: set[int] = set()
        self._read_places()

    @property
    def numbers(self) -> set[int]:
        """The ranges that are there."""
        return set(self._places)

    @property
    def unchanged(self) -> int:
        """How many ranges are those of the corpus that is there."""
        return len(self._unchanged)

    def append(self, number: int, fetched: Fetched) -> None:
        """
        Append a range.

        Raises:
            OSError: The disk is full, or gone.
        """
        etag = fetched.etag.encode()
        run = b"" if fetched.run is None else fetched.run.to_bytes()
        length = _UNCHANGED if fetched.run is None else len(run)
        total = crc32(etag + run, number)
        data = _FRONT.pack(number, len(etag), length, total) + etag + run
        written = self._file.write(data)
        if written != len(data):
            self._file.truncate(self._end)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._note(number, len(data), is_unchanged=fetched.run is None)

    def fetched(self, number: int) -> Fetched:
        """
        Return a range that is there.

        Raises:
            CorpusDamagedError: It is damaged by now.
        """
        at, length = self._places[number]
        data = os.pread(self._file.fileno(), length, at)
        _, etag, run, _ = _FRONT.unpack_from(data)
        rest = data[_FRONT.size :]
        said = rest[:etag].decode()
        return Fetched(said, None if run == _UNCHANGED else Run.from_bytes(rest[etag:]))

    def _note(self, number: int, length: int, *, is_unchanged: bool) -> None:
        self._places[number] = (self._end, length)
        self._end += length
        if is_unchanged:
            self._unchanged.add(number)

    def _read_places(self) -> None:
        file = self._file.fileno()
        while True:
            front = os.pread(file, _FRONT.size, self._end)
            if len(front) < _FRONT.size:
                break
            number, etag, run, total = _FRONT.unpack(front)
            more = etag + (0 if run == _UNCHANGED else run)
            rest = os.pread(file, more, self._end + _FRONT.size)
            if len(rest) < more or crc32(rest, number) != total:
                break
            self._note(number, _FRONT.size + more, is_unchanged=run == _UNCHANGED)
        # What was cut, and all behind what was damaged, is fetched again.
        self._file.truncate(self._end)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):  # what a full disk refused once, it refuses again
            self._file.close()


def _check_ours(folder: Path) -> None:
    """Check that everything in the folder may be thrown away."""
    names = {path.name for path in folder.iterdir()}
    if names and "lock" not in names:
        message = f"{folder} is needed for the sync, and holds something else"
        raise CorpusSetupError(message)


def _opened(path: Path) -> IO[bytes]:
    return path.open("ab+", buffering=0)
