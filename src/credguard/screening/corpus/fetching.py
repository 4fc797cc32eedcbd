"""
Fetches whole ranges, many at a time, patiently: for `sync` and `news`.

Nobody waits for these, so a failure is tried again after a while, ever longer; and
where nothing comes any more, it is given up as a whole.
"""

import random
import time
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import md5
from threading import Lock

from requests.adapters import DEFAULT_CA_BUNDLE_PATH
from urllib3 import PoolManager, ProxyManager, Timeout, make_headers
from urllib3.util import parse_url

from credguard.errors import BlocklistUnavailableError
from credguard.screening.connections import POOLS, REST_OF_PATH
from credguard.screening.corpus.layout import Kind
from credguard.screening.range_service import QUERIES, checked_proxy, checked_url
from credguard.screening.transport import HEADERS, Answer, answered
from credguard.screening.verdicts import Unasked, UnaskedReason

ATTEMPTS = 6
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
"""Seconds; each pause is twice the one before it, and varied by chance."""

SECONDS = 30.0
"""How long one attempt may take."""

MOST_FAILURES = 256
"""After so many failed attempts in a row, nothing more is asked."""


@dataclass(frozen=True, slots=True)
class Service:
    """
    A range service to fetch from.

    Attributes:
        url: Its address, without the path.

        kind: Which hash it is asked for.

        at_once: How many questions may be under way.

        proxy: An HTTP proxy to ask through, or None for none.
    """

    url: str
    kind: Kind = Kind.SHA1
    at_once: int = 32
    proxy: str | None = None


class Fetcher:
    """
    Fetches ranges of one service. Threads share it; processes must not.

    Args:
        service: Whom to ask.

        sleep: Waits for so many seconds.

    Raises:
        SetupError: An address is not one of HTTP.
    """

    def __init__(
        self, service: Service, *, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._url = f"{checked_url(service.url).rstrip('/')}/range/"
        self._query = QUERIES[service.kind]
        self._pools = _pools(service)
        self._pools.pool_classes_by_scheme = POOLS
        self._sleep = sleep
        self._lock = Lock()
        self._failures = 0

    def fetch(self, number: int, *, etag: str = "") -> Answer | Unasked:
        """
        Return a range, after several attempts if need be.

        Args:
            number: Its five hexadecimal digits as a number.

            etag: What is there already; the answer may be that it still stands.

        Raises:
            BlocklistUnavailableError: Nothing has come for so long that it is no
                longer asked for.
        """
        answer: Answer | Unasked = Unasked(UnaskedReason.UNREACHABLE)
        for attempt in range(ATTEMPTS):
            if attempt:
                self._pause(attempt)
            answer = self._asked(number, etag)
            if isinstance(answer, Answer):
                self._failures = 0
                return answer
            self._give_up_after(MOST_FAILURES, answer)
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._pools.clear()

    def _asked(self, number: int, etag: str) -> Answer | Unasked:
        REST_OF_PATH.set(f"{number:05X}{self._query}")
        headers = HEADERS | ({"If-None-Match": etag} if etag else {})
        try:
            response = self._pools.urlopen(
                "GET",
                self._url,
                headers=headers,
                timeout=Timeout(total=SECONDS),
                preload_content=False,
                decode_content=False,
                redirect=False,
                retries=False,
            )
            try:
                return answered(response, etag)
            finally:
                response.close()
        except Exception:  # noqa: BLE001  # whatever it was, there is no answer
            return Unasked(UnaskedReason.UNREACHABLE)

    def _pause(self, attempt: int) -> None:
        longest = min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE)
        self._sleep(longest * random.uniform(0.5, 1))  # noqa: S311  # no secret

    def _give_up_after(self, most: int, answer: Unasked) -> None:
        with self._lock:
            self._failures += 1
            given_up = self._failures > most
        if given_up:
            message = (
                f"the range service does not answer ({answer.why}); what was fetched "
                "is kept, so run the same again later to go on"
            )
            raise BlocklistUnavailableError(message)


def has_its_md5(answer: Answer) -> bool | None:
    """Return whether the body has the stated MD5; None if none is stated."""
    if not answer.md5 or answer.body is None:
        return None
    try:
        stated = b64decode(answer.md5, validate=True)
    except (Base64Error, ValueError):
        return None
    return md5(answer.body, usedforsecurity=False).digest() == stated


def _pools(service: Service) -> PoolManager:
    asked = {"num_pools": 1, "maxsize": service.at_once, "block": False}
    trusted = {"cert_reqs": "CERT_REQUIRED", "ca_certs": DEFAULT_CA_BUNDLE_PATH}
    if service.proxy is None:
        return PoolManager(**asked, **trusted)  # type: ignore[arg-type]
    proxy = checked_proxy(service.proxy)
    credentials = parse_url(proxy).auth
    headers = make_headers(proxy_basic_auth=credentials) if credentials else {}
    return ProxyManager(proxy, **asked, **trusted, proxy_headers=headers)  # type: ignore[arg-type]
