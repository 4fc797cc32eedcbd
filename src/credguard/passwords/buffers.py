"""
Memory for Argon2 that is kept from one computation to the next.

Argon2 asks the system for memory at each call and gives it back at the end, so that
much of the time goes into pages that the system must find, zero and map. Here the
memory is mapped once, on Linux in huge pages, and handed in. Argon2 wipes it after
use; `passes_self_test` makes sure of that before anything secret is computed.
"""

import mmap
import sys
from collections.abc import Callable, MutableSequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from argon2.low_level import Type, core, ffi

from credguard.passwords.phc import Variety
from credguard.passwords.work_factor import WorkFactor

ARGON2_VERSION = 0x13  # RFC 9106 section 3.2
TYPES = {Variety.ARGON2ID: Type.ID, Variety.ARGON2I: Type.I}

_KIB = 1024
_HUGE_PAGE = 2 * 1024 * _KIB  # of x86-64, and of ARM64 with pages of 4 KiB
_SUCCESS = 0  # argon2.h, ARGON2_OK
# Looked up once: a microsecond here is a twentieth of what a verify may add.
_TYPE_NUMBERS = {variety: number.value for variety, number in TYPES.items()}
_BYTES = ffi.typeof("uint8_t[]")

# Private: a child made by fork has a copy of its own. Windows knows no such flags.
_MAPPING = (
    {} if sys.platform == "win32" else {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS}
)
# madvise(2) of Linux: a child finds zeros, and fork copies nothing. Python has no
# name for it.
_WIPE_ON_FORK = 18 if sys.platform == "linux" else None


@dataclass(slots=True)  # frozen ones take twice as long to make
class Inputs:
    """
    What a tag is computed from, apart from its cost.

    Attributes:
        password: The bytes to hash.
        salt: 8 bytes or more.
        secret: A key, as in RFC 9106; only its test vectors have one.
        associated: Associated data, taken together with a secret.
    """

    password: bytes = field(repr=False)
    salt: bytes = field(repr=False)
    secret: bytes = field(default=b"", repr=False)
    associated: bytes = field(default=b"", repr=False)


class Buffer:
    """
    Zeroed memory for one computation at a time, as long as the object lives.

    The system hands out the pages when they are first written to, so that a buffer
    costs no more memory than the largest computation that ran in it.

    Args:
        memory_kib: The largest computation that it has room for.

    Raises:
        OSError: The machine has no memory.
        MemoryError: As above, or it allows no callbacks.
    """

    __slots__ = (
        "_allocate",
        "_context",
        "_free",
        "_mapping",
        "_raised",
        "_start",
        "memory_kib",
    )

    def __init__(self, memory_kib: int) -> None:
        self.memory_kib = memory_kib
        size = memory_kib * _KIB
        mapping = mmap.mmap(-1, size + _HUGE_PAGE, **_MAPPING)
        # A view keeps the mapping where it is until the buffer is gone.
        self._mapping = ffi.from_buffer(_BYTES, mapping)
        # A huge page begins at a multiple of its size. The last one is left out if
        # it would be half empty.
        skipped = -int(ffi.cast("uintptr_t", self._mapping)) % _HUGE_PAGE
        self._start = self._mapping + skipped
        huge = getattr(mmap, "MADV_HUGEPAGE", None)
        _advise(mapping, huge, skipped, size - size % _HUGE_PAGE)
        for advice in (getattr(mmap, "MADV_DONTDUMP", None), _WIPE_ON_FORK):
            _advise(mapping, advice, 0, size + _HUGE_PAGE)
        self._raised: list[BaseException] = []
        self._allocate = _lending(self._start, size, self._raised)
        self._free = _taking_back(self._raised)
        # What is the same in each computation is told to Argon2 once.
        self._context = ffi.new("argon2_context *")
        self._context.version = ARGON2_VERSION
        self._context.allocate_cbk = self._allocate
        self._context.free_cbk = self._free

    @property
    def contents(self) -> memoryview:
        """The memory itself, to look at while the buffer lives."""
        return memoryview(ffi.buffer(self._start, self.memory_kib * _KIB))

    def compute(
        self,
        inputs: Inputs,
        *,
        work_factor: WorkFactor,
        variety: Variety,
        tag_bytes: int,
        threads: int,
    ) -> bytes | None:
        """
        Return the tag, None if the machine was short of memory or threads.

        Nothing is left in the memory when a tag is returned. In every other case
        the buffer must not be used again.

        Args:
            inputs: What to hash.

            work_factor: What it may cost; its memory fits the buffer.

            variety: Which Argon2.

            tag_bytes: The tag's length in bytes.

            threads: How many threads share the lanes, which makes no other tag: one,
                or as many as there are lanes.
        """
        context = self._context
        tag = ffi.new(_BYTES, tag_bytes)
        context.out, context.outlen = tag, tag_bytes
        views = _give(context, inputs)
        context.t_cost = work_factor.passes
        context.m_cost = work_factor.memory_kib
        context.lanes, context.threads = work_factor.lanes, threads
        status = core(context, _TYPE_NUMBERS[variety])
        del views
        if self._raised:
            # Ctrl-C, for one, arrives wherever Python code happens to run.
            raise self._raised.pop()
        return bytes(ffi.buffer(tag)) if status == _SUCCESS else None


def _give(context: Any, inputs: Inputs) -> object:  # noqa: ANN401  # cffi has no types
    """Point *context* at *inputs*, for as long as what is returned is kept."""
    # Views and not copies, which would stay behind in freed memory.
    password = ffi.from_buffer(_BYTES, inputs.password)
    salt = ffi.from_buffer(_BYTES, inputs.salt)
    context.pwd, context.pwdlen = password, len(password)
    context.salt, context.saltlen = salt, len(salt)
    if not inputs.secret:
        context.secretlen = context.adlen = 0
        return password, salt
    secret = ffi.from_buffer(_BYTES, inputs.secret)
    associated = ffi.from_buffer(_BYTES, inputs.associated)
    context.secret, context.secretlen = secret, len(secret)
    context.ad, context.adlen = associated, len(associated)
    return password, salt, secret, associated


def _advise(mapping: mmap.mmap, advice: int | None, start: int, length: int) -> None:
    """Tell the system about a part of *mapping*, where it takes such advice."""
    if advice is not None and length:
        with suppress(OSError):
            mapping.madvise(advice, start, length)


# No closure knows its buffer: the memory must go with the last reference to it, and
# not when the garbage collector finds a circle.


def _remembering(
    raised: list[BaseException],
) -> Callable[[type[BaseException], BaseException, object], None]:
    def remember(
        _kind: type[BaseException], error: BaseException, _where: object
    ) -> None:
        raised.append(error)

    return remember


def _lending(start: object, size: int, raised: list[BaseException]) -> object:
    """Return the callback by which Argon2 is given memory."""

    @ffi.callback("allocate_fptr", onerror=_remembering(raised))  # type: ignore[untyped-decorator]  # cffi has no types
    def allocate(memory: MutableSequence[object], wanted: int) -> int:
        # A pointer that stays null is a lack of memory to Argon2.
        if wanted <= size:
            memory[0] = start
        return 0

    return allocate


def _taking_back(raised: list[BaseException]) -> object:
    """Return the callback that Argon2 calls after it has wiped the memory."""

    @ffi.callback("deallocate_fptr", onerror=_remembering(raised))  # type: ignore[untyped-decorator]  # cffi has no types
    def free(_memory: object, _size: int) -> None:
        """The memory is kept."""

    return free


# RFC 9106 section 5: what its test vectors share, and the tags of 5.2 and 5.3.
_VECTOR = Inputs(
    password=b"\x01" * 32,
    salt=b"\x02" * 16,
    secret=b"\x03" * 8,
    associated=b"\x04" * 12,
)
_VECTOR_COST = WorkFactor(memory_kib=32, passes=3, lanes=4)
_VECTOR_TAGS = {
    Variety.ARGON2I: bytes.fromhex(
        "c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8"
    ),
    Variety.ARGON2ID: bytes.fromhex(
        "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
    ),
}


def passes_self_test() -> bool | None:
    """
    Return True if Argon2 takes our memory, gives RFC 9106's tags, and wipes it.

    Returns:
        None if it could not be tried, for lack of memory.

    Raises:
        Exception: Whatever comes of a library or a system that allows none of it.

    Source:
        RFC 9106 sections 5.2 and 5.3.
    """
    buffer = Buffer(_VECTOR_COST.memory_kib)
    size = len(buffer.contents)
    for variety, expected in _VECTOR_TAGS.items():
        # What is not overwritten and then wiped stays visible.
        buffer.contents[:] = b"\xff" * size
        tag = buffer.compute(
            _VECTOR,
            work_factor=_VECTOR_COST,
            variety=variety,
            tag_bytes=len(expected),
            threads=1,
        )
        if tag is None:
            return None
        if tag != expected or bytes(buffer.contents).count(0) != size:
            return False
    return True
