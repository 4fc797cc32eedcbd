import gc
import mmap
import os
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest
from argon2 import low_level
from second_argon2 import theirs

from credguard.passwords import CHEAPEST, WorkFactor, buffers
from credguard.passwords.buffers import Buffer, Inputs, passes_self_test
from credguard.passwords.phc import Variety

ffi = low_level.ffi
HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")
MEMORY_ALLOCATION_ERROR = -22  # argon2.h

INPUTS = Inputs(b"password", b"somesalt")

# RFC 9106 sections 5.2 and 5.3.
RFC_INPUTS = Inputs(b"\x01" * 32, b"\x02" * 16, b"\x03" * 8, b"\x04" * 12)
RFC_TAGS = {
    Variety.ARGON2I: "c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8",
    Variety.ARGON2ID: "0d640df58d78766c08c037a34a8b53c9"
    "d01ef0452d75b65eb52520e96b01e659",
}


def compute(
    buffer: Buffer,
    inputs: Inputs = INPUTS,
    *,
    work_factor: WorkFactor = CHEAPEST,
    variety: Variety = Variety.ARGON2ID,
    threads: int = 1,
) -> bytes | None:
    """Compute a tag of 32 bytes in *buffer*."""
    return buffer.compute(
        inputs,
        work_factor=work_factor,
        variety=variety,
        tag_bytes=32,
        threads=threads,
    )


@pytest.mark.promise("P8")
@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("variety", RFC_TAGS)
def test_rfc_9106_vectors(variety: Variety, threads: int) -> None:
    """With secret and associated data, the tags are those of RFC 9106."""
    cost = WorkFactor(memory_kib=32, passes=3, lanes=4)
    buffer = Buffer(64)
    tag = compute(
        buffer, RFC_INPUTS, work_factor=cost, variety=variety, threads=threads
    )
    assert tag is not None
    assert tag.hex() == RFC_TAGS[variety]


def test_nothing_is_left_in_the_memory() -> None:
    """A buffer painted with ones is all zeros after Argon2 has used all of it."""
    cost = WorkFactor(memory_kib=8192, passes=2, lanes=2)
    buffer = Buffer(cost.memory_kib)
    for threads in (1, 2):
        buffer.contents[:] = b"\xff" * len(buffer.contents)
        assert compute(buffer, work_factor=cost, threads=threads)
        assert bytes(buffer.contents).count(0) == 8192 * 1024


def test_argon2_computes_in_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """While Argon2 computes, it is in our memory that its blocks stand."""
    buffer = Buffer(8)
    allocated = []

    def free(_memory: object, _size: int) -> None:
        allocated.append(bytes(buffer.contents))

    seen = ffi.callback("deallocate_fptr", free)
    true_core = low_level.core

    def watched(context: Any, variety: int) -> int:
        context.free_cbk = seen
        # Argon2 wipes before it gives back; the untouched rest shows that it did.
        buffer.contents[:] = b"\xff" * len(buffer.contents)
        return true_core(context, variety)

    monkeypatch.setattr(buffers, "core", watched)
    assert compute(buffer)
    assert allocated == [bytes(8 * 1024)]


def test_a_buffer_serves_smaller_computations_again_and_again() -> None:
    """Whatever ran before and however little memory is asked for, OpenSSL agrees."""
    buffer = Buffer(256)
    for memory_kib, lanes in ((256, 4), (8, 1), (100, 2), (16, 1), (256, 1)):
        cost = WorkFactor(memory_kib=memory_kib, passes=2, lanes=lanes)
        peer = theirs(passes=2, lanes=lanes, kib=memory_kib)
        assert compute(buffer, work_factor=cost) == peer.derive(b"password")


def test_a_secret_serves_one_computation() -> None:
    """Where a secret was given before, the next tag is made without one."""
    buffer = Buffer(8)
    expected = compute(buffer)
    assert compute(buffer, RFC_INPUTS) is not None
    assert compute(buffer) == expected


def test_more_than_the_buffer_holds_is_not_computed() -> None:
    """A computation never gets more memory than there is."""
    cost = WorkFactor(memory_kib=16, passes=1, lanes=1)
    assert compute(Buffer(15), work_factor=cost) is None


def test_the_memory_goes_with_its_buffer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a garbage collector the mapping ends with the last reference."""
    mappings: list[weakref.ref[mmap.mmap]] = []
    true_mmap = mmap.mmap

    def watched(*args: int, **kwargs: int) -> mmap.mmap:
        mapping = true_mmap(*args, **kwargs)
        mappings.append(weakref.ref(mapping))
        return mapping

    monkeypatch.setattr(mmap, "mmap", watched)
    gc.disable()
    try:
        buffer = Buffer(8)
        assert compute(buffer)
        assert mappings[0]() is not None
        del buffer
        assert mappings[0]() is None
    finally:
        gc.enable()


def test_the_self_test_passes_here() -> None:
    """The library that the tests run with takes our memory."""
    assert passes_self_test() is True


def test_a_wrong_tag_fails_the_self_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that answers without computing is not trusted."""
    monkeypatch.setattr(buffers, "core", lambda *_: 0)
    assert passes_self_test() is False


def test_memory_that_is_not_wiped_fails_the_self_test(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The right tag does not do where our memory is left as it was."""
    true_core = low_level.core

    def leaving(context: Any, variety: int) -> int:
        context.allocate_cbk = context.free_cbk = ffi.NULL
        return true_core(context, variety)

    monkeypatch.setattr(buffers, "core", leaving)
    assert passes_self_test() is False


def test_a_self_test_short_of_memory_tells_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where Argon2 finds no memory of its own, it was not tried out."""
    monkeypatch.setattr(buffers, "core", lambda *_: MEMORY_ALLOCATION_ERROR)
    assert passes_self_test() is None


def test_inputs_show_nothing() -> None:
    """No password stands in the representation of what is hashed."""
    assert repr(INPUTS) == "Inputs()"


def _flags(address: int) -> set[str]:
    """Return what the kernel knows about the mapping that *address* is in."""
    within = False
    for line in Path("/proc/self/smaps").read_text("ascii").splitlines():
        first, _, rest = line.partition(" ")
        if "-" in first:
            start, end = (int(part, 16) for part in first.split("-"))
            within = start <= address < end
        elif within and first == "VmFlags:":
            return set(rest.split())
    return set()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_kernel_is_advised() -> None:
    """Core dumps and children get nothing; large memory lies in huge pages."""
    buffer = Buffer(5 * 1024)
    start = int(ffi.cast("uintptr_t", buffer._start))
    assert start % 2**21 == 0
    # proc(5): dd is kept out of core dumps, wf is wiped on fork, hg is huge pages.
    flags = _flags(start)
    assert {"dd", "wf"} <= flags
    assert ("hg" in flags) == HUGE_PAGES.exists()
    assert "hg" not in _flags(start + 4 * 2**20)


_FORK = """
import os
from credguard.passwords.buffers import Buffer

buffer = Buffer(64)
buffer.contents[:] = b"\\xff" * len(buffer.contents)
child = os.fork()
if child == 0:
    found = bytes(buffer.contents).count(0)
    buffer.contents[:] = b"\\x01" * len(buffer.contents)
    os._exit(0 if found == 64 * 1024 else 1)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(status, bytes(buffer.contents).count(255))
"""

_SIGNAL = """
import signal
import time
from credguard.passwords import WorkFactor
from credguard.passwords.buffers import Buffer, Inputs
from credguard.passwords.phc import Variety

class Interrupted(BaseException):
    pass

def interrupt(*_):
    raise Interrupted

signal.signal(signal.SIGALRM, interrupt)
cost = WorkFactor(memory_kib=8, passes=1, lanes=1)
buffer = Buffer(8)
try:
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    end = time.monotonic() + 60
    while time.monotonic() < end:
        buffer.compute(Inputs(b"password", b"somesalt"), work_factor=cost,
                       variety=Variety.ARGON2ID, tag_bytes=32, threads=1)
except Interrupted:
    print("interrupted")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux to wipe on fork")
def test_a_forked_child_has_empty_memory_of_its_own() -> None:
    """A child reads zeros where the parent computed, and writes to its own pages."""
    assert _run(_FORK) == ("0 65536", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no such signals")
def test_a_signal_is_not_lost() -> None:
    """An exception raised by a signal in the midst of Argon2 reaches the caller."""
    assert _run(_SIGNAL) == ("interrupted", "")


@pytest.mark.parametrize("callback", ["allocate_cbk", "free_cbk"])
def test_an_exception_in_a_callback_reaches_the_caller(
    callback: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """What is raised while Argon2 calls us is raised when it has returned."""
    buffer = Buffer(8)

    def fail(*_args: object) -> int:
        raise KeyboardInterrupt

    kind = "allocate_fptr" if callback == "allocate_cbk" else "deallocate_fptr"
    remember = buffers._remembering(buffer._raised)
    failing = ffi.callback(kind, fail, onerror=remember)
    setattr(buffer._context, callback, failing)
    with pytest.raises(KeyboardInterrupt):
        compute(buffer)
    assert capfd.readouterr().err == ""


def _run(script: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return done.stdout.strip(), done.stderr.strip()
