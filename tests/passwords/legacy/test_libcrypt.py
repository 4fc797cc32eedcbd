import ctypes
import errno
import sys

import pytest

from credguard.errors import BusyError, UnreadableHashError
from credguard.passwords import CHEAPEST, PasswordHasher
from credguard.passwords.legacy import CRYPT, libcrypt

# libxcrypt, test/ka-table.inc (public domain), of "dragon".
DES = "CCcMgHKAHJ1SA"
needs_libxcrypt = pytest.mark.skipif(
    sys.platform != "linux" or libcrypt._crypt_r() is None,
    reason="this machine has no crypt_r",
)


@needs_libxcrypt
def test_the_machines_own_answer() -> None:
    """A hash is made anew from its own settings."""
    assert libcrypt.crypt(b"dragon", DES.encode()) == DES.encode()
    assert libcrypt.crypt(b"dragon", b"CC...........") == DES.encode()


@needs_libxcrypt
def test_what_is_too_long_for_the_machine_is_nobodys() -> None:
    """Libxcrypt takes up to 511 bytes; a longer password made no hash with it."""
    assert libcrypt.crypt(b"x" * 511, b"$1$salt$") is not None
    assert libcrypt.crypt(b"x" * 512, b"$1$salt$") is None


def test_no_crypt_on_the_machine_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no crypt_r the row is unreadable, and the text says why."""
    monkeypatch.setattr(libcrypt, "_LIBRARIES", ("libnowhere.so.0",))
    monkeypatch.setattr(libcrypt, "_crypt_r", libcrypt._crypt_r.__wrapped__)
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=CRYPT)
    with pytest.raises(UnreadableHashError, match="libxcrypt"):
        hasher.verify("dragon", stored=DES)


def test_a_format_that_the_machine_lacks_is_declared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A crypt_r that refuses any password of a format does not know the format."""

    def refuse(*_arguments: object) -> bytes:
        return b"*0"

    monkeypatch.setattr(libcrypt, "_crypt_r", lambda: refuse)
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=CRYPT)
    with pytest.raises(UnreadableHashError, match="crypt"):
        hasher.verify("dragon", stored=DES)


@pytest.mark.promise("P8")
def test_no_memory_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without memory is busy; the password is neither right nor wrong."""

    def refuse(*_arguments: object) -> None:
        ctypes.set_errno(errno.ENOMEM)

    monkeypatch.setattr(libcrypt, "_crypt_r", lambda: refuse)
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=CRYPT)
    with pytest.raises(BusyError):
        hasher.verify("dragon", stored=DES)


@needs_libxcrypt
def test_the_gil_is_released() -> None:
    """The library is called in the way of ctypes that lets other threads run."""
    # Only PyDLL's functions hold the GIL, by this flag (FUNCFLAG_PYTHONAPI).
    assert not getattr(type(libcrypt._crypt_r()), "_flags_", 4) & 4
