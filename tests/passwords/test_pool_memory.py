import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta

import pytest
from argon2.exceptions import HashingError
from second_argon2 import theirs

from credguard.errors import BusyError
from credguard.passwords import CHEAPEST, WorkFactor, buffers, plain_call, pool
from credguard.passwords.buffers import Buffer
from credguard.passwords.pool import Argon2Pool, Permit

LANES_4 = WorkFactor(memory_kib=32, passes=1, lanes=4)
NO_THREAD = -33  # argon2.h, ARGON2_THREAD_FAIL


@pytest.fixture
def used(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Buffer, int]]:
    """Return the buffer and the threads of each computation that the test causes."""
    uses: list[tuple[Buffer, int]] = []
    true_compute = Buffer.compute

    def watched(buffer: Buffer, *args: object, threads: int, **rest: object) -> object:
        uses.append((buffer, threads))
        return true_compute(buffer, *args, threads=threads, **rest)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(Buffer, "compute", watched)
    return uses


def compute(permit: Permit, work_factor: WorkFactor = CHEAPEST) -> bytes:
    """Compute something."""
    return permit.compute(b"password", salt=b"somesalt", work_factor=work_factor)


@pytest.mark.parametrize(
    ("cores", "lent", "threads"),
    [(1, 1, 1), (2, 1, 4), (2, 2, 1), (4, 2, 4), (4, 3, 1)],
)
def test_lanes_have_threads_while_cores_are_idle(
    cores: int,
    lent: int,
    threads: int,
    used: list[tuple[Buffer, int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In a crowd each computation has one thread, and its tag stays the same."""
    monkeypatch.setattr(pool, "_cores", lambda: cores)
    permits = Argon2Pool(permits=lent)
    peer = theirs(passes=1, lanes=4, kib=32)
    with ExitStack() as loans:
        permit, *_ = [loans.enter_context(permits.permit()) for _ in range(lent)]
        answer = compute(permit, LANES_4)
    assert answer == peer.derive(b"password")
    assert used[-1][1] == threads


def test_a_crowd_that_has_gone_is_no_crowd(
    used: list[tuple[Buffer, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Permits that came back count no more, and the last one is lent first."""
    monkeypatch.setattr(pool, "_cores", lambda: 2)
    permits = Argon2Pool(permits=2)
    with permits.permit() as first:
        with permits.permit() as second:
            compute(first, LANES_4)
            compute(second, LANES_4)
        compute(first, LANES_4)
    with permits.permit() as again:
        compute(again, LANES_4)
    assert again is first
    assert [threads for _, threads in used[2:]] == [1, 1, 4, 4]


def test_permits_keep_their_memory(used: list[tuple[Buffer, int]]) -> None:
    """One caller after the other computes in one buffer, however many permits."""
    permits = Argon2Pool(permits=8)
    for _ in range(5):
        with permits.permit() as permit:
            compute(permit)
            compute(permit, LANES_4)
    assert len({id(buffer) for buffer, _ in used[2:]}) == 1


def test_no_more_memory_is_kept_than_was_said(used: list[tuple[Buffer, int]]) -> None:
    """What needs more than a permit keeps has memory of its own, once."""
    permits = Argon2Pool(permits=1, buffer_kib=31)
    with permits.permit() as permit:
        for cost in (CHEAPEST, LANES_4, CHEAPEST, LANES_4):
            compute(permit, cost)
    small, large, again, another = (buffer for buffer, _ in used[2:])
    assert small is again
    assert large is not another
    assert [buffer.memory_kib for buffer in (small, large)] == [31, 32]


@pytest.mark.promise("P6")
def test_two_computations_never_share_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A permit that is used by two at once, against the rule, gives right answers."""
    permits = Argon2Pool(permits=1)
    true_compute = Buffer.compute
    seen: list[Buffer] = []

    def watched(buffer: Buffer, *args: object, **rest: object) -> object:
        seen.append(buffer)
        if len(seen) == 1:
            compute(permit)
        return true_compute(buffer, *args, **rest)  # type: ignore[arg-type]  # handed on

    with permits.permit() as permit:
        expected = compute(permit)
        monkeypatch.setattr(Buffer, "compute", watched)
        assert compute(permit) == expected
        assert seen[0] is not seen[1]
        assert compute(permit) == expected
    assert seen[2] in seen[:2]


@pytest.mark.promise("P8")
@pytest.mark.parametrize("failure", [HashingError("no memory"), MemoryError()])
def test_no_memory_for_the_plain_call_is_busy(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the plain call gets no memory, nothing was decided."""

    def fail(*_args: object, **_kwargs: object) -> bytes:
        raise failure

    monkeypatch.setattr(plain_call, "passes_self_test", lambda: False)
    monkeypatch.setattr(plain_call, "hash_secret_raw", fail)
    with Argon2Pool().permit() as permit, pytest.raises(BusyError) as caught:
        compute(permit)
    assert caught.value.__context__ is None


@pytest.mark.promise("P8")
@pytest.mark.parametrize("failure", [OSError(12, "no memory"), MemoryError()])
@pytest.mark.parametrize("cost", [CHEAPEST, LANES_4])
def test_no_memory_for_a_buffer_is_busy(
    failure: Exception, cost: WorkFactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no buffer can be made, nothing was decided; later it works again."""

    def fail(_memory_kib: int) -> Buffer:
        raise failure

    with Argon2Pool(buffer_kib=8).permit() as permit:
        with monkeypatch.context() as patched:
            patched.setattr(pool, "Buffer", fail)
            with pytest.raises(BusyError) as caught:
                compute(permit, cost)
        assert caught.value.__context__ is None
        assert compute(permit, cost)


def test_a_buffer_is_not_used_after_a_failure(
    used: list[tuple[Buffer, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Argon2 that got no thread may leave what it computed: that memory goes."""
    with Argon2Pool().permit() as permit:
        compute(permit)
        with monkeypatch.context() as patched:
            patched.setattr(buffers, "core", lambda *_: NO_THREAD)
            with pytest.raises(BusyError):
                compute(permit)
        compute(permit)
    before, failed, after = (buffer for buffer, _ in used[2:])
    assert before is failed
    assert after is not failed


def test_a_self_test_that_could_not_run_runs_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A moment without memory does not decide how the process goes on."""
    with Argon2Pool().permit() as permit:
        with monkeypatch.context() as patched:
            patched.setattr(plain_call, "passes_self_test", lambda: None)
            with pytest.raises(BusyError):
                compute(permit)
        assert compute(permit)
    assert not caplog.records


def _refuse() -> bool:
    message = "canary-2b8f"
    raise SystemError(message)


@pytest.mark.parametrize(
    ("self_test", "reason"),
    [(lambda: False, "RFC 9106"), (_refuse, "SystemError")],
)
def test_the_plain_call_remains_and_a_log_line_says_so(
    self_test: Callable[[], bool],
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    used: list[tuple[Buffer, int]],
) -> None:
    """Where our memory is not taken, the tags are the same and it is told once."""
    monkeypatch.setattr(plain_call, "passes_self_test", self_test)
    permits = Argon2Pool(permits=2)
    with permits.permit() as permit:
        made = compute(permit)
    with permits.permit() as permit:
        assert compute(permit) == made
    peer = theirs(passes=1, lanes=1, kib=8)
    assert made == peer.derive(b"password")
    assert not used
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("credguard.passwords", logging.WARNING)
    assert reason in record.getMessage()
    assert "canary" not in record.getMessage()


def test_many_threads_try_our_memory_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many threads come first together, one self-test runs."""
    runs: list[None] = []
    together = threading.Barrier(8)

    def counted() -> bool:
        runs.append(None)
        time.sleep(0.05)  # so that the others are waiting for it
        return True

    monkeypatch.setattr(plain_call, "passes_self_test", counted)
    permits = Argon2Pool(permits=8, patience=timedelta(minutes=1))

    def work() -> None:
        with permits.permit() as permit:
            together.wait()
            compute(permit)

    _in_threads(8, lambda _number: work())
    assert len(runs) == 1


_SHORT_OF_MEMORY = """
import resource
from credguard.errors import BusyError
from credguard.passwords import PasswordHasher, WorkFactor

cost = WorkFactor(memory_kib=262_144, passes=1, lanes=1)
hasher = PasswordHasher(work_factor=cost, permits=1)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**26, used + 2**26))
try:
    hasher.verify("password", stored=None)
except BusyError:
    print("busy")
"""


@pytest.mark.promise("P8", "P12")
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_real_lack_of_memory_is_busy() -> None:
    """With 64 MiB left, a computation on 256 MiB ends in `BusyError`."""
    assert _run(_SHORT_OF_MEMORY) == "busy"


def _in_threads(count: int, work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _run(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
