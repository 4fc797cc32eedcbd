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
import re
import socket
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPResponse
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Thread
from time import monotonic
from typing import TYPE_CHECKING

from requests import Request, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import Timeout as RequestTimeoutError
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import TimeoutError as PoolTimeoutError

from credguard import __version__
from credguard.screening.range_decoding import ASKED_ENCODING, decoded
from credguard.screening.verdicts import Unasked, UnaskedReason

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_ANSWER_BYTES = 1024 * 1024
"""A whole range takes about 80 KB in 2026, and 43 when compressed."""

USER_AGENT = f"credguard/{__version__}"

_OK, _NOT_MODIFIED = 200, 304
_HEADERS = {
    "Accept": "text/plain",
    "Accept-Encoding": ASKED_ENCODING,
    "User-Agent": USER_AGENT,
}
_ETAG = re.compile(r'(?:W/)?"[!#-~]{1,128}"')
_REST_OF_PATH: ContextVar[str] = ContextVar("rest of the path")


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a range request was answered with.

    Attributes:
        body: Without its compression; None if it is still what *etag* was given for.

        etag: What the service calls it, or nothing.
    """

    body: bytes | None
    etag: str


class Transport:
    """
    Asks one range service, at most so many questions at once.

    Args:
        url: The service's address, without the path.

        query: What follows the prefix, such as ``?mode=ntlm``.

        at_once: How many questions may be under way.

        padding: Whether to ask for lines that hide how long a range is.

        proxy: The address of an HTTP proxy to ask through, or None for none.
    """

    def __init__(
        self,
        url: str,
        *,
        query: str = "",
        at_once: int,
        padding: bool = True,
        proxy: str | None = None,
    ) -> None:
        self._url = f"{url.rstrip('/')}/range/"
        self._query = query
        self._headers = _HEADERS | ({"Add-Padding": "true"} if padding else {})
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self._permits = BoundedSemaphore(at_once)
        self._adapter = _Adapter(pool_connections=1, pool_maxsize=at_once)

    def ask(self, prefix: str, *, seconds: float, etag: str = "") -> Answer | Unasked:
        """
        Return the whole answer for *prefix*, or why there is none.

        Args:
            prefix: Five hexadecimal digits.

            seconds: How long it may take, name resolution and connecting
                included.

            etag: What is there already; the answer may be that it still stands.
        """
        ends = monotonic() + seconds
        if not self._permits.acquire(timeout=seconds):
            return Unasked(UnaskedReason.BUSY)
        answers: SimpleQueue[Answer | Unasked] = SimpleQueue()

        def work() -> None:
            try:
                answers.put(self.ask_here(prefix, ends=ends, etag=etag))
            finally:
                self._permits.release()

        try:
            Thread(target=work, name="credguard range", daemon=True).start()
        except RuntimeError:  # the system has no thread to give
            self._permits.release()
            return Unasked(UnaskedReason.BUSY)
        try:
            return answers.get(timeout=max(0.0, ends - monotonic()))
        except Empty:
            return Unasked(UnaskedReason.TOO_SLOW)

    def ask_here(self, prefix: str, *, ends: float, etag: str = "") -> Answer | Unasked:
        """
        Ask in this thread; only name resolution can take longer than it may.

        Args:
            prefix: Five hexadecimal digits.

            ends: When to give up, in seconds of `time.monotonic`.

            etag: What is there already.
        """
        _REST_OF_PATH.set(prefix + self._query)
        try:
            return self._fetch(ends, etag)
        except (RequestTimeoutError, PoolTimeoutError, TimeoutError):
            return Unasked(UnaskedReason.TOO_SLOW)
        except Exception:  # noqa: BLE001  # whatever it was, nobody was asked
            return Unasked(UnaskedReason.UNREACHABLE)

    def close(self) -> None:
        """Close the connections that are kept for the next question."""
        self._adapter.close()

    def _fetch(self, ends: float, etag: str) -> Answer | Unasked:
        left = ends - monotonic()
        if left <= 0:
            return Unasked(UnaskedReason.TOO_SLOW)
        headers = self._headers | ({"If-None-Match": etag} if etag else {})
        # An adapter by itself follows no redirect, keeps no cookie and reads no
        # proxy, netrc or environment; a session does.
        response = self._adapter.send(
            Request("GET", self._url, headers=headers).prepare(),
            stream=True,
            timeout=Timeout(total=left),  # type: ignore[arg-type]  # missing in stubs
            proxies=self._proxies,
        )
        try:
            if etag and response.status_code == _NOT_MODIFIED:
                response.raw.drain_conn()
                return Answer(None, etag)
            return _whole(response)
        finally:
            response.close()


def _whole(response: Response) -> Answer | Unasked:
    if response.status_code != _OK:
        return Unasked(UnaskedReason.BAD_STATUS)
    headers = response.headers
    declared = headers.get("Content-Length")
    # Without one of these, the end of the answer is wherever the line broke.
    if declared is None and "Transfer-Encoding" not in headers:
        return Unasked(UnaskedReason.MALFORMED)
    answer: bytes = response.raw.read(MAX_ANSWER_BYTES + 1, decode_content=False)
    if len(answer) > MAX_ANSWER_BYTES:
        return Unasked(UnaskedReason.TOO_LARGE)
    if declared is not None and declared != str(len(answer)):
        return Unasked(UnaskedReason.MALFORMED)
    body = decoded(answer, headers.get("Content-Encoding", ""))
    if isinstance(body, Unasked):
        return body
    etag = headers.get("ETag", "")
    return Answer(body, etag if _ETAG.fullmatch(etag) else "")


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
        whole = url + _REST_OF_PATH.get()
        super().putrequest(method, whole, skip_host, skip_accept_encoding)


class _TLSConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


_POOLS = {"http": _Pool, "https": _TLSPool}


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
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: object) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **proxy_kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
