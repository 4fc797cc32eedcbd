"""Which log-ins came so close together that they may have been crossed. Pure."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Entry:
    """A log-in: whose, and when."""

    account_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Crossing:
    """
    Two log-ins of different accounts within a short time.

    Attributes:
        earlier: The first.

        later: The second.
    """

    earlier: Entry
    later: Entry

    @property
    def apart(self) -> timedelta:
        """How long after the first the second came."""
        return self.later.at - self.earlier.at


def crossings(entries: Iterable[Entry], *, within: timedelta) -> Iterator[Crossing]:
    """
    Yield each pair of entries of different accounts that lie *within* so much.

    Args:
        entries: Log-ins, the oldest first; only those of the last *within* are kept
            in memory.

        within: How close they are at the most.
    """
    near: deque[Entry] = deque()
    for entry in entries:
        while near and entry.at - near[0].at > within:
            near.popleft()
        for earlier in near:
            if earlier.account_id != entry.account_id:
                yield Crossing(earlier, entry)
        near.append(entry)
