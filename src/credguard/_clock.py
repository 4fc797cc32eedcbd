"""Time is handed in: rules take *now*, and only the edges own a clock."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

FARTHEST = timedelta(hours=2)
"""No lease and no slot lies further ahead: what does is of a clock that was wrong."""


class Clock(Protocol):
    """Anything that tells the time as an aware datetime in UTC."""

    def __call__(self) -> datetime:
        """Return the present instant."""


def system_clock() -> datetime:
    """Return the present instant in UTC."""
    return datetime.now(UTC)


def in_utc(instant: datetime) -> datetime:
    """Return *instant* in UTC; a naive one is taken to be in UTC already."""
    if instant.tzinfo is None:
        return instant.replace(tzinfo=UTC)
    return instant.astimezone(UTC)
