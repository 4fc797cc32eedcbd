"""Calls other than the database's that burn a fuse: randomness, clock, mail, files."""

import errno
import io
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any, NoReturn

import pytest
from fuses import Fuse, Trouble

from credguard.campaigns import Receipt
from credguard.errors import DeliveryUnavailableError
from credguard.testing import RememberedMail

# What a file system may say.
_CODES = {
    Trouble.LOST: errno.ESTALE,
    Trouble.DEADLOCK: errno.EDQUOT,
    Trouble.FULL: errno.ENOSPC,
    Trouble.IO: errno.EIO,
    Trouble.READ_ONLY: errno.EROFS,
}
_FILE_CALLS = (
    "open",
    "fsync",
    "replace",
    "rename",
    "ftruncate",
    "mkdir",
    "unlink",
)
_WRITES = set("wax+")


class ClockGoneError(Exception):
    """What the host's own clock raises goes through to the caller."""


class FusedClock:
    """A clock that stands still, and fails at one of the times that it is asked."""

    def __init__(self, now: datetime, fuse: Fuse) -> None:
        self.now = now
        self._fuse = fuse

    def __call__(self) -> datetime:
        """Return the instant."""
        self._fuse.burn(_clock_gone, "clock")
        return self.now

    def advance(self, by: timedelta) -> None:
        """Move the clock."""
        self.now += by


def _clock_gone(_: Trouble) -> NoReturn:
    raise ClockGoneError


class FusedMail(RememberedMail):
    """A mail server that is away at one step, or takes a message and says nothing."""

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self._fuse = fuse

    def send(
        self,
        message: EmailMessage,
        *,
        recipient: str,
        return_path: str | None = None,
        idempotency_key: str = "",
    ) -> Receipt:
        """Remember *message*."""
        self._fuse.burn(_no_mail, "mail")
        receipt = super().send(
            message,
            recipient=recipient,
            return_path=return_path,
            idempotency_key=idempotency_key,
        )
        self._fuse.burn(_no_mail, "mailed")
        return receipt


def _no_mail(_: Trouble) -> NoReturn:
    message = "the mail server does not answer"
    raise DeliveryUnavailableError(message)


def refused(trouble: Trouble) -> NoReturn:
    """Raise what the operating system would."""
    code = _CODES[trouble]
    raise OSError(code, os.strerror(code))


@contextmanager
def fused_randomness(fuse: Fuse) -> Iterator[Fuse]:
    """Let every draw from the system burn *fuse*."""
    drawn = os.urandom

    def draw(count: int) -> bytes:
        fuse.burn(refused, "random")
        return drawn(count)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "urandom", draw)
        patch.setattr(random, "_urandom", draw)  # what `secrets` draws with
        yield fuse


class _FusedFile(io.FileIO):
    fuse: Fuse

    def write(self, data: Any) -> int:
        return _torn(super().write, data, self.fuse)

    def truncate(self, size: int | None = None) -> int:
        self.fuse.burn(refused, "file.truncate")
        return super().truncate(size)


def _torn(write: Callable[[Any], int], data: Any, fuse: Fuse) -> int:
    """Write, in two steps: before anything is written, and when half of it is."""
    fuse.burn(refused, "write")
    if fuse.is_next:
        write(bytes(data)[: len(data) // 2])
    fuse.burn(refused, "half a write")
    return write(data)


@contextmanager
def fused_files(fuse: Fuse) -> Iterator[Fuse]:
    """Let every call that makes or changes a file burn *fuse*."""
    opened, os_write, os_pwrite = io.open, os.write, os.pwrite

    def open_file(
        file: Any, mode: str = "r", buffering: int = -1, *args: Any, **named: Any
    ) -> Any:
        if not _WRITES & set(mode):
            return opened(file, mode, buffering, *args, **named)
        fuse.burn(refused, f"open {mode}")
        made = _FusedFile(file, mode.replace("b", ""))
        made.fuse = fuse
        if buffering == 0:
            return made
        kept = io.BufferedWriter(made)
        return kept if "b" in mode else io.TextIOWrapper(kept, *args, **named)

    def write(file: int, data: Any) -> int:
        return _torn(lambda part: os_write(file, part), data, fuse)

    def pwrite(file: int, data: Any, at: int) -> int:
        return _torn(lambda part: os_pwrite(file, part, at), data, fuse)

    with pytest.MonkeyPatch.context() as patch:
        for name in _FILE_CALLS:
            patch.setattr(os, name, _fused(getattr(os, name), fuse, name))
        patch.setattr(os, "write", write)
        patch.setattr(os, "pwrite", pwrite)
        patch.setattr(io, "open", open_file)  # what pathlib opens with
        yield fuse


def _fused(call: Callable[..., Any], fuse: Fuse, name: str) -> Callable[..., Any]:
    def fused(*args: Any, **named: Any) -> Any:
        reads = name == "open" and not args[1] & (os.O_WRONLY | os.O_RDWR)
        fuse.burn(refused, "open to read" if reads else name)
        return call(*args, **named)

    return fused
