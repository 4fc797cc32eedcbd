"""The slow hash of recovery codes: Argon2id, so many at a time and no more."""

import os
import re
import threading
from datetime import timedelta

from argon2.exceptions import HashingError, VerificationError, VerifyMismatchError
from argon2.low_level import Type, hash_secret, verify_secret

from credguard._random import random_bytes
from credguard._secret import keeping_no_locals
from credguard.errors import (
    BusyError,
    SetupError,
    UnreadableHashError,
    WorkFactorTooHighError,
)

# OWASP Password Storage Cheat Sheet, Argon2id, second choice.
MEMORY_KIB = 19_456
PASSES = 2
LANES = 1

MOST_MEMORY_KIB = 131_072  # that a stored hash may ask for
MOST_PASSES = 16
MOST_LANES = 16

_PATIENCE = timedelta(seconds=5)  # people reload a page after a few seconds
_SALT_BYTES = 16  # RFC 9106 section 3.1
_TAG_BYTES = 32
_SHAPE = re.compile(
    r"\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,3})"
    r"\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,107}",
    re.ASCII,
)


@keeping_no_locals
class Argon2CodeHasher:
    """
    Argon2id for recovery codes; a `CodeHasher`.

    It has permits of its own: a flood of recovery codes does not keep passwords
    from being verified, and takes no more memory than permits times *memory_kib*.

    Args:
        memory_kib: Memory of one computation in KiB.

        passes: How often the memory is gone over.

        permits: How many computations may run at a time; None for half the cores.

        patience: How long a caller waits for a permit before it is `BusyError`.

    Raises:
        SetupError: A number is out of its range.

    Source:
        RFC 9106.
    """

    def __init__(
        self,
        *,
        memory_kib: int = MEMORY_KIB,
        passes: int = PASSES,
        permits: int | None = None,
        patience: timedelta = _PATIENCE,
    ) -> None:
        self._permits = permits or max(1, (os.cpu_count() or 1) // 2)
        in_range = (
            8 * LANES <= memory_kib <= MOST_MEMORY_KIB
            and 1 <= passes <= MOST_PASSES
            and self._permits > 0
        )
        if not in_range or patience < timedelta(0):
            message = (
                f"a recovery code's hash takes 8 to {MOST_MEMORY_KIB} KiB and "
                f"1 to {MOST_PASSES} passes"
            )
            raise SetupError(message)
        self._cost = {
            "time_cost": passes,
            "memory_cost": memory_kib,
            "parallelism": LANES,
        }
        self._patience = patience.total_seconds()
        self._by_process: dict[int, threading.Semaphore] = {}
        # Zeros for salt and tag: to find what has this hash is to invert Argon2.
        self.decoy = (
            f"$argon2id$v=19$m={memory_kib},t={passes},p={LANES}${'A' * 22}${'A' * 43}"
        )

    def hash(self, digest: bytes) -> str:
        """
        Return a salted hash of *digest*.

        Raises:
            BusyError: No permit or memory in time.
        """
        with self._permit():
            try:
                hashed = hash_secret(
                    digest,
                    random_bytes(_SALT_BYTES),
                    hash_len=_TAG_BYTES,
                    type=Type.ID,
                    **self._cost,
                )
                return hashed.decode("ascii")
            except (HashingError, MemoryError):
                pass
        raise BusyError(_NO_MEMORY)

    def fits(self, digest: bytes, hashed: str) -> bool:
        """
        Return True if *hashed* is a hash of *digest*; costs one computation.

        Raises:
            BusyError: No permit or memory in time.
            UnreadableHashError: It is no hash of this kind.
            WorkFactorTooHighError: It asks for too much work.
        """
        _check(hashed)
        with self._permit():
            try:
                return verify_secret(hashed.encode("ascii"), digest, Type.ID)
            except VerifyMismatchError:
                return False
            except (VerificationError, MemoryError):
                pass
        raise BusyError(_NO_MEMORY)

    def _permit(self) -> "_Loan":
        # A semaphore copied by fork may be short of permits that nobody gives back.
        permits = self._by_process.setdefault(
            os.getpid(), threading.Semaphore(self._permits)
        )
        return _Loan(permits, self._patience)


_NO_MEMORY = "There is no memory or no thread for a recovery code now."


class _Loan:
    """A permit for a ``with`` block."""

    __slots__ = ("_patience", "_permits")

    def __init__(self, permits: threading.Semaphore, patience: float) -> None:
        self._permits = permits
        self._patience = patience

    def __enter__(self) -> None:
        if not self._permits.acquire(timeout=self._patience):
            message = "Too many recovery codes are being checked; try again."
            raise BusyError(message)

    def __exit__(self, _kind: object, _error: object, _at: object) -> None:
        self._permits.release()


def _check(hashed: str) -> None:
    found = _SHAPE.fullmatch(hashed)
    if found is None:
        message = "The stored hash of a recovery code is unreadable."
        raise UnreadableHashError(message)
    asked = zip(
        ("memory in KiB", "passes", "lanes"),
        map(int, found.groups()),
        (MOST_MEMORY_KIB, MOST_PASSES, MOST_LANES),
        strict=True,
    )
    for what, number, most in asked:
        if number > most:
            raise WorkFactorTooHighError(what, ceiling=most)
