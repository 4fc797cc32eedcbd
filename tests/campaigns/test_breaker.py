import pytest

from credguard.campaigns.breaker import (
    PAUSE_BOUNCES,
    PAUSE_COMPLAINTS,
    REVIEW_BOUNCES,
    REVIEW_COMPLAINTS,
    Recent,
    why_pause,
)
from credguard.campaigns.notice_policy import NoticePolicy
from credguard.errors import DeliverySetupError


@pytest.mark.parametrize(
    ("recent", "why"),
    [
        (Recent(0, 0, 0), None),
        (Recent(1000, 49, 0), None),
        (Recent(1000, 50, 0), "50 of the last 1000 messages bounced"),
        (Recent(60, 50, 0), "50 of the last 60 messages bounced"),
        (Recent(10_000, 0, 9), None),
        (Recent(10_000, 0, 10), "10 of the last 10000 messages were complained"),
    ],
)
def test_sending_stops_at_the_mark(recent: Recent, why: str | None) -> None:
    """At 5 % of bounces or 0.1 % of complaints, and not one before."""
    found = why_pause(
        recent, max_bounces=REVIEW_BOUNCES, max_complaints=REVIEW_COMPLAINTS
    )
    if why is None:
        assert found is None
    else:
        assert str(found).startswith(why)


def test_a_tiny_share_is_one_message() -> None:
    """A limit below one in a window stops at the first."""
    assert why_pause(Recent(1, 1, 0), max_bounces=1e-9, max_complaints=1e-9)
    assert why_pause(Recent(1, 0, 1), max_bounces=1e-9, max_complaints=1e-9)
    assert not why_pause(Recent(1, 0, 0), max_bounces=1e-9, max_complaints=1e-9)


def test_the_reason_names_the_limit_and_its_window() -> None:
    """Bounces are counted over 1,000 messages, complaints over 10,000."""
    bounced = why_pause(Recent(10_000, 50, 0), max_bounces=0.05, max_complaints=0.001)
    assert bounced == (
        "50 of the last 1000 messages bounced: the limit is 5.0% of 1,000"
    )
    complained = why_pause(
        Recent(10_000, 0, 10), max_bounces=0.05, max_complaints=0.001
    )
    assert complained == (
        "10 of the last 10000 messages were complained of: the limit is 0.10% of 10,000"
    )


@pytest.mark.parametrize(
    ("bounces", "complaints"),
    [(0.101, 0.001), (1.0, 0.001), (0.05, 0.0051), (0.05, 1.0)],
)
def test_no_limit_is_above_a_providers(bounces: float, complaints: float) -> None:
    """At 10 % of bounces or 0.5 % of complaints a provider stops a sender."""
    taken = NoticePolicy(max_bounces=0.1, max_complaints=0.005)
    assert (taken.max_bounces, taken.max_complaints) == (0.1, 0.005)
    with pytest.raises(DeliverySetupError, match="share"):
        NoticePolicy(max_bounces=bounces, max_complaints=complaints)


def test_we_stop_before_a_provider_would() -> None:
    """Our marks are those at which a provider begins to look."""
    assert REVIEW_BOUNCES < PAUSE_BOUNCES
    assert REVIEW_COMPLAINTS < PAUSE_COMPLAINTS
