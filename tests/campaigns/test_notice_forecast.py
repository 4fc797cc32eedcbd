"""How long notices take at the least."""

from datetime import timedelta

import pytest

from credguard.campaigns.notice_forecast import limits, lower_bound
from credguard.campaigns.notice_policy import Group, NoticePolicy


@pytest.mark.parametrize(
    ("waiting", "bound"),
    [
        ({}, timedelta(0)),
        ({"": 100}, timedelta(seconds=10)),
        ({"google": 100, "": 100}, timedelta(seconds=50)),
        ({"google": 10, "": 990}, timedelta(days=1)),
        ({"": 1001}, timedelta(days=2)),
    ],
)
def test_the_lower_bound_is_the_slowest_limit(
    waiting: dict[str, int], bound: timedelta
) -> None:
    """The whole's rate, a group's, or the days that a quota takes."""
    policy = NoticePolicy(groups={"google": Group(rate=2.0)}, day_quota=500)
    assert lower_bound(waiting, policy, rate=10.0) == bound


def test_the_lower_bound_knows_the_largest_other_domain() -> None:
    """Where each other domain has a rate, that with most members takes longest."""
    policy = NoticePolicy(other_rate=0.1)
    found = lower_bound({"": 100}, policy, rate=10.0, most_in_one=30)
    assert found == timedelta(seconds=300)


def test_each_limit_has_a_name() -> None:
    """Whoever reads a forecast knows what to ask the provider for."""
    policy = NoticePolicy(
        groups={"google": Group(rate=2.0)}, day_quota=500, other_rate=0.5
    )
    found = limits({"google": 10, "": 990}, policy, rate=10.0, most_in_one=40)
    assert found == {
        "10 a second": timedelta(seconds=100),
        "2 a second to google": timedelta(seconds=5),
        "0.5 a second to each other domain": timedelta(seconds=80),
        "500 a day": timedelta(days=1),
    }


def test_a_bound_of_many_years_is_one() -> None:
    """A slow rate for everybody on earth does not overflow."""
    policy = NoticePolicy(day_quota=1)
    assert lower_bound({"": 10**12}, policy, rate=1 / 3600).days > 900_000_000
