from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.campaigns.forecast import (
    DECAY_A_YEAR,
    Assumptions,
    Pace,
    forecast,
    usual_bounces,
)
from credguard.campaigns.tally import Band, Tally
from credguard.errors import CampaignStateError

COUNTS = st.integers(0, 10**9)
TOLD = Tally(
    accounts=2000,
    in_scope=1500,
    to_tell=1000,
    unreachable=100,
    told_bands=Counter({Band.MONTH.value: 600, Band.EARLIER.value: 400}),
    domains=Counter({"mail.example": 500, "slow.example": 100}),
)


@pytest.mark.parametrize(
    ("pace", "expected", "limit"),
    [
        (Pace(rate=10), 100, "10 a second"),
        (Pace(rate=10, per_day=1000), 86_400, "1,000 a day"),
        (Pace(rate=10, per_day=10**9), 100, "10 a second"),
        (
            Pace(rate=10, domains={"slow.example": 0.5, "mail.example": 100}),
            200,
            "0.5 a second to slow.example",
        ),
        (Pace(rate=10, domains={"nobody.example": 0.001}), 100, "10 a second"),
    ],
)
def test_the_slowest_limit_is_the_bound(pace: Pace, expected: int, limit: str) -> None:
    """The rate, the day's quota, or a domain: whichever takes longest."""
    assert pace.at_least(TOLD) == (timedelta(seconds=expected), limit)


@given(COUNTS, COUNTS, st.floats(0.01, 1e6), st.none() | st.integers(1, 10**9))
def test_no_limit_is_faster_than_the_bound(
    told: int, slow: int, rate: float, per_day: int | None
) -> None:
    """A schedule that keeps every limit takes at least as long."""
    tally = Tally(to_tell=told + slow, domains=Counter({"slow.example": slow}))
    pace = Pace(rate=rate, per_day=per_day, domains={"slow.example": 0.5})
    seconds = pace.at_least(tally)[0].total_seconds() + 1e-3
    assert seconds * rate >= min(told + slow, 8e13 * rate) * (1 - 1e-9)
    assert seconds * 0.5 >= slow * (1 - 1e-9)
    assert per_day is None or seconds / 86_400 * per_day >= (told + slow) * (1 - 1e-9)


def test_a_forecast_has_a_number_for_each_cost() -> None:
    """Bounces by band, support, and hashing, from rates that can be replaced."""
    assumed = Assumptions(
        bounces={Band.MONTH.value: 0.01, Band.EARLIER.value: 0.5},
        support=0.02,
        hash_seconds=0.1,
    )
    found = forecast(TOLD, Pace(rate=10), assumed)
    assert (found.notices, found.support_mails) == (1000, 20)
    assert found.bounces[Band.MONTH.value] == 6
    assert found.bounces[Band.EARLIER.value] == 200
    assert found.bounces[Band.NEVER.value] == 0
    assert found.hash_seconds == pytest.approx(1100 * 4 * 0.1)
    assert found.first_hours_cores == pytest.approx(1000 * 0.054 * 0.4 / 7200)


def test_addresses_decay_as_published() -> None:
    """The older the last sign of life, the more bounce; a year takes 22.5 %."""
    shares = usual_bounces()
    assert set(shares) == {band.value for band in Band}
    in_order = [shares[band.value] for band in Band if band is not Band.NEVER]
    assert in_order == sorted(in_order)
    assert shares[Band.YEAR.value] < DECAY_A_YEAR < shares[Band.TWO_YEARS.value]


@pytest.mark.parametrize(
    "assumed",
    [
        {"bounces": {"yesterday": 0.1}},
        {"bounces": {Band.MONTH.value: 1.1}},
        {"bounces": {Band.MONTH.value: float("nan")}},
        {"support": -0.1},
    ],
)
def test_a_share_that_is_none_is_refused(assumed: dict[str, object]) -> None:
    """A mistyped setting is told, and not multiplied with."""
    with pytest.raises(CampaignStateError, match="shares"):
        Assumptions(**assumed)  # type: ignore[arg-type]  # as settings may have it


@pytest.mark.parametrize("seconds", [-1.0, 90_000.0, float("nan"), float("inf")])
def test_a_hash_takes_a_time(seconds: float) -> None:
    """A mistyped time is told."""
    with pytest.raises(CampaignStateError, match="hash"):
        Assumptions(hash_seconds=seconds)


@pytest.mark.parametrize(
    ("per_day", "domains"),
    [
        (0, {}),
        (-1, {}),
        (None, {"mail.example": 0.0}),
        (None, {"mail.example": float("nan")}),
    ],
)
def test_a_limit_lets_something_out(
    per_day: int | None, domains: dict[str, float]
) -> None:
    """A campaign that tells nobody for ever is a mistake."""
    with pytest.raises(CampaignStateError, match="lets out"):
        Pace(rate=1.0, per_day=per_day, domains=domains)
