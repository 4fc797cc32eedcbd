"""
Recovery codes that were typed, compared with hashes of other systems.

Hashes cannot be looked up by the code, so that each that is left is compared in
turn. This ends with the set: whoever makes new codes gets our own.
"""

import hashlib
import hmac
import os
import threading
from datetime import timedelta

from credguard.errors import (
    BusyError,
    MissingExtraError,
    UnfitRecordError,
    UnreadableHashError,
)
from credguard.second_factor.takeover.foreign_hashes import (
    from_text,
    parts_of_digest,
    parts_of_pbkdf2,
)

_PATIENCE = timedelta(seconds=5)  # people reload a page after a few seconds
_BCRYPT = ("$2a$", "$2b$", "$2y$")
_BCRYPT_BYTES = 72  # bcrypt looks at no more (Provos, Mazières 1999)


class ForeignCodeChecker:
    """
    Compares typed codes with hashes of other systems, so many at a time.

    Args:
        permits: How many computations may run at a time; None for half the cores.

        patience: How long a caller waits for a permit before it is `BusyError`.
    """

    def __init__(
        self, *, permits: int | None = None, patience: timedelta = _PATIENCE
    ) -> None:
        self._permits = threading.Semaphore(
            permits or max(1, (os.cpu_count() or 1) // 2)
        )
        self._patience = patience.total_seconds()

    def fits(self, typed: str, kept: str) -> bool:
        """
        Return True if *typed* is the code of which *kept* is the hash.

        Args:
            typed: What was typed, 64 characters at most.

            kept: What `ForeignHash.to_text` returned.

        Raises:
            BusyError: No permit or memory in time.
            UnreadableHashError: *kept* is no such text.
            MissingExtraError: It is a bcrypt hash, and bcrypt is not installed.
        """
        try:
            foreign = from_text(kept)
        except UnfitRecordError:
            foreign = None
        if foreign is None:
            message = "The stored hash of a recovery code is unreadable."
            raise UnreadableHashError(message)
        code = foreign.dress.put_on(typed).encode("utf-8", "replace")
        if not self._permits.acquire(timeout=self._patience):
            message = "Too many recovery codes are being checked; try again."
            raise BusyError(message)
        try:
            return _fits(code, foreign.text)
        finally:
            self._permits.release()


def _fits(code: bytes, text: str) -> bool:
    if parts := parts_of_digest(text):
        algorithm, tag = parts
        return hmac.compare_digest(hashlib.new(algorithm, code).digest(), tag)
    if found := parts_of_pbkdf2(text):
        algorithm, iterations, salt, tag = found
        made = hashlib.pbkdf2_hmac(algorithm, code, salt, iterations)
        return hmac.compare_digest(made, tag)
    if text.startswith(_BCRYPT):
        return _fits_bcrypt(code, text.encode("ascii"))
    return _fits_argon2(code, text)


def _fits_bcrypt(code: bytes, text: bytes) -> bool:
    try:
        # Imported here because it is an extra.
        import bcrypt  # noqa: PLC0415
    except ImportError:
        extra = "legacy"
        raise MissingExtraError(extra, needed_for="bcrypt") from None
    try:
        made = bcrypt.hashpw(code[:_BCRYPT_BYTES], text)
    except ValueError:
        return False  # a NUL byte, or a salt that is misspelt: nothing has this hash
    return hmac.compare_digest(made, text)


def _fits_argon2(code: bytes, text: str) -> bool:
    # Imported here so that codes from an app are verified without it.
    from argon2.exceptions import (  # noqa: PLC0415
        InvalidHashError,
        VerificationError,
        VerifyMismatchError,
    )
    from argon2.low_level import Type, verify_secret  # noqa: PLC0415

    kinds = {"argon2i": Type.I, "argon2d": Type.D, "argon2id": Type.ID}
    try:
        return verify_secret(text.encode("ascii"), code, kinds[text.split("$")[1]])
    except (VerifyMismatchError, InvalidHashError):
        return False
    except (VerificationError, MemoryError):
        pass
    message = "There is no memory or no thread for a recovery code now."
    raise BusyError(message)
