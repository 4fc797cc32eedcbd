import csv
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.campaigns.timeline import (
    MOST_INTERVALS,
    Interval,
    Timeline,
    as_csv,
    place_of,
    timeline,
    width_for,
)

T = datetime(2014, 4, 12, 17, 45, tzinfo=UTC)
HOUR = timedelta(hours=1)
COUNTS = st.dictionaries(st.integers(0, 40), st.integers(1, 10**6))


def hours(**happened: dict[int, int]) -> Timeline:
    """Return a day by the hour; the counts are by hours after the opening's."""
    first = place_of(T, HOUR)
    moved = {
        what: {first + number: count for number, count in counts.items()}
        for what, counts in happened.items()
    }
    return timeline(moved, width=HOUR, begin=T, end=T + timedelta(days=1))


def test_each_interval_is_there_once() -> None:
    """Also those in which nothing happened; the opening lies in the first."""
    found = hours(told={2: 30}, reset={5: 7}, bounced={})
    starts = [each.start for each in found.intervals]
    assert starts == [T.replace(minute=0) + number * HOUR for number in range(25)]
    assert found.intervals[2] == Interval(starts[2], told=30)
    assert found.intervals[5] == Interval(starts[5], reset=7)


@given(COUNTS, COUNTS, COUNTS)
def test_nothing_is_lost(
    told: dict[int, int], bounced: dict[int, int], reset: dict[int, int]
) -> None:
    """The last total is the sum, also where a clock was put back after it."""
    found = hours(told=told, bounced=bounced, reset=reset)
    last = found.totals()[-1]
    assert last.told == sum(told.values())
    assert last.bounced == sum(bounced.values())
    assert last.reset == sum(reset.values())
    assert len(found.totals()) == len(found.intervals)


def test_a_clock_that_was_put_back_leaves_one_interval() -> None:
    """An end before the beginning is no reason to show nothing."""
    found = timeline({"told": {}}, width=HOUR, begin=T, end=T - timedelta(days=3))
    assert len(found.intervals) == 1


@pytest.mark.parametrize(
    ("length", "width"),
    [
        (timedelta(0), timedelta(minutes=10)),
        (timedelta(days=2), timedelta(hours=1)),
        (timedelta(days=30), timedelta(hours=6)),
        (timedelta(days=100), timedelta(days=1)),
        (timedelta(days=800), timedelta(days=7)),
    ],
)
def test_a_width_goes_with_the_length(length: timedelta, width: timedelta) -> None:
    """Minutes on the first day, days after months."""
    assert width_for(length) == width


@pytest.mark.parametrize(
    ("length", "width", "wider"),
    [
        (timedelta(hours=20), timedelta(minutes=10), timedelta(hours=1)),
        (timedelta(days=5), timedelta(hours=1), timedelta(hours=6)),
        (timedelta(days=30), timedelta(hours=6), timedelta(days=1)),
        (timedelta(days=120), timedelta(days=1), timedelta(days=7)),
        (timedelta(days=840), timedelta(days=7), timedelta(days=28)),
        (timedelta(days=3360), timedelta(days=28), timedelta(days=56)),
        (timedelta(days=6720), timedelta(days=56), timedelta(days=84)),
    ],
)
def test_120_intervals_are_shown(
    length: timedelta, width: timedelta, wider: timedelta
) -> None:
    """What is longer by any time at all is shown in wider ones."""
    assert width_for(length) == width
    assert width_for(length + timedelta(microseconds=1)) == wider


@pytest.mark.parametrize(
    ("instant", "width", "place"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), HOUR, 0),
        (datetime(1970, 1, 1, 0, 59, 59, 999_999, tzinfo=UTC), HOUR, 0),
        (datetime(1970, 1, 1, 1, tzinfo=UTC), HOUR, 1),
        (datetime(1971, 1, 1, tzinfo=UTC), timedelta(days=7), 52),
        (T, timedelta(days=1), 16_172),
    ],
)
def test_intervals_are_numbered_from_1970(
    instant: datetime, width: timedelta, place: int
) -> None:
    """As the databases number the instants in their rows."""
    assert place_of(instant, width) == place


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=365 * 200)))
def test_a_plot_never_gets_more_than_it_shows(length: timedelta) -> None:
    """However long the campaign was."""
    assert length <= width_for(length) * MOST_INTERVALS


def test_csv_is_read_back() -> None:
    """Lines end as RFC 4180 has it, and the totals stand beside the counts."""
    text = as_csv(hours(told={0: 2, 1: 3}, bounced={1: 1}, reset={}))
    assert text.count("\r\n") == text.count("\n") == 26
    rows = list(csv.DictReader(StringIO(text)))
    assert rows[1] == {
        "from": "2014-04-12T18:00:00Z",
        "told": "3",
        "bounced": "1",
        "reset": "0",
        "told_in_all": "5",
        "bounced_in_all": "1",
        "reset_in_all": "0",
    }


def test_one_interval_has_a_line() -> None:
    """A campaign that was opened just now is told of as well."""
    found = timeline({"told": {}}, width=HOUR, begin=T, end=T, ended={"cookies": {}})
    assert as_csv(found) == (
        "from,told,bounced,reset,ended_by_cookies,"
        "told_in_all,bounced_in_all,reset_in_all,ended_by_cookies_in_all\r\n"
        "2014-04-12T17:00:00Z,0,0,0,0,0,0,0,0\r\n"
    )


def test_csv_has_columns_for_each_hook() -> None:
    """Also for one that has ended nothing yet, and however late it was called."""
    first = place_of(T, HOUR)
    calls = {"api-tokens": {first: 5, first + 30: 2}, "remember-me": dict[int, int]()}
    found = timeline({"told": {}}, width=HOUR, begin=T, end=T + HOUR, ended=calls)
    rows = list(csv.DictReader(StringIO(as_csv(found))))
    assert len(rows) == 31
    assert [rows[number]["ended_by_api-tokens"] for number in (0, 1, 30)] == [
        "5",
        "0",
        "2",
    ]
    assert rows[-1]["ended_by_api-tokens_in_all"] == "7"
    assert rows[-1]["ended_by_remember-me_in_all"] == "0"
