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


def test_without_a_word_of_it_no_other_domain_has_members() -> None:
    """The limit is still named, so that a forecast shows that it is set."""
    policy = NoticePolicy(other_rate=0.1)
    found = limits({"": 100}, policy, rate=10.0)
    assert found["0.1 a second to each other domain"] == timedelta(0)
    # The whole's rate takes no time for nobody.
    assert lower_bound({"": 0}, policy, rate=10.0) == timedelta(0)


@pytest.mark.parametrize(
    ("count", "seconds"),
    [
        (925_925_926, 79_999_999_920_000),
        (925_925_927, 80_000_000_000_000),
        (10**12, 80_000_000_000_000),
    ],
)
def test_a_bound_of_many_years_is_one(count: int, seconds: int) -> None:
    """A slow rate for everybody on earth does not overflow."""
    policy = NoticePolicy(day_quota=1)
    found = lower_bound({"": count}, policy, rate=1e6)
    assert found == timedelta(seconds=seconds)
