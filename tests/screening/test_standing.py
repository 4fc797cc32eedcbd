from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.screening import (
    Listed,
    NotListed,
    Reason,
    ReasonCode,
    Unasked,
    UnaskedReason,
    Verdict,
)
from credguard.screening.editions import Edition
from credguard.screening.reasons import ARGUMENTS, breached
from credguard.screening.standing import Outcome, standing_of

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MONTH = timedelta(days=30)
NOW = Edition("now", tells_all=True)
MUTE = Edition("now", tells_all=False)
COMMON = Listed(Reason(ReasonCode.COMMON))
AWAY = Unasked(UnaskedReason.UNREACHABLE)


@pytest.mark.parametrize(
    ("verdict", "outcome", "reasons"),
    [
        (NotListed(), Outcome.NOT_LISTED, ()),
        (AWAY, Outcome.UNASKED, ()),
        (COMMON, Outcome.LISTED, (Reason(ReasonCode.COMMON),)),
        (Listed(breached(2345), times=2345), Outcome.LISTED, (breached(1000),)),
    ],
)
def test_a_verdict_is_kept_with_what_to_tell(
    verdict: Verdict, outcome: Outcome, reasons: tuple[Reason, ...]
) -> None:
    """Three outcomes, and the reason that the person is told again next time."""
    standing = standing_of(verdict, NOW, now=NOON)
    assert standing.outcome is outcome
    assert standing.reasons == reasons
    if outcome is not Outcome.LISTED:
        assert standing.times == 0


@pytest.mark.parametrize("code", ReasonCode)
@given(times=st.integers(-1, 10**18))
def test_any_listing_can_be_told_again(code: ReasonCode, times: int) -> None:
    """Whatever code a list of the host's own uses, and however often it says."""
    reason = Reason(code, tuple(ARGUMENTS.get(code, {}).items()))
    standing = standing_of(Listed(reason, times=times), NOW, now=NOON)
    assert standing.reasons[0].text
    assert standing.times <= max(times, 1) < 10 * standing.times
    assert set(str(standing.times)[1:]) <= {"0"}  # never the exact number


@pytest.mark.parametrize(
    ("verdict", "edition", "age", "holds"),
    [
        (NotListed(), NOW, 100 * MONTH, True),
        (COMMON, NOW, 100 * MONTH, True),
        (NotListed(), Edition("new", tells_all=True), timedelta(0), False),
        (NotListed(), Edition("new", tells_all=False), timedelta(0), False),
        (COMMON, Edition("new", tells_all=True), timedelta(0), False),
        (NotListed(), MUTE, MONTH - timedelta(seconds=1), True),
        (NotListed(), MUTE, MONTH, False),
        (COMMON, MUTE, MONTH, False),
        (AWAY, NOW, timedelta(0), False),
        (AWAY, MUTE, timedelta(0), False),
    ],
)
def test_a_finding_holds_until_the_lists_change(
    verdict: Verdict, edition: Edition, age: timedelta, *, holds: bool
) -> None:
    """Or, where one cannot tell, for so long; could not ask holds never."""
    standing = standing_of(verdict, NOW, now=NOON)
    assert standing.holds(edition, now=NOON + age, lasts=MONTH) == holds
