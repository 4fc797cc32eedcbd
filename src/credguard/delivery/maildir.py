"""
Notices as files in a Maildir, for a mail system that picks them up, or to be read.

A file is named after its Message-ID, so that a notice filed again after a crash is
the same file. Half a file is never seen in ``new``: it is written beside it, brought
to the disk, and renamed.
"""

import errno
import hashlib
import os
import secrets
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from credguard._secret import keeping_no_locals
from credguard.campaigns.delivering import Outcome, Receipt
from credguard.delivery._wire import to_bytes
from credguard.errors import DeliveryUnavailableError

_OWNER_ONLY_FOLDER = 0o700  # a notice holds a link that opens an account
_OWNER_ONLY_FILE = 0o600
# Changes within one tick of the file system's clock do not show in a folder's time.
_SETTLED_NS = 2_000_000_000

_REMEDIES = {
    errno.ENOSPC: "the disk is full; make room and run again",
    errno.EDQUOT: "the disk quota is used up; make room and run again",
    errno.EFBIG: "files may not grow any more here; raise the limit and run again",
    errno.EACCES: "we may not write there; change its owner or its mode",
    errno.EPERM: "we may not write there; change its owner or its mode",
    errno.EROFS: "it is on a disk that is mounted read-only",
    errno.ENOTDIR: "it is not a folder, or a part of its path is not one",
    errno.EEXIST: "a file stands where a folder should be",
    errno.ENOENT: "it was taken away; put it back or choose another",
}


@keeping_no_locals
class Maildir:
    """
    A `Delivery` that files each message once.

    What a killed process leaves is at most one file in ``tmp``, which the mail
    systems that read a Maildir clear away after 36 hours.

    Args:
        folder: The Maildir; it and its ``tmp``, ``new`` and ``cur`` are made if
            they do not exist.

    Raises:
        DeliveryUnavailableError: The folders cannot be made.

    Source:
        Daniel J. Bernstein, Using maildir format (tmp, new, cur; flags after a colon).
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        root = Path(folder)
        self._tmp: Final = root / "tmp"
        self._new: Final = root / "new"
        self._cur: Final = root / "cur"
        self._seen: frozenset[str] = frozenset()
        self._seen_at: int | None = None
        failure: OSError | ValueError
        try:
            for part in (root, self._tmp, self._new, self._cur):
                if not part.is_dir():
                    part.mkdir(mode=_OWNER_ONLY_FOLDER, parents=part is root)
        except (OSError, ValueError) as error:
            failure = error
        else:
            return
        raise _unavailable(failure)

    def send(
        self,
        message: EmailMessage,
        *,
        recipient: str,
        return_path: str | None = None,
        idempotency_key: str = "",
    ) -> Receipt:
        """
        File *message*, unless it is there already, read or unread.

        Args:
            message: The message; its Message-ID names the file.

            recipient: Not used: a file is addressed by its headers.

            return_path: Not used, as above.

            idempotency_key: Not used: the Message-ID names the file.

        Returns:
            ACCEPTED ``filed`` once the file is safe on the disk, and when it was
            before; REFUSED ``message`` for one that no mail can carry.

        Raises:
            DeliveryUnavailableError: The disk is full, or the folder cannot be
                written. Send the message again later: it will stand there once.
        """
        del recipient, return_path, idempotency_key
        data = to_bytes(message, line_end=b"\n")
        if data is None:
            return Receipt(Outcome.REFUSED, "message")
        failure: OSError
        try:
            self._file(_name_of(message, data), data)
        except OSError as error:
            failure = error
        else:
            return Receipt(Outcome.ACCEPTED, "filed")
        raise _unavailable(failure)

    def close(self) -> None:
        """Do nothing: every file was closed when it was filed."""

    def _file(self, name: str, data: bytes) -> None:
        # A reader moves files from new to cur; looked at in this order, one that
        # is just being moved is found in one of the two.
        if (self._new / name).exists():
            _bring_to_disk(self._new)
            return
        if self._is_read(name):
            return
        draft = self._tmp / f"{name}.{secrets.token_hex(4)}"
        try:
            _write(draft, data)
            draft.replace(self._new / name)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        _bring_to_disk(self._new)

    def _is_read(self, name: str) -> bool:
        # Listing the folder for each message would be quadratic, so it is listed
        # again only when it has changed.
        changed_at = self._cur.stat().st_mtime_ns
        if changed_at != self._seen_at:
            self._seen = frozenset(
                entry.name.partition(":")[0] for entry in self._cur.iterdir()
            )
            settled = time.time_ns() - changed_at > _SETTLED_NS
            self._seen_at = changed_at if settled else None
        return name in self._seen


def _name_of(message: EmailMessage, data: bytes) -> str:
    identity = message["Message-ID"]
    named = data if identity is None else str(identity).encode("utf-8", "replace")
    return hashlib.sha256(named).hexdigest()


def _write(path: Path, data: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY_FILE)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(file, rest) :]
        os.fsync(file)
    finally:
        os.close(file)


def _bring_to_disk(folder: Path) -> None:
    # The name is in the folder, not in the file: without this a power cut may lose
    # a notice that was told to be filed. Not every system can open a folder.
    if not hasattr(os, "O_DIRECTORY"):
        return
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _unavailable(failure: OSError | ValueError) -> DeliveryUnavailableError:
    number = failure.errno if isinstance(failure, OSError) else None
    remedy = _REMEDIES.get(number or 0, "it cannot be written")
    return DeliveryUnavailableError(f"the mail folder cannot be used: {remedy}")
