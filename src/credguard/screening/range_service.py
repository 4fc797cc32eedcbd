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
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from credguard._text import has_surrogate
from credguard.errors import SetupError
from credguard.screening.circuit import Circuit
from credguard.screening.range_body import RangeBody, read_body
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

PREFIX_CHARACTERS = 5
FEWEST_LINES = 400
"""A range had 381 lines at least at half a billion hashes; it has 1,973 in 2026."""

FAILURES_TO_REST = 5
REST = timedelta(seconds=30)

# Failures of our own making, which say nothing about the service.
_OURS = frozenset({UnaskedReason.BUSY, UnaskedReason.RESTING, UnaskedReason.NOT_TEXT})


@dataclass(frozen=True, slots=True)
class _State:
    """What one process holds: a connection must not be shared over a fork."""

    process: int
    transport: "Transport"
    circuit: Circuit
    lock: Lock = field(default_factory=Lock)
    cache: OrderedDict[str, tuple[float, RangeBody]] = field(
        default_factory=OrderedDict
    )


class RangeService:
    """
    A blocklist that asks a service of the Pwned Passwords range protocol.

    Connections are kept and shared by threads. A look-up blocks for at most the
    deadline; from a coroutine, call it with ``asyncio.to_thread``. Redirects,
    proxies, netrc and the environment are not followed.

    Args:
        url: The service's address, without the path.

        deadline: How long one look-up may take in all, name resolution,
            connecting and the last byte included.

        lifetime: How long an answer is used again for the same five digits.

        ranges: How many answers are kept, about 80 KB each.

        fewest_lines: How many lines a whole answer has at least; fewer are taken
            for a cut answer. Lower it for a service with a small corpus.

        at_once: How many questions may be under way at once.

        monotonic: A clock in seconds that never goes back, for the cache and for
            resting after five failures in a row.

    Raises:
        SetupError: The address is not one of HTTP, or a duration or number is
            not above zero.
    """

    def __init__(
        self,
        url: str = URL,
        *,
        deadline: timedelta = timedelta(seconds=1),
        lifetime: timedelta = timedelta(minutes=10),
        ranges: int = 64,
        fewest_lines: int = FEWEST_LINES,
        at_once: int = 32,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        numbers = (deadline / timedelta(seconds=1), ranges, fewest_lines, at_once)
        if not all(number > 0 for number in numbers):
            message = "a range service's deadline and numbers are above zero"
            raise SetupError(message)
        self._url = _checked(url)
        self._deadline = deadline.total_seconds()
        self._lifetime = lifetime.total_seconds()
        self._ranges = ranges
        self._fewest_lines = fewest_lines
        self._at_once = at_once
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
        digest = hashlib.sha1(password.encode(), usedforsecurity=False)
        digits = digest.hexdigest().upper()
        body = self._body(digits[:PREFIX_CHARACTERS])
        if isinstance(body, Unasked):
            return body
        times = body.times(digits[PREFIX_CHARACTERS:])
        if isinstance(times, Unasked):
            return times
        return Listed(breached(times), times) if times else NotListed()

    def close(self) -> None:
        """Close the connections that are kept, and forget what was answered."""
        state, self._state = self._state, None
        if state is not None and state.process == os.getpid():
            state.transport.close()

    def _body(self, prefix: str) -> RangeBody | Unasked:
        state = self._present()
        kept = self._kept(state, prefix)
        if kept is not None:
            return kept
        if not state.circuit.may_pass():
            return Unasked(UnaskedReason.RESTING)
        answer = state.transport.ask(prefix, seconds=self._deadline)
        body = (
            read_body(answer, fewest_lines=self._fewest_lines)
            if isinstance(answer, bytes)
            else answer
        )
        if isinstance(body, RangeBody):
            state.circuit.succeeded()
            self._keep(state, prefix, body)
        elif body.why not in _OURS:
            state.circuit.failed()
        return body

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
            transport = Transport(self._url, at_once=self._at_once)
            state = self._state = _State(os.getpid(), transport, circuit)
        return state

    def _kept(self, state: _State, prefix: str) -> RangeBody | None:
        with state.lock:
            until, body = state.cache.get(prefix, (0.0, None))
            if body is None or self._monotonic() >= until:
                return None
            state.cache.move_to_end(prefix)
            return body

    def _keep(self, state: _State, prefix: str, body: RangeBody) -> None:
        with state.lock:
            state.cache[prefix] = (self._monotonic() + self._lifetime, body)
            state.cache.move_to_end(prefix)
            while len(state.cache) > self._ranges:
                state.cache.popitem(last=False)


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        plain = not (parts.query or parts.fragment or parts.username)
        in_range = parts.port is None or parts.port > 0
    except ValueError:
        usable = plain = in_range = False
    if not (usable and plain and in_range):
        message = "a range service's address is like https://api.pwnedpasswords.com"
        raise SetupError(message)
    return url
