"""Mails that came back, one after the other, from a Maildir, an mbox or a pipe."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from credguard.delivery.reports import MAX_MAIL_OCTETS
from credguard.errors import DeliveryUnavailableError

_SEEN = ":2,S"  # the flag of a mail that was read (Maildir)
_MAX_LINE_OCTETS = 65_536


def read_maildir(folder: str | os.PathLike[str]) -> Iterator[bytes]:
    """
    Yield the new mails of a Maildir; each is moved to ``cur`` after it was used.

    A mail that is being used when the process dies is read again.

    Raises:
        DeliveryUnavailableError: It is no Maildir, or cannot be read.
    """
    root = Path(folder)
    try:
        names = sorted(entry.name for entry in (root / "new").iterdir())
    except OSError:
        names = None
    if names is None:
        message = "the mail folder cannot be read: it has no folder 'new'"
        raise DeliveryUnavailableError(message)
    for name in names:
        mail = _first_part(root / "new" / name)
        if mail is not None:
            yield mail
            _mark_seen(root, name)


def read_mbox(path: str | os.PathLike[str]) -> Iterator[bytes]:
    """
    Yield the mails of an mbox file, of each the first 256 KiB.

    Raises:
        DeliveryUnavailableError: It cannot be read.

    Source:
        RFC 4155 appendix A (mails begin with a line "From ").
    """
    try:
        file = Path(path).open("rb")  # noqa: SIM115  # closed below
    except OSError:
        file = None
    if file is None:
        message = "the mailbox cannot be read"
        raise DeliveryUnavailableError(message)
    with file:
        yield from _split(file)


def read_pipe(stream: BinaryIO) -> bytes:
    """Return the first 256 KiB of the one mail that comes through a pipe."""
    mail = stream.read(MAX_MAIL_OCTETS)
    # A mail system that pipes a mail expects that all of it is read.
    while stream.read(MAX_MAIL_OCTETS):
        pass
    return mail


def _split(file: BinaryIO) -> Iterator[bytes]:
    mail, size, after_blank = list[bytes](), 0, True
    while line := file.readline(_MAX_LINE_OCTETS):
        if after_blank and line.startswith(b"From "):
            if mail:
                yield b"".join(mail)
            mail, size = [], 0
        elif size < MAX_MAIL_OCTETS:
            mail.append(line)
            size += len(line)
        after_blank = line in {b"\n", b"\r\n"}
    if mail:
        yield b"".join(mail)


def _first_part(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(MAX_MAIL_OCTETS)
    except OSError:
        return None  # somebody else took it, or it is no file


def _mark_seen(root: Path, name: str) -> None:
    kept = root / "cur"
    try:
        kept.mkdir(exist_ok=True)
        (root / "new" / name).replace(kept / f"{name.partition(':')[0]}{_SEEN}")
    except OSError:
        return  # it is read again, which changes nothing
