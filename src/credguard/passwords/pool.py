"""
Argon2 within bounds: so many computations at a time, and the rest wait or give up.

Memory in use is the permits times the memory of one computation, however many
threads ask. "No permit" and "no memory" are `BusyError`: neither right nor wrong.
Each permit keeps its memory for the next computation, which is faster and, other
than memory that was freed, does not add up. See docs/adr/0010-bounded-argon2.md.
"""

import os
import threading
from contextlib import AbstractContextManager
from datetime import timedelta
from queue import Empty, SimpleQueue

from credguard.errors import BusyError, SetupError
from credguard.passwords.buffers import Buffer, Inputs
from credguard.passwords.phc import TAG_BYTES, Variety
from credguard.passwords.plain_call import compute_plainly, takes_buffers
from credguard.passwords.work_factor import (
    MAX_MEMORY_KIB,
    RFC_9106_LOW_MEMORY,
    WorkFactor,
)

DEFAULT_PATIENCE = timedelta(seconds=5)  # people reload a page after a few seconds
MAX_PERMITS = 4096


class _Lending:
    """What one process has lent, and whether Argon2 takes our memory there."""

    __slots__ = ("_free", "_idle", "_lock", "_permits", "_takes_buffers", "buffer_kib")

    def __init__(self, permits: int, buffer_kib: int) -> None:
        self.buffer_kib = buffer_kib
        self._permits = permits
        # A semaphore in C: one entry for each permit that is not lent.
        self._free: SimpleQueue[None] = SimpleQueue()
        for _ in range(permits):
            self._free.put(None)
        # The one that came back last is lent next, so that as few buffers are made
        # as are needed, and stay warm.
        self._idle: list[Permit] = []
        self._lock = threading.Lock()
        self._takes_buffers: bool | None = None

    def lend(self, patience_seconds: float) -> "Permit":
        """
        Return a permit that nobody else has.

        Raises:
            BusyError: None came free in time.
        """
        try:
            self._free.get(timeout=patience_seconds)
        except Empty:
            pass
        else:
            try:
                return self._idle.pop()
            except IndexError:
                return Permit(self)
        message = "Too many passwords are being checked; try again in a moment."
        raise BusyError(message)

    def take_back(self, permit: "Permit") -> None:
        """Make *permit* free again."""
        self._idle.append(permit)
        self._free.put(None)

    def takes_buffers(self) -> bool | None:
        """Return True if Argon2 takes our memory; None if that could not be tried."""
        if self._takes_buffers is None:
            with self._lock:
                if self._takes_buffers is None:
                    self._takes_buffers = takes_buffers()
        return self._takes_buffers

    def threads_for(self, lanes: int) -> int:
        """
        Return how many threads share *lanes*: all of them, or one in a crowd.

        Lanes save time where cores are idle. Where each core has a computation of
        its own, starting threads and waiting for them only costs.
        """
        lent = self._permits - self._free.qsize()
        return lanes if lent * 2 <= _cores() else 1


class Permit:
    """The right to compute, one thing at a time; `Argon2Pool.permit` lends it."""

    __slots__ = ("_kept", "_lending")

    def __init__(self, lending: _Lending) -> None:
        self._lending = lending
        # At most one. Taking it out is atomic, so that a permit that is used after
        # its block, or by two threads, never computes twice in the same memory.
        self._kept: list[Buffer] = []

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
        inputs = Inputs(password, salt)
        is_buffered = self._lending.takes_buffers()
        tag = None
        if is_buffered:
            tag = self._buffered(inputs, work_factor, variety, tag_bytes)
        elif is_buffered is not None:
            tag = compute_plainly(inputs, work_factor, variety, tag_bytes)
        if tag is None:
            # All numbers were checked, so that what can fail is the machine.
            message = "There is no memory or no thread for a password now."
            raise BusyError(message)
        return tag

    def _buffered(
        self, inputs: Inputs, work_factor: WorkFactor, variety: Variety, tag_bytes: int
    ) -> bytes | None:
        lanes = work_factor.lanes
        is_kept = work_factor.memory_kib <= self._lending.buffer_kib
        try:
            buffer = self._kept_buffer() if is_kept else Buffer(work_factor.memory_kib)
        except (OSError, MemoryError):
            return None
        tag = buffer.compute(
            inputs,
            work_factor=work_factor,
            variety=variety,
            tag_bytes=tag_bytes,
            threads=1 if lanes == 1 else self._lending.threads_for(lanes),
        )
        # After a failure of whatever kind the memory goes back to the system, which
        # lets nobody see what is left in it.
        if is_kept and tag is not None and not self._kept:
            self._kept.append(buffer)
        return tag

    def _kept_buffer(self) -> Buffer:
        try:
            return self._kept.pop()
        except IndexError:
            return Buffer(self._lending.buffer_kib)


class Argon2Pool:
    """
    A bounded number of permits to compute, shared by all threads of a process.

    A child made by fork has permits and memory of its own, also when the parent's
    were lent.

    Args:
        permits: How many computations may run at a time; None for one a core.

        patience: How long a caller waits for a permit; zero never waits.

        buffer_kib: The memory that each permit keeps once it was needed. What needs
            more is given memory of its own for as long as it takes.

    Raises:
        SetupError: *permits* is not from 1 to 4,096, *buffer_kib* is no memory that
            Argon2 could use, or *patience* is negative or longer than a wait can be.
    """

    def __init__(
        self,
        *,
        permits: int | None = None,
        patience: timedelta = DEFAULT_PATIENCE,
        buffer_kib: int = RFC_9106_LOW_MEMORY.memory_kib,
    ) -> None:
        self.permits = (os.cpu_count() or 1) if permits is None else permits
        if type(self.permits) is not int or not 1 <= self.permits <= MAX_PERMITS:
            message = f"permits is a whole number from 1 to {MAX_PERMITS}"
            raise SetupError(message)
        self.patience = patience
        self._patience_seconds = patience.total_seconds()
        if not 0 <= patience.total_seconds() <= threading.TIMEOUT_MAX:
            message = "patience is zero or more, and no longer than a wait can be"
            raise SetupError(message)
        self.buffer_kib = buffer_kib
        if type(buffer_kib) is not int or not 1 <= buffer_kib <= MAX_MEMORY_KIB:
            message = f"buffer_kib is a whole number from 1 to {MAX_MEMORY_KIB}"
            raise SetupError(message)
        self._by_process: dict[int, _Lending] = {}

    def permit(self) -> AbstractContextManager[Permit]:
        """
        Lend a permit for a ``with`` block.

        It is held until the block has ended, whoever gave up waiting by then. The
        block raises `BusyError` where no permit came free in time, before anything
        in it runs, and where it runs out of memory.
        """
        return _Loan(self._lending(), self._patience_seconds)

    def _lending(self) -> _Lending:
        # A semaphore copied by fork may be short of permits that nobody will give
        # back. setdefault() is atomic, so that threads agree without a lock, which
        # could itself have been copied while it was held.
        process = os.getpid()
        found = self._by_process.get(process)
        if found is not None:
            return found
        made = self._by_process.setdefault(
            process, _Lending(self.permits, self.buffer_kib)
        )
        # The parent's memory, in this process a copy that nobody needs.
        for other in list(self._by_process):
            if other != process:
                self._by_process.pop(other, None)
        return made


class _Loan:
    """What a ``with`` block holds."""

    __slots__ = ("_lending", "_patience_seconds", "_permit")

    def __init__(self, lending: _Lending, patience_seconds: float) -> None:
        self._lending = lending
        self._patience_seconds = patience_seconds

    def __enter__(self) -> Permit:
        permit = self._permit = self._lending.lend(self._patience_seconds)
        return permit

    def __exit__(self, _kind: object, error: object, _where: object) -> None:
        self._lending.take_back(self._permit)
        if isinstance(error, MemoryError):
            message = "There is no memory for a password now."
            raise BusyError(message) from None


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
