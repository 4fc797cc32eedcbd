"""Each call of a question to a range service, failed in turn."""

import errno
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fuses import Fuse, Trouble

sys.path.insert(0, str(Path(__file__).parent.parent / "screening"))

from asking_ranges import asking

from credguard import PasswordPolicy
from credguard.drill.range_server import RangeServer
from credguard.errors import BlocklistUnavailableError, PasswordRejectedError
from proving import Proof, sized

pytestmark = pytest.mark.promise("P13")

LISTED, UNLISTED = "a password that leaked", "a quiet harbour at noon 4711"
_CALLS = ("connect", "sendall", "recv_into", "setsockopt")
_CODES = {
    Trouble.LOST: errno.ECONNRESET,
    Trouble.DEADLOCK: errno.ETIMEDOUT,
    Trouble.FULL: errno.ENOBUFS,
    Trouble.IO: errno.EHOSTUNREACH,
    Trouble.READ_ONLY: errno.EMFILE,
}


def _refuse(trouble: Trouble) -> None:
    code = _CODES[trouble]
    raise OSError(code, os.strerror(code))


@contextmanager
def fused_sockets(fuse: Fuse) -> Iterator[Fuse]:
    """Let each call of the asking thread burn *fuse*, and none of the server's."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _CALLS:
            call = getattr(socket.socket, name)
            patch.setattr(socket.socket, name, _fused(call, fuse, name))
        looked_up = socket.getaddrinfo
        patch.setattr(socket, "getaddrinfo", _fused(looked_up, fuse, "getaddrinfo"))
        yield fuse


def _fused(call: Callable[..., Any], fuse: Fuse, name: str) -> Callable[..., Any]:
    def fused(*args: Any, **named: Any) -> Any:
        if threading.current_thread().name == "credguard range":
            fuse.burn(_refuse, name)
        return call(*args, **named)

    return fused


def screened(password: str, fuse: Fuse) -> str:
    """Ask a new server about *password*; return what the policy made of it."""
    server = RangeServer({LISTED: 3})
    with asking(server) as service, fused_sockets(fuse), fuse.lit():
        policy = PasswordPolicy(blocklist=service, fewest_guesses=0)
        try:
            policy.check(password)
        except (PasswordRejectedError, BlocklistUnavailableError) as error:
            return type(error).__name__
    return "accepted"


@pytest.mark.parametrize(
    ("password", "verdict"),
    [(LISTED, "PasswordRejectedError"), (UNLISTED, "accepted")],
)
def test_a_question_that_fails_anywhere_accepts_nothing(
    password: str, verdict: str, proof: Proof
) -> None:
    """It could not be asked, or was asked again; a listed one is never accepted."""
    whole = Fuse()
    assert screened(password, whole) == verdict
    assert {"connect", "sendall", "recv_into"} <= set(whole.names)
    stride = sized(everyday=2, prove=1)
    for trouble in Trouble:
        for at in range(0, whole.steps, stride):
            fuse = Fuse(at, trouble)
            found = screened(password, fuse)
            assert fuse.is_blown
            assert found in {verdict, "BlocklistUnavailableError"}
            proof.tried()
            proof.injected()
