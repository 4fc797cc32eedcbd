"""Where a range service keeps answers, so that it need not ask again at once."""

import os
import re
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Protocol

from credguard.errors import SetupError

LIFETIME = timedelta(minutes=10)
RANGES = 64
"""A whole range takes about 80 KB."""

_HEAD = re.compile(rb"credguard-range 1 ([0-9a-f]{8}) ([0-9]{1,12})\n([!-~]{0,200})\n")
_MOST_BYTES = 4 * 1024 * 1024 + 1024
_OTHERS_MAY_WRITE = 0o022
_SUFFIX = ".range"
_SPARE = 8  # so that not every answer that is kept lists the folder's times


@dataclass(frozen=True, slots=True)
class Kept:
    """
    An answer that was kept.

    Attributes:
        text: The checked body.

        etag: What the service calls it, to ask whether it still stands; or nothing.

        fresh: Whether it can be used without asking.
    """

    text: bytes
    etag: str
    fresh: bool = True


class RangeCache(Protocol):
    """Keeps answers by name. Nothing raises: what cannot be kept is asked again."""

    def find(self, name: str) -> Kept | None:
        """
        Return the answer kept under *name*, fresh or not.

        Args:
            name: Letters, digits and hyphens.
        """

    def keep(self, name: str, kept: Kept) -> None:
        """Keep an answer under *name* as one that was given now."""

    def close(self) -> None:
        """Forget what is held in memory."""


class MemoryCache:
    """
    Keeps answers in this process.

    Args:
        lifetime: How long an answer is used again without asking.

        ranges: How many answers are kept; the one used longest ago makes room.

        monotonic: A clock in seconds that never goes back.

    Raises:
        SetupError: No answer could ever be kept.
    """

    def __init__(
        self,
        *,
        lifetime: timedelta = LIFETIME,
        ranges: int = RANGES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lifetime = lifetime.total_seconds()
        self._ranges = _checked(ranges)
        self._monotonic = monotonic
        # No lock, which a fork could copy while it is held: each step below is
        # whole by itself.
        self._kept: OrderedDict[str, tuple[float, Kept]] = OrderedDict()

    def find(self, name: str) -> Kept | None:
        """Return the answer kept under *name*, fresh or not."""
        until, kept = self._kept.get(name, (0.0, None))
        if kept is None:
            return None
        with suppress(KeyError):
            self._kept.move_to_end(name)
        return Kept(kept.text, kept.etag, fresh=self._monotonic() < until)

    def keep(self, name: str, kept: Kept) -> None:
        """Keep an answer under *name* as one that was given now."""
        self._kept[name] = (self._monotonic() + self._lifetime, kept)
        with suppress(KeyError):
            self._kept.move_to_end(name)
            while len(self._kept) > self._ranges:
                self._kept.popitem(last=False)

    def close(self) -> None:
        """Forget everything."""
        self._kept.clear()


class FolderCache:
    """
    Keeps answers in a folder of their own, shared by the processes of one machine.

    An entry is written beside its place and moved there, so that it is whole or
    absent; one that is damaged, or of another version, counts as absent. A full
    disk keeps nothing and fails nothing.

    What it tells a thief: which five digits were asked about lately, and when. Beside
    the time of a sign-up or a new password that is 20 of the 160 bits of *that*
    account's SHA-1, and of a million guesses all but one need not be tried on its
    slow hash. Keep answers in memory unless processes are too short-lived for it,
    put the folder on a file system in memory, and never back it up. A local corpus
    asks nobody and leaves nothing behind.

    Args:
        folder: It is made if it is not there. Only its owner may write to it.

        lifetime: How long an answer is used again without asking.

        ranges: About how many answers are kept; the oldest make room.

        clock: The time in seconds since 1970.

    Raises:
        SetupError: The folder cannot be made, others may write to it, or no answer
            could ever be kept.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        lifetime: timedelta = LIFETIME,
        ranges: int = RANGES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder = _own_folder(Path(folder))
        self._lifetime = lifetime.total_seconds()
        self._ranges = _checked(ranges)
        self._clock = clock

    def find(self, name: str) -> Kept | None:
        """Return the answer kept under *name*, fresh or not."""
        try:
            with self._at(name).open("rb") as file:
                data = file.read(_MOST_BYTES)
        except OSError:
            return None
        head = _HEAD.match(data)
        if head is None or int(head[1], 16) != _sum(name, data[head.end(1) :]):
            return None
        # An entry from the future is of a clock that was set back since.
        fresh = 0 <= self._clock() - int(head[2]) < self._lifetime
        return Kept(data[head.end() :], head[3].decode("ascii"), fresh=fresh)

    def keep(self, name: str, kept: Kept) -> None:
        """Keep an answer under *name* as one that was given now."""
        rest = b" %d\n%b\n" % (int(self._clock()), kept.etag.encode("ascii"))
        rest += kept.text
        data = b"credguard-range 1 %08x" % _sum(name, rest) + rest
        with suppress(OSError):
            self._make_room()
            # Made with mode 0600, under a name that nobody else has.
            with NamedTemporaryFile(
                dir=self._folder, suffix=_SUFFIX, delete=False
            ) as file:
                beside = Path(file.name)
                _written(file, data, beside)
            beside.replace(self._at(name))

    def close(self) -> None:
        """Leave the folder as it is: it is not this process's alone."""

    def _at(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"

    def _make_room(self) -> None:
        # What a killed process left half-written is among them, and ages as they do.
        paths = list(self._folder.glob(f"*{_SUFFIX}"))
        if len(paths) < self._ranges:
            return
        paths.sort(key=_written_at)
        spare = min(_SPARE, self._ranges)
        for path in paths[: len(paths) - self._ranges + spare]:
            path.unlink(missing_ok=True)


def _written(file: IO[bytes], data: bytes, path: Path) -> None:
    """Write the whole of it, or leave nothing behind."""
    try:
        file.write(data)
        file.flush()
    except OSError:
        path.unlink()
        raise


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _sum(name: str, rest: bytes) -> int:
    return zlib.crc32(rest, zlib.crc32(name.encode("ascii")))


def _checked(ranges: int) -> int:
    if ranges < 1:
        message = "a cache keeps at least one range"
        raise SetupError(message)
    return ranges


def _own_folder(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = folder.stat().st_mode
    except OSError:
        message = "the folder for kept ranges cannot be made"
        raise SetupError(message) from None
    if os.name == "posix" and mode & _OTHERS_MAY_WRITE:
        message = "the folder for kept ranges can be written by others; run chmod 700"
        raise SetupError(message)
    return folder
