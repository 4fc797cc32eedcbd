from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from credguard.campaigns.forecast import Assumptions
from credguard.campaigns.notice_policy import NoticePolicy
from credguard.campaigns.plan import Plan
from credguard.campaigns.scope import Scope, everyone, in_list
from credguard.campaigns.tally import Tally
from credguard.campaigns.wording import Texts
from credguard.errors import CampaignStateError, DeliverySetupError, ScopeError
from forums import LETTER, House

T = datetime(2014, 4, 12, tzinfo=UTC)
NO_LIMITS = NoticePolicy()


def plan(
    *,
    in_scope: int = 1000,
    rate: float = 10.0,
    link_lifetime: timedelta = timedelta(days=14),
    scope: Scope = everyone,
    notices: NoticePolicy = NO_LIMITS,
) -> Plan:
    """Return a plan over *in_scope* accounts."""
    return Plan(
        scope=scope,
        letter=LETTER,
        rate=rate,
        link_lifetime=link_lifetime,
        made_at=T,
        tally=Tally(accounts=in_scope, in_scope=in_scope, to_tell=in_scope),
        notices=notices,
    )


def test_the_telling_takes_its_number_over_the_rate() -> None:
    """A thousand notices at ten a second take a hundred seconds."""
    assert plan().telling_takes == timedelta(seconds=100)


def test_by_default_a_plan_fits_a_usual_quota(house: House) -> None:
    """Fourteen notices a second, and links that work for fourteen days."""
    made = house.campaigns.plan(everyone, letter=LETTER)
    assert (made.rate, made.link_lifetime) == (14.0, timedelta(days=14))


@pytest.mark.parametrize(
    "rate", [0.0, -1.0, float("nan"), float("inf"), 1 / 3601, 1e300, -0.0, 5e-324]
)
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    """No division by zero, and no sleep for ever."""
    with pytest.raises(CampaignStateError, match="rate"):
        plan(rate=rate)


@pytest.mark.parametrize("rate", [1 / 3600, 14, 1_000_000])
def test_rates_from_one_an_hour_are_taken(rate: float) -> None:
    """Slow and fast are for the operator to say."""
    assert plan(rate=rate, in_scope=10**9).telling_takes >= timedelta(seconds=1000)


@pytest.mark.parametrize(
    "link_lifetime",
    [
        timedelta(0),
        timedelta(minutes=5) - timedelta(microseconds=1),
        timedelta(days=-1),
        timedelta(days=366, microseconds=1),
        timedelta(days=367),
        timedelta.max,
    ],
)
def test_a_link_that_works_too_short_or_for_ever_is_refused(
    link_lifetime: timedelta,
) -> None:
    """Members need time to read, attackers get none to spare."""
    with pytest.raises(CampaignStateError, match="link"):
        plan(link_lifetime=link_lifetime)


@pytest.mark.parametrize("link_lifetime", [timedelta(minutes=5), timedelta(days=366)])
def test_a_link_works_from_five_minutes_to_a_leap_year(
    link_lifetime: timedelta,
) -> None:
    """The bounds themselves are taken."""
    assert plan(link_lifetime=link_lifetime).link_lifetime == link_lifetime


@pytest.mark.parametrize("rate", [1_000_000.5, 1_000_001.0])
def test_a_rate_above_what_any_server_takes_is_refused(rate: float) -> None:
    """A million a second is the most."""
    with pytest.raises(CampaignStateError, match="rate"):
        plan(rate=rate)


def test_a_plan_with_a_text_that_cannot_be_sent_is_refused() -> None:
    """In whatever language: nobody learns it when the first of its members is told."""
    notices = NoticePolicy(texts={"de": Texts(body="Hallo {naam}, {link}")})
    with pytest.raises(DeliverySetupError, match="names a field 'naam'"):
        plan(notices=notices)


@pytest.mark.parametrize(
    ("to_tell", "at_least"),
    [
        (0, timedelta(0)),
        (1, timedelta(hours=1)),
        (25, timedelta(days=24)),
        (10**12, timedelta(days=900_000_000)),
    ],
)
def test_any_number_of_members_has_a_time(to_tell: int, at_least: timedelta) -> None:
    """The slowest of all rates and quotas overflows nothing."""
    notices = NoticePolicy(day_quota=1, other_rate=1 / 3600)
    tally = Tally(accounts=10**12, in_scope=10**12, to_tell=to_tell)
    made = replace(plan(rate=1 / 3600, notices=notices), tally=tally)
    assert made.telling_takes >= at_least


def test_a_plan_for_nobody_is_refused() -> None:
    """A scope that selects nobody is a mistake."""
    with pytest.raises(ScopeError, match="nobody"):
        plan(in_scope=0)


def test_a_plan_whose_scope_could_not_be_read_back_is_refused() -> None:
    """It would be stored, and every log-in reads it."""
    wide: Scope = everyone
    for number in range(60):
        wide |= in_list([str(number)])
    with pytest.raises(ScopeError, match="characters"):
        plan(scope=wide)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (1000, 1010, True),
        (1000, 1011, False),
        (1000, 990, True),
        (1000, 989, False),
        (5, 15, True),
        (5, 16, False),
        (100_000, 101_000, True),
        (100_000, 101_001, False),
    ],
)
def test_a_plan_holds_within_ten_accounts_or_one_in_a_hundred(
    before: int, after: int, *, expected: bool
) -> None:
    """Members come and go; more than that is news."""
    if expected:
        plan(in_scope=before).check_still_true(after)
    else:
        with pytest.raises(CampaignStateError, match=rf"{before}.*{after}"):
            plan(in_scope=before).check_still_true(after)


def test_a_plan_forecasts_with_published_figures_or_the_forums_own() -> None:
    """A thousand told: ten write to support, or as many as the forum knows."""
    assert plan().forecast().support_mails == 10
    assert plan().forecast(Assumptions(support=0.5)).support_mails == 500
    assert plan().forecast().takes_at_least == plan().telling_takes
