"""A circuit breaker: what fails again and again is left alone for a while."""

from collections.abc import Callable
from threading import Lock


class Circuit:
    """
    Counts failures in a row and says whether it is worth trying.

    Closed: everything may pass. Open, after so many failures in a row: nothing
    may pass until it has rested. Half open: one may pass as a probe, and what
    becomes of it decides; a probe that never reports makes way for the next one
    after another rest.

    Args:
        failures: How many in a row open it.

        rest: How long it stays open, in seconds.

        monotonic: A clock in seconds that never goes back.
    """

    def __init__(
        self, *, failures: int, rest: float, monotonic: Callable[[], float]
    ) -> None:
        self._failures = failures
        self._rest = rest
        self._monotonic = monotonic
        self._lock = Lock()
        self._failed = 0
        self._shut_until = 0.0

    def may_pass(self) -> bool:
        """Return True if it may be tried; whoever tries reports what became of it."""
        with self._lock:
            if self._failed < self._failures:
                return True
            now = self._monotonic()
            if now < self._shut_until:
                return False
            self._shut_until = now + self._rest
            return True

    def succeeded(self) -> None:
        """Close the circuit."""
        with self._lock:
            self._failed = 0

    def failed(self) -> None:
        """Count one failure, and open the circuit if it is one too many."""
        with self._lock:
            self._failed += 1
            if self._failed >= self._failures:
                self._shut_until = self._monotonic() + self._rest
