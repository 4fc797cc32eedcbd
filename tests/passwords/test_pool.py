import asyncio
import os
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from argon2 import low_level
from second_argon2 import theirs

from credguard.errors import BusyError, SetupError
from credguard.passwords import CHEAPEST, WorkFactor, buffers, plain_call, pool
from credguard.passwords.buffers import Buffer
from credguard.passwords.phc import Variety
from credguard.passwords.pool import Argon2Pool, Permit

# github.com/P-H-C/phc-winner-argon2, src/test.c: version 0x13, "password", "somesalt".
REFERENCE = [
    (256, 2, 1, "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"),
    (256, 2, 2, "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"),
    (65536, 1, 1, "f6a5adc1ba723dddef9b5ac1d464e180fcd9dffc9d1cbf76cca2fed795d9ca98"),
]


@pytest.fixture(params=["buffers", "plain"])
def _both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute in memory of ours, and by the plain call."""
    if request.param == "plain":
        monkeypatch.setattr(plain_call, "passes_self_test", lambda: False)


def compute(permit: Permit, work_factor: WorkFactor = CHEAPEST) -> bytes:
    """Compute something."""
    return permit.compute(b"password", salt=b"somesalt", work_factor=work_factor)


@pytest.mark.usefixtures("_both_ways")
@pytest.mark.parametrize(("memory_kib", "passes", "lanes", "tag"), REFERENCE)
def test_reference_vectors(memory_kib: int, passes: int, lanes: int, tag: str) -> None:
    """The tags are those of Argon2's reference code."""
    cost = WorkFactor(memory_kib=memory_kib, passes=passes, lanes=lanes)
    with Argon2Pool().permit() as permit:
        assert compute(permit, cost).hex() == tag


@pytest.mark.usefixtures("_both_ways")
def test_argon2i_reference_vector() -> None:
    """Argon2i gives the tag of Argon2's reference code (src/test.c, m=256)."""
    cost = WorkFactor(memory_kib=256, passes=2, lanes=1)
    with Argon2Pool().permit() as permit:
        made = permit.compute(
            b"password", salt=b"somesalt", work_factor=cost, variety=Variety.ARGON2I
        )
    expected = "89e9029f4637b295beb027056a7336c414fadd43f6b208645281cb214a56452f"
    assert made.hex() == expected


@pytest.mark.usefixtures("_both_ways")
@pytest.mark.parametrize("tag_bytes", [16, 32, 64])
def test_openssl_agrees(tag_bytes: int) -> None:
    """OpenSSL's own Argon2id gives the same tag, NUL bytes and all."""
    password, salt = b"p\x00ssword \xff", b"0123456789abcdef"
    cost = WorkFactor(memory_kib=96, passes=3, lanes=3)
    with Argon2Pool().permit() as permit:
        made = permit.compute(
            password, salt=salt, work_factor=cost, tag_bytes=tag_bytes
        )
    peer = theirs(salt=salt, length=tag_bytes, passes=3, lanes=3, kib=96)
    assert made == peer.derive(password)


@pytest.mark.usefixtures("_both_ways")
def test_an_empty_password_is_hashed_like_any_other() -> None:
    """No bytes are bytes as well."""
    with Argon2Pool().permit() as permit:
        made = permit.compute(b"", salt=b"somesalt", work_factor=CHEAPEST)
    peer = theirs(passes=1, lanes=1, kib=8)
    assert made == peer.derive(b"")


def test_running_out_of_memory_in_a_block_is_busy_and_gives_the_permit_back() -> None:
    """Whatever a block computes, a lack of memory is `BusyError`."""
    permits = Argon2Pool(permits=1, patience=timedelta(0))
    for _ in range(2):
        with pytest.raises(BusyError), permits.permit():
            raise MemoryError


@pytest.mark.promise("P12")
def test_no_permit_in_time_is_busy() -> None:
    """A caller that gets no permit gives up, and the permit can be lent again."""
    permits = Argon2Pool(permits=1, patience=timedelta(milliseconds=10))
    with permits.permit(), pytest.raises(BusyError), permits.permit():
        pass
    with permits.permit():
        pass


def test_a_permit_comes_back_after_any_error() -> None:
    """An error inside the block does not lose the permit."""
    permits = Argon2Pool(permits=1, patience=timedelta(0))
    for _ in range(3):
        with pytest.raises(KeyError), permits.permit():
            raise KeyError


@pytest.mark.promise("P6", "P12")
def test_no_more_computations_than_permits_run_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sixteen threads compute two at a time, and each gets its own answer."""
    lock, running, most = threading.Lock(), 0, 0
    true_compute = Buffer.compute
    seen: set[int] = set()

    def watched(buffer: Buffer, *args: object, **rest: object) -> object:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            seen.add(id(buffer))
        try:
            return true_compute(buffer, *args, **rest)  # type: ignore[arg-type]  # handed on
        finally:
            with lock:
                running -= 1

    permits = Argon2Pool(permits=2, patience=timedelta(minutes=1))
    cost = WorkFactor(memory_kib=1024, passes=1, lanes=1)
    answers: dict[int, bytes] = {}

    def work(number: int) -> None:
        with permits.permit() as permit:
            answers[number] = permit.compute(
                bytes([number]), salt=b"somesalt", work_factor=cost
            )

    with permits.permit() as permit:
        compute(permit)
    monkeypatch.setattr(Buffer, "compute", watched)
    _in_threads(16, work)
    assert most <= 2
    assert len(seen) <= 2
    for number, answer in answers.items():
        peer = theirs(passes=1, lanes=1, kib=1024)
        assert answer == peer.derive(bytes([number]))
    assert len(answers) == 16


@pytest.mark.promise("P6")
def test_a_permit_is_held_until_the_call_has_returned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A task that is cancelled does not free the permit that its thread still uses."""
    permits = Argon2Pool(permits=1, patience=timedelta(0))
    begun, may_end = threading.Event(), threading.Event()
    true_core = low_level.core

    def slow(context: object, variety: int) -> int:
        begun.set()
        assert may_end.wait(60)
        return true_core(context, variety)

    with permits.permit() as permit:
        compute(permit)
    monkeypatch.setattr(buffers, "core", slow)

    def work() -> bytes:
        with permits.permit() as permit:
            return compute(permit)

    async def give_up() -> None:
        computing = asyncio.create_task(asyncio.to_thread(work))
        await asyncio.to_thread(begun.wait, 60)
        computing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await computing
        with pytest.raises(BusyError), permits.permit():
            pass
        may_end.set()

    asyncio.run(give_up())  # which waits for the thread to end
    assert work()


@pytest.mark.parametrize("permits", [0, -1, True, 1.5, 4097])
def test_permits_that_make_no_sense_are_refused(permits: int) -> None:
    """A pool lends from 1 to 4,096 permits."""
    with pytest.raises(SetupError):
        Argon2Pool(permits=permits)


@pytest.mark.parametrize("patience", [timedelta(seconds=-1), timedelta.max])
def test_patience_that_makes_no_sense_is_refused(patience: timedelta) -> None:
    """A wait is not negative and not longer than the system can wait."""
    with pytest.raises(SetupError):
        Argon2Pool(patience=patience)


@pytest.mark.parametrize("buffer_kib", [0, -1, True, 1.5, 2**32])
def test_memory_that_makes_no_sense_is_refused(buffer_kib: int) -> None:
    """A permit keeps memory that Argon2 could use."""
    with pytest.raises(SetupError):
        Argon2Pool(buffer_kib=buffer_kib)


def test_permits_are_the_cores_by_default() -> None:
    """Without a number there is one permit for each core."""
    assert Argon2Pool().permits == (os.cpu_count() or 1)


def test_cores_are_those_that_the_process_may_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the system tells which cores are ours, they are counted; else all."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 7}, raising=False)
    assert pool._cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert pool._cores() == 6


def _in_threads(count: int, work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
