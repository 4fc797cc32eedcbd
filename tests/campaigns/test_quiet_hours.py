from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.campaigns.quiet_hours import QuietHours
from credguard.errors import DeliverySetupError

NIGHT = QuietHours("22:00-08:00", "Europe/London")
NOON = QuietHours("12:00-13:30", "UTC")
INSTANTS = st.datetimes(datetime(2014, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001
    lambda naive: naive.replace(tzinfo=UTC)
)


@pytest.mark.parametrize(
    ("hours", "now", "end"),
    [
        (NIGHT, datetime(2014, 1, 5, 23, 0, tzinfo=UTC), "2014-01-06T08:00"),
        (NIGHT, datetime(2014, 1, 6, 7, 59, tzinfo=UTC), "2014-01-06T08:00"),
        (NIGHT, datetime(2014, 1, 6, 8, 0, tzinfo=UTC), None),
        (NIGHT, datetime(2014, 7, 5, 21, 0, tzinfo=UTC), "2014-07-06T07:00"),
        (NIGHT, datetime(2014, 7, 5, 20, 59, tzinfo=UTC), None),
        (NOON, datetime(2014, 7, 5, 12, 0, tzinfo=UTC), "2014-07-05T13:30"),
        (NOON, datetime(2014, 7, 5, 13, 30, tzinfo=UTC), None),
    ],
)
def test_quiet_hours_end_when_they_should(
    hours: QuietHours, now: datetime, end: str | None
) -> None:
    """Over midnight and not, in summer and in winter, to the minute."""
    found = hours.over_at(now)
    assert (found and found.isoformat()[:16]) == end


def test_the_hour_that_comes_twice_ends_later() -> None:
    """Where a clock is set back the end is never in the past."""
    hours = QuietHours("00:30-01:30", "Europe/London")
    again = datetime(2014, 10, 26, 1, 10, tzinfo=UTC)
    assert hours.over_at(again) == datetime(2014, 10, 26, 1, 30, tzinfo=UTC)


def test_half_an_hour_that_comes_twice_ends_half_an_hour_later() -> None:
    """Not everywhere is it a whole hour by which a clock is set back."""
    hours = QuietHours("23:00-01:45", "Australia/Lord_Howe")
    again = datetime(2014, 4, 5, 15, 5, tzinfo=UTC)  # 01:35, for the second time
    assert hours.over_at(again) == datetime(2014, 4, 5, 15, 15, tzinfo=UTC)


@given(now=INSTANTS)
def test_the_end_is_later_and_within_a_day(now: datetime) -> None:
    """Whenever it is asked, whoever waits until then need not wait again."""
    end = NIGHT.over_at(now)
    if end is not None:
        assert now < end <= now + timedelta(hours=11)
        assert NIGHT.over_at(end) is None


@pytest.mark.parametrize(
    ("hours", "zone"),
    [
        ("22-8", "UTC"),
        ("22:00-22:00", "UTC"),
        ("24:00-08:00", "UTC"),
        ("22:00-08:00", "Europe/Londinium"),
        ("22:00-08:00", "../../etc/passwd"),
        ("22:00-08:00", ""),
    ],
)
def test_what_are_no_quiet_hours_is_refused(hours: str, zone: str) -> None:
    """Hours or a zone that do not exist are refused when the plan is made."""
    with pytest.raises(DeliverySetupError, match="quiet hours"):
        QuietHours(hours, zone)


def test_quiet_hours_show_as_they_are_written() -> None:
    """Whoever reads them sees what is in the settings."""
    assert repr(NOON) == "QuietHours(hours='12:00-13:30', zone='UTC')"
