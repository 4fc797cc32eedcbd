"""
Pwned Passwords over HTTP: the range protocol, which never sees the password.

Five of the forty digits of its SHA-1 are sent, about two thousand hashes come
back, and the comparison happens here. Whatever is not a whole, well-formed and
plausible answer within the deadline is "could not ask".

Source: the range protocol as published by Have I Been Pwned (API version 3,
"Searching by range", with k-anonymity and padding).
"""

import hashlib
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from credguard._exact import exact_arguments
from credguard._secret import never_copied
from credguard._text import has_surrogate, is_latin_1
from credguard.errors import SetupError
from credguard.screening.circuit import Circuit
from credguard.screening.corpus.layout import Kind
from credguard.screening.hash_kind import (
    PREFIX_CHARACTERS,
    digits_of,
    suffix_characters,
)
from credguard.screening.range_body import RangeBody, read_body
from credguard.screening.range_cache import Kept, MemoryCache, RangeCache
from credguard.screening.reasons import breached
from credguard.screening.verdicts import (
    Listed,
    NotListed,
    Unasked,
    UnaskedReason,
    Verdict,
)

if TYPE_CHECKING:
    from credguard.screening.transport import Transport

URL = "https://api.pwnedpasswords.com"

FEWEST_LINES = 400
"""A range had 381 lines at least at half a billion hashes; it has 1,973 in 2026."""

FAILURES_TO_REST = 5
REST = timedelta(seconds=30)

# Any other value of the mode is answered with SHA-1, in which no NTLM hash is found.
QUERIES = {Kind.SHA1: "", Kind.NTLM: "?mode=ntlm"}

_PLACE = re.compile(r"(?:\[[^]]*\]|[^][:]*)(?::[0-9]*)?", re.ASCII)
_IPV6 = re.compile(r"[0-9a-f:.]+", re.ASCII)
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?", re.ASCII)

# Failures of our own making, which say nothing about the service.
_OURS = frozenset({UnaskedReason.BUSY, UnaskedReason.RESTING, UnaskedReason.NOT_TEXT})


@dataclass(frozen=True, slots=True)
class _State:
    """What one process holds: a connection must not be shared over a fork."""

    process: int
    transport: "Transport"
    circuit: Circuit


@never_copied
@exact_arguments()
class RangeService:
    """
    A blocklist that asks a service of the Pwned Passwords range protocol.

    Connections are kept and shared by threads. A look-up blocks for at most the
    deadline; from a coroutine, call it with ``asyncio.to_thread``. Redirects,
    netrc and the environment's proxies are not followed.

    Args:
        url: The service's address, without the path.

        kind: Which hash is asked about. SHA-1 is the right one for passwords;
            NTLM is for a service that has only those.

        deadline: How long one look-up may take in all, name resolution,
            connecting and the last byte included.

        cache: Where answers are kept; `MemoryCache` with its defaults if None.
            Beyond its lifetime the service is asked whether an answer still stands.

        fewest_lines: How many hashes a whole answer has at least; fewer are taken
            for a cut answer. Lower it, to 0 even, for a service with a small corpus.

        at_once: How many questions may be under way at once.

        proxy: An HTTP proxy to ask through, such as ``http://proxy.example:3128``.
            None is used unless it is named here.

        monotonic: A clock in seconds that never goes back, for resting after five
            failures in a row.

    Raises:
        SetupError: An address is not one of HTTP, or a duration or number is not
            above zero.
    """

    def __init__(
        self,
        url: str = URL,
        *,
        kind: Kind = Kind.SHA1,
        deadline: timedelta = timedelta(seconds=1),
        cache: RangeCache | None = None,
        fewest_lines: int = FEWEST_LINES,
        at_once: int = 32,
        proxy: str | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        numbers = (deadline / timedelta(seconds=1), fewest_lines + 1, at_once)
        if not all(number > 0 for number in numbers):
            message = "a range service's deadline and numbers are above zero"
            raise SetupError(message)
        self._url = checked_url(url)
        self._kind = Kind(kind)
        self._deadline = deadline.total_seconds()
        self._cache = MemoryCache() if cache is None else cache
        service = hashlib.sha256(url.encode()).hexdigest()[:12]
        self._kept_as = f"{self._kind}-{service}-"
        self._fewest_lines = fewest_lines
        self._at_once = at_once
        self._proxy = None if proxy is None else checked_proxy(proxy)
        self._monotonic = monotonic
        self._state: _State | None = None

    def look_up(self, password: str) -> Verdict:
        """
        Return whether *password* was seen in breaches, and how often.

        Args:
            password: What was chosen, in Normalization Form C. It does not leave
                this process.

        Returns:
            One of three outcomes, to be matched; nothing is raised.
        """
        if has_surrogate(password):
            return Unasked(UnaskedReason.NOT_TEXT)
        digits = digits_of(password, self._kind)
        body = self._body(digits[:PREFIX_CHARACTERS])
        if isinstance(body, Unasked):
            return body
        times = body.times(digits[PREFIX_CHARACTERS:])
        if isinstance(times, Unasked):
            return times
        return Listed(breached(times), times) if times else NotListed()

    def close(self) -> None:
        """Close the connections that are kept, and the cache."""
        state, self._state = self._state, None
        self._cache.close()
        if state is not None and state.process == os.getpid():
            state.transport.close()

    def _body(self, prefix: str) -> RangeBody | Unasked:
        kept = self._cache.find(self._kept_as + prefix)
        if kept is not None and kept.fresh:
            return RangeBody(kept.text)
        # The first question of a process loads the HTTP library, in its own time.
        ends = time.monotonic() + self._deadline
        state = self._present()
        if not state.circuit.may_pass():
            return Unasked(UnaskedReason.RESTING)
        body = self._asked(state.transport, prefix, kept, ends=ends)
        if isinstance(body, Kept):
            state.circuit.succeeded()
            self._cache.keep(self._kept_as + prefix, body)
            return RangeBody(body.text)
        if body.why not in _OURS:
            state.circuit.failed()
        return body

    def _asked(
        self, transport: "Transport", prefix: str, kept: Kept | None, *, ends: float
    ) -> Kept | Unasked:
        etag = "" if kept is None else kept.etag
        left = max(0.0, ends - time.monotonic())
        answer = transport.ask(prefix, seconds=left, etag=etag)
        if isinstance(answer, Unasked):
            return answer
        if answer.body is None:
            return Unasked(UnaskedReason.MALFORMED) if kept is None else kept
        body = read_body(
            answer.body,
            fewest_lines=self._fewest_lines,
            suffix_characters=suffix_characters(self._kind),
        )
        return Kept(body.text, answer.etag) if isinstance(body, RangeBody) else body

    def _present(self) -> _State:
        state = self._state
        if state is None or state.process != os.getpid():
            # Imported here so that a policy can be made without loading requests.
            from credguard.screening.transport import Transport  # noqa: PLC0415

            circuit = Circuit(
                failures=FAILURES_TO_REST,
                rest=REST.total_seconds(),
                monotonic=self._monotonic,
            )
            transport = Transport(
                self._url,
                query=QUERIES[self._kind],
                at_once=self._at_once,
                proxy=self._proxy,
            )
            state = self._state = _State(os.getpid(), transport, circuit)
        return state


def checked_url(url: str) -> str:
    """
    Return *url* if a range service can be asked there.

    Raises:
        SetupError: It is not an address of HTTP in ASCII, or has more than host and
            path.
    """
    if not _is_plain(url, credentials=False):
        message = (
            "a range service's address is like https://api.pwnedpasswords.com, in "
            "ASCII: write other names as xn--"
        )
        raise SetupError(message)
    return url


def checked_proxy(url: str) -> str:
    """
    Return *url* if it can be a proxy's, with or without credentials.

    Raises:
        SetupError: It is not an address of HTTP, its host in ASCII.
    """
    if not _is_plain(url, credentials=True):
        message = (
            "a proxy's address is like http://proxy.example:3128, in ASCII: write "
            "other names as xn--"
        )
        raise SetupError(message)
    return url


def _is_plain(url: str, *, credentials: bool) -> bool:
    # Surrogates are not printable; a line end would be read over, and what one
    # library takes for a password, another takes for a path.
    if not url.isprintable() or {" ", "\\"} & set(url):
        return False
    try:
        parts = urlsplit(url)
        in_range = parts.port is None or parts.port > 0
    except ValueError:
        return False
    usable = parts.scheme in {"http", "https"} and _is_host(parts.hostname or "")
    place = _PLACE.fullmatch(parts.netloc.rpartition("@")[2])
    plain = not (parts.query or parts.fragment) and place is not None
    known = f"{parts.username or ''}:{parts.password or ''}"
    # HTTP's basic log-in is Latin-1. A library that finds out quotes the password.
    allowed = is_latin_1(unquote(known)) if credentials else known == ":"
    return usable and in_range and plain and allowed


def _is_host(host: str) -> bool:
    # What the HTTP library cannot encode it quotes, with the password before it.
    return (_IPV6 if ":" in host else _NAME).fullmatch(host) is not None
