"""
When each notice of a batch may go out: the rate of all, and of each group. Pure.

A slot is an instant at which one message may be handed over. Slots of the whole lie a
step apart, and so do those of a group that has a rate. A slot may be used up to
`LATEST` after its instant and is lost then, so that in any stretch of W seconds at
most rate x (W + 1) + 1 messages go out, however slow or uneven the sending is.
"""

import heapq
import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

LATEST = timedelta(seconds=1)  # how long a slot can be used
BATCH_LASTS = timedelta(seconds=2)  # of slots; short, so that few notices are held
MOST_IN_A_BATCH = 200
_FIRST_BATCH = 10  # until it is known how long a message takes
_SHARE = 0.8  # of the time in which slots can be used, to be on the safe side
FIRST_REST = timedelta(seconds=60)
LONGEST_REST = timedelta(hours=1)
DEFERRALS_TO_REST = 5
"""Messages put off one after the other: one or two of them may be greylisting."""
SLOW = timedelta(seconds=5)  # for one message; a server that takes longer is slow
SLOW_SHARE = 9  # a slow group rests for nine times as long as it took


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    A notice that may go out.

    Attributes:
        id: Its id.

        group: The group of mail exchangers that it goes to.

        place: Its place in the waves; the smallest goes first.
    """

    id: str
    group: str
    place: int


@dataclass(slots=True)
class Track:
    """
    The slots of the whole, or of a group.

    Attributes:
        free_at: The next slot.

        step: From one slot to the next, None for no limit.
    """

    free_at: datetime
    step: timedelta | None


@dataclass(frozen=True, slots=True)
class Slots:
    """
    Which notice goes out when.

    Attributes:
        given: Ids and instants, in order.

        next_at: When the next slot for a notice that got none is, None if all did
            or the batch is full.
    """

    given: list[tuple[str, datetime]]
    next_at: datetime | None


def step_of(rate: float) -> timedelta:
    """Return the time from one slot to the next at *rate* a second."""
    # Rounded up: a millionth of a second less would be a rate above the limit.
    return timedelta(microseconds=math.ceil(1_000_000 / rate))


def batch_size(rate: float, took: timedelta | None) -> int:
    """
    Return how many notices a sender may hold and still use every slot in time.

    Args:
        rate: Messages a second over all senders.

        took: How long a message took this sender lately, None if it is not known.
    """
    span = max(1, int(rate * BATCH_LASTS.total_seconds()))
    if took is None:
        return min(span, _FIRST_BATCH)
    # Each message comes later than its slot by what it takes longer than a step.
    lag = took.total_seconds() - 1 / rate
    in_time = LATEST.total_seconds() * _SHARE / lag if lag > 0 else span
    return max(1, min(span, MOST_IN_A_BATCH, int(in_time)))


def assign(
    candidates: Iterable[Candidate],
    *,
    whole: Track,
    groups: Mapping[str, Track],
    now: datetime,
    most: int,
) -> Slots:
    """
    Give slots to *candidates*; the tracks are moved on.

    Args:
        candidates: What may go out.

        whole: The slots of all senders together.

        groups: The slots of the groups that have a rate.

        now: The present instant.

        most: How many slots to give at the most.
    """
    at = max(now, whole.free_at)
    end = at + BATCH_LASTS
    waiting = _Waiting(_queues(candidates), groups, at)
    given: list[tuple[str, datetime]] = []
    while len(given) < most and waiting:
        at = max(at, waiting.next_at)
        if at >= end:
            return Slots(given, at)
        given.append((waiting.take(at).id, at))
        at += whole.step or timedelta(0)
        whole.free_at = at
    return Slots(given, None)


def next_rest(before: timedelta) -> timedelta:
    """Return how long a group rests, given how long it rested the last time."""
    return min(max(FIRST_REST, before * 2), LONGEST_REST)


class _Waiting:
    """Queues by group: those that may go now by place, the others by their slot."""

    def __init__(
        self,
        queues: dict[str, deque[Candidate]],
        groups: Mapping[str, Track],
        at: datetime,
    ) -> None:
        self._queues = queues
        self._groups = groups
        self._at = at
        self._ready: list[tuple[int, str]] = []
        self._later: list[tuple[datetime, str]] = []
        for group in queues:
            self._put(group)

    def __bool__(self) -> bool:
        return bool(self._ready or self._later)

    @property
    def next_at(self) -> datetime:
        """When the first may go."""
        return self._at if self._ready else self._later[0][0]

    def take(self, at: datetime) -> Candidate:
        """Take out the first that may go at *at*; its group's slot is used."""
        self._at = at
        while self._later and self._later[0][0] <= at:
            group = heapq.heappop(self._later)[1]
            heapq.heappush(self._ready, (self._queues[group][0].place, group))
        _, group = heapq.heappop(self._ready)
        found = self._queues[group].popleft()
        track = self._groups.get(group)
        if track is not None and track.step is not None:
            track.free_at = at + track.step
        if self._queues[group]:
            self._put(group)
        return found

    def _put(self, group: str) -> None:
        track = self._groups.get(group)
        if track is not None and track.free_at > self._at:
            heapq.heappush(self._later, (track.free_at, group))
        else:
            heapq.heappush(self._ready, (self._queues[group][0].place, group))


def _queues(candidates: Iterable[Candidate]) -> dict[str, deque[Candidate]]:
    queues: dict[str, deque[Candidate]] = {}
    for each in sorted(candidates, key=lambda one: one.place):
        queues.setdefault(each.group, deque()).append(each)
    return queues
