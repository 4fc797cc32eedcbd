import os
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from argon2 import low_level
from argon2.exceptions import HashingError
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from credguard.errors import BusyError, SetupError
from credguard.passwords import CHEAPEST, WorkFactor, pool
from credguard.passwords.phc import Variety
from credguard.passwords.pool import Argon2Pool

# github.com/P-H-C/phc-winner-argon2, src/test.c: version 0x13, "password", "somesalt".
REFERENCE = [
    (256, 2, 1, "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"),
    (256, 2, 2, "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"),
    (65536, 1, 1, "f6a5adc1ba723dddef9b5ac1d464e180fcd9dffc9d1cbf76cca2fed795d9ca98"),
]


@pytest.mark.parametrize(("memory_kib", "passes", "lanes", "tag"), REFERENCE)
def test_reference_vectors(memory_kib: int, passes: int, lanes: int, tag: str) -> None:
    """The tags are those of Argon2's reference code."""
    cost = WorkFactor(memory_kib=memory_kib, passes=passes, lanes=lanes)
    with Argon2Pool().permit() as permit:
        made = permit.compute(b"password", salt=b"somesalt", work_factor=cost)
    assert made.hex() == tag


def test_argon2i_reference_vector() -> None:
    """Argon2i gives the tag of Argon2's reference code (src/test.c, m=256)."""
    cost = WorkFactor(memory_kib=256, passes=2, lanes=1)
    with Argon2Pool().permit() as permit:
        made = permit.compute(
            b"password", salt=b"somesalt", work_factor=cost, variety=Variety.ARGON2I
        )
    expected = "89e9029f4637b295beb027056a7336c414fadd43f6b208645281cb214a56452f"
    assert made.hex() == expected


@pytest.mark.parametrize("tag_bytes", [16, 32, 64])
def test_openssl_agrees(tag_bytes: int) -> None:
    """OpenSSL's own Argon2id gives the same tag, NUL bytes and all."""
    password, salt = b"p\x00ssword \xff", b"0123456789abcdef"
    cost = WorkFactor(memory_kib=96, passes=3, lanes=3)
    with Argon2Pool().permit() as permit:
        made = permit.compute(
            password, salt=salt, work_factor=cost, tag_bytes=tag_bytes
        )
    theirs = Argon2id(
        salt=salt, length=tag_bytes, iterations=3, lanes=3, memory_cost=96
    )
    assert made == theirs.derive(password)


def test_the_library_reproduces_rfc_9106() -> None:
    """The Argon2 that we stand on gives RFC 9106 section 5.3's tag."""
    ffi = low_level.ffi
    out = ffi.new("uint8_t[]", 32)
    parts = {
        # A length of its own, because cffi ends an open array with a zero byte.
        name: ffi.new(f"uint8_t[{len(data)}]", data)
        for name, data in (
            ("pwd", b"\x01" * 32),
            ("salt", b"\x02" * 16),
            ("secret", b"\x03" * 8),
            ("ad", b"\x04" * 12),
        )
    }
    context = ffi.new(
        "argon2_context *",
        {
            "out": out,
            "outlen": 32,
            **parts,
            **{f"{name}len": len(part) for name, part in parts.items()},
            "t_cost": 3,
            "m_cost": 32,
            "lanes": 4,
            "threads": 4,
            "version": 0x13,
            "allocate_cbk": ffi.NULL,
            "free_cbk": ffi.NULL,
            "flags": 0,
        },
    )
    assert low_level.core(context, low_level.Type.ID.value) == 0
    expected = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
    assert bytes(ffi.buffer(out, 32)).hex() == expected


@pytest.mark.parametrize(
    "failure", [HashingError("Memory allocation error"), MemoryError()]
)
def test_no_memory_is_busy(failure: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the machine gives no memory, nothing was decided."""

    def fail(*_args: object, **_kwargs: object) -> bytes:
        raise failure

    monkeypatch.setattr(pool, "hash_secret_raw", fail)
    with Argon2Pool().permit() as permit, pytest.raises(BusyError) as caught:
        permit.compute(b"password", salt=b"somesalt", work_factor=CHEAPEST)
    assert caught.value.__context__ is None


def test_running_out_of_memory_in_a_block_is_busy_and_gives_the_permit_back() -> None:
    """Whatever a block computes, a lack of memory is `BusyError`."""
    permits = Argon2Pool(permits=1, patience=timedelta(0))
    for _ in range(2):
        with pytest.raises(BusyError), permits.permit():
            raise MemoryError


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


def test_no_more_computations_than_permits_run_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sixteen threads compute two at a time, and each gets its own answer."""
    lock, running, most = threading.Lock(), 0, 0
    true_compute = low_level.hash_secret_raw

    def watched(secret: bytes, *args: bytes, **kwargs: int) -> bytes:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        try:
            return true_compute(secret, *args, **kwargs)  # type: ignore[arg-type]  # handed on
        finally:
            with lock:
                running -= 1

    monkeypatch.setattr(pool, "hash_secret_raw", watched)
    permits = Argon2Pool(permits=2, patience=timedelta(minutes=1))
    cost = WorkFactor(memory_kib=1024, passes=1, lanes=1)
    answers: dict[int, bytes] = {}

    def work(number: int) -> None:
        with permits.permit() as permit:
            answers[number] = permit.compute(
                bytes([number]), salt=b"somesalt", work_factor=cost
            )

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most <= 2
    assert len(set(answers.values())) == 16


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


def test_permits_are_the_cores_by_default() -> None:
    """Without a number there is one permit for each core."""
    assert Argon2Pool().permits == (os.cpu_count() or 1)


_FORK = """
import os
from datetime import timedelta
from credguard.errors import BusyError
from credguard.passwords.pool import Argon2Pool

permits = Argon2Pool(permits=1, patience=timedelta(0))
with permits.permit():
    child = os.fork()
    if child == 0:
        try:
            with permits.permit():
                os._exit(0)
        except BusyError:
            os._exit(1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""

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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_child_has_permits_of_its_own() -> None:
    """A permit that the parent lent at the fork is not missing in the child."""
    assert _run(_FORK) == "0"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_real_lack_of_memory_is_busy() -> None:
    """With 64 MiB left, a computation on 256 MiB ends in `BusyError`."""
    assert _run(_SHORT_OF_MEMORY) == "busy"


def _run(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
