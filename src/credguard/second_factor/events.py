"""
What happens to second factors, told twice: to the audit log and to the host.

What changes who can log in, and is rare, stands in the chained audit log in the
same transaction. What happens at each log-in is handed to the host's callback alone:
the chain has one head, and all log-ins would wait for each other at it. See
docs/adr/0019-what-is-audited.md.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from credguard.keys import Keyring
from credguard.storage import audit

_log = logging.getLogger("credguard.second_factor")


class EventKind(StrEnum):
    """What can happen to a second factor."""

    ENROLLMENT_BEGUN = "enrollment begun"
    ENROLLED = "enrolled"
    VERIFIED = "verified"
    FAILED = "failed"
    REPLAYED = "replayed"
    DELAYED = "delayed"
    """Not looked at: the delay after wrong codes is not over."""

    LOCKED = "locked"
    DISABLED = "disabled"
    UNREADABLE = "unreadable"
    """The seed did not open; `StoredDataError` is raised."""

    CLOCK_BEHIND = "clock behind"
    """The last accepted step is in the future."""

    RECOVERY_USED = "recovery code used"
    RECOVERY_LOW = "recovery codes low"
    RECOVERY_REPLACED = "recovery codes replaced"
    VOUCHED = "vouched"
    DEVICE_TRUSTED = "device trusted"
    DEVICE_USED = "device used"
    DEVICE_REVOKED = "device revoked"
    DEVICE_REPLAYED = "device replayed"
    """A token that was replaced long ago came back: two hold what one should."""

    RESEALED = "resealed"
    CLOCK_REPAIRED = "clock repaired"
    RESTORED = "restored"
    TAKEN_OVER = "taken over"
    """Factors of another system came in: how many, or whose was replaced."""

    LEAK_STARTED = "leak measure started"
    LEAK_DECIDED = "leak measure decided"
    """Somebody decided about an account that would be left without a path."""

    LEAK_SWEPT = "leak measure swept"
    EXPORTED = "exported"
    """Seeds were handed out in the clear, for those who leave."""


CHAINED = frozenset(EventKind) - {
    EventKind.VERIFIED,
    EventKind.FAILED,
    EventKind.REPLAYED,
    EventKind.DELAYED,
    EventKind.UNREADABLE,
    EventKind.CLOCK_BEHIND,
    EventKind.RECOVERY_LOW,
    EventKind.DEVICE_USED,
}
"""What stands in the audit log; the rest is told to the callback only."""


@dataclass(frozen=True, slots=True)
class FactorEvent:
    """
    Something that happened. It holds no code, seed, token or sealed text.

    Attributes:
        kind: What.

        account_id: To whom, None for what happens to many.

        at: When.

        detail: Ids and counts.
    """

    kind: EventKind
    account_id: str | None
    at: datetime
    detail: Mapping[str, object] = field(default_factory=dict)


class Events:
    """
    Writes events into the audit log, and hands all of them to the host.

    Args:
        keyring: The key that makes the audit log's chain.

        callback: Called after an event's transaction stands; what it raises is
            logged by name and goes no further. None if nobody asks.
    """

    def __init__(
        self, keyring: Keyring, callback: Callable[[FactorEvent], None] | None
    ) -> None:
        self._keyring = keyring
        self._callback = callback

    def record(self, connection: Connection, event: FactorEvent) -> None:
        """Put *event* into the audit log, in the caller's transaction."""
        whose = {} if event.account_id is None else {"account_id": event.account_id}
        audit.record(
            connection,
            self._keyring,
            event=f"second factor: {event.kind.value}",
            detail={**whose, **event.detail},
            now=event.at,
        )

    def tell(
        self,
        kind: EventKind,
        account_id: str | None,
        at: datetime,
        **detail: object,
    ) -> None:
        """Hand an event to the host, once what it tells of stands."""
        if self._callback is not None:
            self.tell_of(FactorEvent(kind, account_id, at, detail))

    def tell_of(self, event: FactorEvent) -> None:
        """Hand *event* to the host, once what it tells of stands."""
        if self._callback is None:
            return
        try:
            self._callback(event)
        except Exception as error:  # noqa: BLE001  # a log-in does not fail for it
            _log.error(  # its text may hold what the host put there
                "An event of second factors was not taken: %s", type(error).__name__
            )
