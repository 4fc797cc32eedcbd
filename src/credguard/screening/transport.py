"""
One HTTP question under one deadline.

The timeout of `requests` starts anew with each read, so that a server which
sends a byte now and then holds its caller for good; and the resolver has no
timeout at all. Here the connection hands every read only the time that is left,
and the question is put in a thread of its own, so that the caller goes on at
the deadline whatever the network does.
"""

import re
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Thread
from time import monotonic

from requests import Request
from requests.adapters import HTTPAdapter
from requests.exceptions import Timeout as RequestTimeoutError
from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import TimeoutError as PoolTimeoutError

from credguard import __version__
from credguard.screening.connections import POOLS, REST_OF_PATH
from credguard.screening.range_decoding import ASKED_ENCODING, decoded
from credguard.screening.verdicts import Unasked, UnaskedReason

MAX_ANSWER_BYTES = 1024 * 1024
"""A whole range takes about 80 KB in 2026, and 43 when compressed."""

USER_AGENT = f"credguard/{__version__}"

_OK, _NOT_MODIFIED = 200, 304
HEADERS = {
    "Accept": "text/plain",
    "Accept-Encoding": ASKED_ENCODING,
    "User-Agent": USER_AGENT,
}
_ETAG = re.compile(r'(?:W/)?"[!#-~]{1,128}"')


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a range request was answered with.

    Attributes:
        body: Without its compression; None if it is still what *etag* was given for.

        etag: What the service calls it, or nothing.

        md5: The Base64 form of the MD5 that the service states, or nothing.
    """

    body: bytes | None
    etag: str
    md5: str = ""


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
        self._headers = HEADERS | ({"Add-Padding": "true"} if padding else {})
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self._permits = BoundedSemaphore(at_once)
        self._adapter = _Adapter(pool_connections=1, pool_maxsize=at_once)
        if proxy:
            pools = self._adapter.proxy_manager_for(proxy)
            pools.pool_classes_by_scheme = POOLS

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
        REST_OF_PATH.set(prefix + self._query)
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
            return answered(response.raw, etag)
        finally:
            response.close()


def answered(response: BaseHTTPResponse, etag: str) -> Answer | Unasked:
    """
    Return what a response says, if it is a whole one.

    Args:
        response: Of which nothing but the head has been read.

        etag: What was there when it was asked for.
    """
    if etag and response.status == _NOT_MODIFIED:
        response.drain_conn()
        return Answer(None, etag)
    if response.status != _OK:
        return Unasked(UnaskedReason.BAD_STATUS)
    headers = response.headers
    declared = headers.get("Content-Length")
    # Without one of these, the end of the answer is wherever the line broke.
    if declared is None and "Transfer-Encoding" not in headers:
        return Unasked(UnaskedReason.MALFORMED)
    answer = response.read(MAX_ANSWER_BYTES + 1, decode_content=False)
    if len(answer) > MAX_ANSWER_BYTES:
        return Unasked(UnaskedReason.TOO_LARGE)
    if declared is not None and declared != str(len(answer)):
        return Unasked(UnaskedReason.MALFORMED)
    body = decoded(answer, headers.get("Content-Encoding", ""))
    if isinstance(body, Unasked):
        return body
    given = headers.get("ETag", "")
    return Answer(
        body,
        given if _ETAG.fullmatch(given) else "",
        headers.get("Content-MD5", ""),
    )


class _Adapter(HTTPAdapter):
    """Makes our connections."""

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,  # noqa: FBT001, FBT002  # the base class's signature
        **pool_kwargs: object,
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS
