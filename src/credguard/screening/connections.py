"""
Connections that keep a deadline over all reads and complete the path themselves.

The prefix joins the path here, below everything that logs or puts a URL into an
exception.
"""

import io
import socket
from contextvars import ContextVar
from http.client import HTTPResponse
from time import monotonic
from typing import TYPE_CHECKING

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

REST_OF_PATH: ContextVar[str] = ContextVar("rest of the path")
"""What follows the address in the path: a prefix, perhaps a query."""


class TimedReader(io.RawIOBase):
    """Reads from a socket for as long as its timeout says, over all reads."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._ends = monotonic() + (sock.gettimeout() or 0.0)
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """Return True: that is what it is for."""
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        """Read what there is, or raise `TimeoutError` when the time is over."""
        left = self._ends - monotonic()
        if left <= 0:
            message = "the answer took too long"
            raise TimeoutError(message)
        self._sock.settimeout(left)
        return self._file.readinto(buffer)

    def close(self) -> None:
        """Leave the socket to others."""
        self._file.close()
        super().close()


class _TimedResponse(HTTPResponse):
    """A response whose head and body together have the socket's timeout."""

    def __init__(
        self,
        sock: socket.socket,
        debuglevel: int = 0,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(sock, debuglevel, method, url)
        self.fp.close()
        self.fp = io.BufferedReader(TimedReader(sock))


class _Connection(HTTPConnection):
    response_class = _TimedResponse

    def putrequest(
        self,
        method: str,
        url: str,
        skip_host: bool = False,  # noqa: FBT001, FBT002  # http.client's signature
        skip_accept_encoding: bool = False,  # noqa: FBT001, FBT002  # as above
    ) -> None:
        whole = url + REST_OF_PATH.get()
        super().putrequest(method, whole, skip_host, skip_accept_encoding)


class _TLSConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


POOLS = {"http": _Pool, "https": _TLSPool}
"""What makes connections, for a pool manager."""
