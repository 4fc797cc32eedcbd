"""How a campaign went over time: what happened in each interval. Pure."""

import csv
import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO

from credguard._text import to_iso

MOST_INTERVALS = 120  # more would not be seen in a plot

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WIDTHS = (
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=7),
    timedelta(days=28),
)


@dataclass(frozen=True, slots=True)
class Interval:
    """
    What happened between one instant and the next.

    Attributes:
        start: From when on.

        told: Accounts to which the other side took a notice, by when it took the
            first.

        bounced: Accounts of which a notice came back, by when the first of those was
            sent.

        reset: Accounts that got a new password.

        ended: How many each hook of the host ended, by its name.
    """

    start: datetime
    told: int = 0
    bounced: int = 0
    reset: int = 0
    ended: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Timeline:
    """
    A campaign's intervals from its opening on, none left out.

    Attributes:
        width: How long each is.

        intervals: What happened, the oldest first.
    """

    width: timedelta
    intervals: tuple[Interval, ...]

    def totals(self) -> tuple[Interval, ...]:
        """Return for each interval what had happened by its end."""
        told = bounced = reset = 0
        ended: Counter[str] = Counter()
        summed = []
        for each in self.intervals:
            told += each.told
            bounced += each.bounced
            reset += each.reset
            ended.update(each.ended)
            summed.append(Interval(each.start, told, bounced, reset, dict(ended)))
        return tuple(summed)


def width_for(length: timedelta) -> timedelta:
    """Return the width of intervals with which *length* is shown well."""
    for width in _WIDTHS:
        if length <= width * MOST_INTERVALS:
            return width
    times = -(-length // (_WIDTHS[-1] * MOST_INTERVALS))
    return _WIDTHS[-1] * times


def place_of(instant: datetime, width: timedelta) -> int:
    """Return the number of the interval in which *instant* lies, since 1970."""
    return (instant - _EPOCH) // width


def timeline(
    happened: Mapping[str, Mapping[int, int]],
    *,
    width: timedelta,
    begin: datetime,
    end: datetime,
    ended: Mapping[str, Mapping[int, int]] | None = None,
) -> Timeline:
    """
    Put counts into intervals.

    Args:
        happened: How often what (an `Interval`'s field) happened, by the number of
            the interval.

        width: How long each interval is.

        begin: When the campaign was opened.

        end: As at when.

        ended: What each hook ended, by its name and the number of the interval.
    """
    hooks = ended or {}
    # A clock that was put back must not hide what happened.
    every = itertools.chain(*happened.values(), *hooks.values())
    first = place_of(begin, width)
    last = max(first, place_of(end, width), *every)
    return Timeline(
        width,
        tuple(
            Interval(
                _EPOCH + number * width,
                **{what: counts.get(number, 0) for what, counts in happened.items()},
                ended={name: by.get(number, 0) for name, by in hooks.items()},
            )
            for number in range(first, last + 1)
        ),
    )


def as_csv(found: Timeline) -> str:
    """Return the intervals as CSV after RFC 4180, with what had happened by then."""
    text = StringIO()
    rows = csv.writer(text)
    hooks = tuple(found.intervals[0].ended)
    names = ("told", "bounced", "reset", *(f"ended_by_{name}" for name in hooks))
    rows.writerow(("from", *names, *(f"{name}_in_all" for name in names)))
    for each, summed in zip(found.intervals, found.totals(), strict=True):
        counts = [
            (one.told, one.bounced, one.reset, *(one.ended[name] for name in hooks))
            for one in (each, summed)
        ]
        rows.writerow((to_iso(each.start), *counts[0], *counts[1]))
    return text.getvalue()
