import pytest

from credguard.screening import (
    Listed,
    NotListed,
    Reason,
    ReasonCode,
    Unasked,
    UnaskedReason,
    Verdict,
)


@pytest.mark.parametrize(
    "verdict",
    [
        Listed(Reason(ReasonCode.COMMON)),
        NotListed(),
        Unasked(UnaskedReason.TOO_SLOW),
    ],
)
def test_a_verdict_is_no_flag(verdict: Verdict) -> None:
    """Three outcomes do not fit into two, so asking for two is an error."""
    with pytest.raises(TypeError, match="three outcomes"):
        bool(verdict)


def test_a_list_that_does_not_count_saw_it_once() -> None:
    """A listing without a number is one sighting."""
    assert Listed(Reason(ReasonCode.COMMON)).times == 1
