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
from credguard.campaigns.notice_policy import Group, NoticePolicy
from credguard.campaigns.tally import Band, Tally
from credguard.errors import CampaignStateError

COUNTS = st.integers(0, 10**9)
TOLD = Tally(
    accounts=2000,
    in_scope=1500,
    to_tell=1000,
    unreachable=100,
    told_bands=Counter({Band.MONTH.value: 600, Band.EARLIER.value: 400}),
    domains=Counter({"gmail.com": 650, "mail.example": 100, "slow.example": 50}),
    groups=Counter({"google": 650, "slow": 50}),
)


def policy(quota: int | None = None, **rates: float) -> NoticePolicy:
    """Return a policy with a day's quota and rates of groups."""
    others = rates.pop("others", None)
    groups = {name: Group((f"{name}.example",), rate) for name, rate in rates.items()}
    return NoticePolicy(day_quota=quota, groups=groups, other_rate=others)


@pytest.mark.parametrize(
    ("notices", "expected", "limit"),
    [
        (policy(), 100, "10 a second"),
        (policy(quota=100), 9 * 86_400, "100 a day"),
        (policy(quota=999), 86_400, "999 a day"),
        (policy(quota=1000), 100, "10 a second"),
        (policy(slow=0.25, google=100), 200, "0.25 a second to slow"),
        (policy(google=5), 130, "5 a second to google"),
        (policy(nobody=0.001), 100, "10 a second"),
        (policy(slow=50, others=0.5), 200, "0.5 a second to each other domain"),
    ],
)
def test_the_slowest_limit_is_the_bound(
    notices: NoticePolicy, expected: int, limit: str
) -> None:
    """The rate, the day's quota, or a group: whichever takes longest."""
    found = Pace(rate=10, notices=notices).at_least(TOLD)
    assert found == (timedelta(seconds=expected), limit)


def test_a_domain_of_a_group_is_not_another() -> None:
    """The rate of each other domain is no limit for the group's."""
    tally = Tally(to_tell=50, domains=TOLD.domains, groups=Counter({"google": 50}))
    tally.domains = Counter({"gmail.com": 50})
    found = Pace(rate=10, notices=policy(others=0.01)).at_least(tally)
    assert found == (timedelta(seconds=5), "10 a second")


@given(COUNTS, COUNTS, st.floats(0.01, 1e6), st.none() | st.integers(1, 10**9))
def test_no_limit_is_faster_than_the_bound(
    told: int, slow: int, rate: float, quota: int | None
) -> None:
    """A schedule that keeps every limit takes at least as long."""
    tally = Tally(to_tell=told + slow, groups=Counter({"slow": slow}))
    pace = Pace(rate=rate, notices=policy(quota=quota, slow=0.5))
    seconds = pace.at_least(tally)[0].total_seconds() + 1e-3
    assert seconds * rate >= min(told + slow, 8e13 * rate) * (1 - 1e-9)
    assert seconds * 0.5 >= slow * (1 - 1e-9)
    if quota is not None:
        # A quota's worth goes out at once, and another after each day.
        most = (seconds / 86_400 * (1 + 1e-9) + 1) * quota
        assert most >= min(told + slow, 9e8 * quota)


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
    ("band", "share"),
    [
        (Band.TWO_YEARS, 0.3177),
        (Band.FIVE_YEARS, 0.5902),
        (Band.EARLIER, 0.8321),
        (Band.NEVER, 0.8321),
    ],
)
def test_a_band_decays_as_its_middle_does(band: Band, share: float) -> None:
    """At 22.5 % a year: one and a half years, three and a half, and seven."""
    assert usual_bounces()[band.value] == share


def test_who_is_not_told_comes_back_as_well() -> None:
    """Members without an address, or with a known password, hash as others do."""
    tally = Tally(to_tell=10, unreachable=20, known_bad=30)
    found = forecast(tally, Pace(rate=10), Assumptions())
    assert found.hash_seconds == pytest.approx(60 * 4 * 0.05)


def test_a_band_without_a_share_bounces_not_at_all() -> None:
    """What the forum's own figures leave out counts as none."""
    tally = Tally(to_tell=1000, told_bands=Counter({Band.NEVER.value: 1000}))
    found = forecast(tally, Pace(rate=10), Assumptions(bounces={}))
    assert set(found.bounces.values()) == {0}
    everything = Assumptions(bounces=dict.fromkeys(Band, 1.0))
    assert forecast(tally, Pace(rate=10), everything).bounces == {
        band.value: 1000 * (band is Band.NEVER) for band in Band
    }


def test_shares_and_times_reach_to_their_bounds() -> None:
    """Nobody bounces or all do; a hash takes no time or a day."""
    for share, seconds in ((0.0, 0.0), (1.0, 86_400.0)):
        found = Assumptions(
            bounces={Band.MONTH.value: share}, support=share, hash_seconds=seconds
        )
        assert found.support == share
    with pytest.raises(CampaignStateError, match="hash"):
        Assumptions(hash_seconds=86_400.5)


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
