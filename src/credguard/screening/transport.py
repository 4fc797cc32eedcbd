"""
One HTTP question under one deadline.

The timeout of `requests` starts anew with each read, so that a server which
sends a byte now and then holds its caller for good; and the resolver has no
timeout at all. Here the connection hands every read only the time that is left,
and the question is put in a thread of its own, so that the caller goes on at
the deadline whatever the network does. The prefix joins the path inside the
connection, below everything that logs or puts a URL into an exception.
"""

import io
import socket
from contextvars import ContextVar
from http.client import HTTPResponse
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Thread
from time import monotonic
from typing import TYPE_CHECKING

from requests import Request, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import Timeout as RequestTimeoutError
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import TimeoutError as PoolTimeoutError

from credguard import __version__
from credguard.screening.verdicts import Unasked, UnaskedReason

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_ANSWER_BYTES = 1024 * 1024
"""A whole range takes about 80 KB in 2026."""

_OK = 200
_HEADERS = {
    "Accept": "text/plain",
    "Accept-Encoding": "identity",  # so that nothing has to be decompressed
    "Add-Padding": "true",
    "User-Agent": f"credguard/{__version__}",
}
_PREFIX: ContextVar[str] = ContextVar("range prefix")


class Transport:
    """
    Asks one range service, at most so many questions at once.

    Args:
        url: The service's address, without the path.

        at_once: How many questions may be under way.
    """

    def __init__(self, url: str, *, at_once: int) -> None:
        self._url = f"{url.rstrip('/')}/range/"
        self._permits = BoundedSemaphore(at_once)
        self._adapter = _Adapter(pool_connections=1, pool_maxsize=at_once)

    def ask(self, prefix: str, *, seconds: float) -> bytes | Unasked:
        """
        Return the whole answer for *prefix*, or why there is none.

        Args:
            prefix: Five hexadecimal digits.

            seconds: How long it may take, name resolution and connecting
                included.
        """
        ends = monotonic() + seconds
        if not self._permits.acquire(timeout=seconds):
            return Unasked(UnaskedReason.BUSY)
        answers: SimpleQueue[bytes | Unasked] = SimpleQueue()
        work = Thread(
            target=self._work,
            args=(prefix, ends, answers),
            name="credguard range",
            daemon=True,
        )
        try:
            work.start()
        except RuntimeError:  # the system has no thread to give
            self._permits.release()
            return Unasked(UnaskedReason.BUSY)
        try:
            return answers.get(timeout=max(0.0, ends - monotonic()))
        except Empty:
            return Unasked(UnaskedReason.TOO_SLOW)

    def close(self) -> None:
        """Close the connections that are kept for the next question."""
        self._adapter.close()

    def _work(
        self, prefix: str, ends: float, answers: "SimpleQueue[bytes | Unasked]"
    ) -> None:
        _PREFIX.set(prefix)
        try:
            answers.put(self._fetch(ends))
        except (RequestTimeoutError, PoolTimeoutError, TimeoutError):
            answers.put(Unasked(UnaskedReason.TOO_SLOW))
        except Exception:  # noqa: BLE001  # whatever it was, nobody was asked
            answers.put(Unasked(UnaskedReason.UNREACHABLE))
        finally:
            self._permits.release()

    def _fetch(self, ends: float) -> bytes | Unasked:
        left = ends - monotonic()
        if left <= 0:
            return Unasked(UnaskedReason.TOO_SLOW)
        # An adapter by itself follows no redirect, keeps no cookie and reads no
        # proxy, netrc or environment; a session does.
        response = self._adapter.send(
            Request("GET", self._url, headers=_HEADERS).prepare(),
            stream=True,
            timeout=Timeout(total=left),  # type: ignore[arg-type]  # missing in stubs
        )
        try:
            return _whole(response)
        finally:
            response.close()


def _whole(response: Response) -> bytes | Unasked:
    if response.status_code != _OK:
        return Unasked(UnaskedReason.BAD_STATUS)
    headers = response.headers
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        return Unasked(UnaskedReason.MALFORMED)
    declared = headers.get("Content-Length")
    # Without one of these, the end of the answer is wherever the line broke.
    if declared is None and "Transfer-Encoding" not in headers:
        return Unasked(UnaskedReason.MALFORMED)
    answer: bytes = response.raw.read(MAX_ANSWER_BYTES + 1, decode_content=False)
    if len(answer) > MAX_ANSWER_BYTES:
        return Unasked(UnaskedReason.TOO_LARGE)
    if declared is not None and declared != str(len(answer)):
        return Unasked(UnaskedReason.MALFORMED)
    return answer


class _TimedReader(io.RawIOBase):
    """Reads from a socket for as long as its timeout says, over all reads."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._ends = monotonic() + (sock.gettimeout() or 0.0)
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        left = self._ends - monotonic()
        if left <= 0:
            message = "the answer took too long"
            raise TimeoutError(message)
        self._sock.settimeout(left)
        return self._file.readinto(buffer)

    def close(self) -> None:
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
        self.fp = io.BufferedReader(_TimedReader(sock))


class _Connection(HTTPConnection):
    response_class = _TimedResponse

    def putrequest(
        self,
        method: str,
        url: str,
        skip_host: bool = False,  # noqa: FBT001, FBT002  # http.client's signature
        skip_accept_encoding: bool = False,  # noqa: FBT001, FBT002  # as above
    ) -> None:
        whole = url + _PREFIX.get()
        super().putrequest(method, whole, skip_host, skip_accept_encoding)


class _TLSConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class _Adapter(HTTPAdapter):
    """Makes connections that keep a deadline and complete the path themselves."""

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002  # the base class's signature
        **pool_kwargs: object,
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        pools = {"http": _Pool, "https": _TLSPool}
        self.poolmanager.pool_classes_by_scheme = pools
