"""Time is handed in: rules take *now*, and only the edges own a clock."""

from datetime import UTC, datetime
from typing import Protocol


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
