"""How a campaign went over time: what happened in each interval. Pure."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
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
    """

    start: datetime
    told: int = 0
    bounced: int = 0
    reset: int = 0


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
        summed = []
        for each in self.intervals:
            told += each.told
            bounced += each.bounced
            reset += each.reset
            summed.append(Interval(each.start, told, bounced, reset))
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
) -> Timeline:
    """
    Put counts into intervals.

    Args:
        happened: How often what (an `Interval`'s field) happened, by the number of
            the interval.

        width: How long each interval is.

        begin: When the campaign was opened.

        end: As at when.
    """
    # A clock that was put back must not hide what happened.
    latest = [max(counts, default=0) for counts in happened.values()]
    last = max(place_of(end, width), *latest, place_of(begin, width))
    numbers = range(place_of(begin, width), last + 1)
    return Timeline(
        width,
        tuple(
            Interval(
                _EPOCH + number * width,
                **{what: counts.get(number, 0) for what, counts in happened.items()},
            )
            for number in numbers
        ),
    )


def as_csv(found: Timeline) -> str:
    """Return the intervals as CSV after RFC 4180, with what had happened by then."""
    text = StringIO()
    rows = csv.writer(text)
    names = ("told", "bounced", "reset")
    rows.writerow(("from", *names, *(f"{name}_in_all" for name in names)))
    for each, summed in zip(found.intervals, found.totals(), strict=True):
        counts = (each.told, each.bounced, each.reset)
        totals = (summed.told, summed.bounced, summed.reset)
        rows.writerow((to_iso(each.start), *counts, *totals))
    return text.getvalue()
