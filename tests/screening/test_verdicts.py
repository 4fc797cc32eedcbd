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
