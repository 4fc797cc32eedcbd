"""
Argon2 within bounds: so many computations at a time, and the rest wait or give up.

Memory in use is the permits times the memory of one computation, however many
threads ask. "No permit" and "no memory" are `BusyError`: neither right nor wrong.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw

from credguard.errors import BusyError, SetupError
from credguard.passwords.phc import TAG_BYTES, Variety
from credguard.passwords.work_factor import WorkFactor

DEFAULT_PATIENCE = timedelta(seconds=5)  # people reload a page after a few seconds
MAX_PERMITS = 4096

_TYPES = {Variety.ARGON2ID: Type.ID, Variety.ARGON2I: Type.I}


class Permit:
    """The right to compute, one thing at a time; `Argon2Pool.permit` lends it."""

    __slots__ = ()

    def compute(
        self,
        password: bytes,
        *,
        salt: bytes,
        work_factor: WorkFactor,
        variety: Variety = Variety.ARGON2ID,
        tag_bytes: int = TAG_BYTES,
    ) -> bytes:
        """
        Return the Argon2 tag of *password*.

        Args:
            password: The bytes to hash; NUL bytes count like any other.

            salt: 8 bytes or more.

            work_factor: What it may cost.

            variety: Which Argon2.

            tag_bytes: The tag's length in bytes.

        Raises:
            BusyError: The machine gave no memory or no thread.

        Source:
            RFC 9106, version 19 (0x13).
        """
        try:
            return hash_secret_raw(
                password,
                salt,
                time_cost=work_factor.passes,
                memory_cost=work_factor.memory_kib,
                parallelism=work_factor.lanes,
                hash_len=tag_bytes,
                type=_TYPES[variety],
            )
        except (HashingError, MemoryError):
            # All numbers were checked, so that what can fail is the machine.
            pass
        message = "There is no memory or no thread for a password now."
        raise BusyError(message)


class Argon2Pool:
    """
    A bounded number of permits to compute, shared by all threads of a process.

    A child made by fork has permits of its own, also when the parent's were lent.

    Args:
        permits: How many computations may run at a time; None for one a core.

        patience: How long a caller waits for a permit; zero never waits.

    Raises:
        SetupError: *permits* is not from 1 to 4,096, or *patience* is negative or
            longer than a wait can be.
    """

    def __init__(
        self, *, permits: int | None = None, patience: timedelta = DEFAULT_PATIENCE
    ) -> None:
        self.permits = (os.cpu_count() or 1) if permits is None else permits
        if type(self.permits) is not int or not 1 <= self.permits <= MAX_PERMITS:
            message = f"permits is a whole number from 1 to {MAX_PERMITS}"
            raise SetupError(message)
        self.patience = patience
        if not 0 <= patience.total_seconds() <= threading.TIMEOUT_MAX:
            message = "patience is zero or more, and no longer than a wait can be"
            raise SetupError(message)
        self._permit = Permit()
        self._by_process: dict[int, threading.BoundedSemaphore] = {}

    @contextmanager
    def permit(self) -> Iterator[Permit]:
        """
        Lend a permit; it is held until the block has ended, whoever gave up by then.

        Raises:
            BusyError: No permit came free in time, or the block ran out of memory.
        """
        semaphore = self._semaphore()
        if not semaphore.acquire(timeout=self.patience.total_seconds()):
            message = "Too many passwords are being checked; try again in a moment."
            raise BusyError(message)
        try:
            yield self._permit
        except MemoryError:
            message = "There is no memory for a password now."
            raise BusyError(message) from None
        finally:
            semaphore.release()

    def _semaphore(self) -> threading.BoundedSemaphore:
        # A semaphore copied by fork may be short of permits that nobody will give
        # back. setdefault() is atomic, so that threads agree without a lock, which
        # could itself have been copied while it was held.
        process = os.getpid()
        found = self._by_process.get(process)
        if found is not None:
            return found
        return self._by_process.setdefault(
            process, threading.BoundedSemaphore(self.permits)
        )
