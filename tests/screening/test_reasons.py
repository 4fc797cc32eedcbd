import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.errors import PasswordRejectedError, SetupError
from credguard.screening import Hint, Reason, ReasonCode
from credguard.screening.reasons import breached

ARGUMENTS = {
    ReasonCode.TOO_SHORT: (("minimum", 15),),
    ReasonCode.TOO_LONG: (("maximum", 1024),),
    ReasonCode.BREACHED: (("at_least", 1_000_000),),
}


@pytest.mark.parametrize("code", ReasonCode)
def test_every_reason_has_a_sentence(code: ReasonCode) -> None:
    """A sentence for a person, with the numbers in it and no hole left."""
    reason = Reason(code, arguments=ARGUMENTS.get(code, ()))
    assert reason.text[0].isupper()
    assert reason.text.endswith(".")
    assert "{" not in reason.text
    for _, number in reason.arguments:
        assert f"{number:,}" in reason.text


@pytest.mark.parametrize("hint", Hint)
def test_every_hint_has_a_sentence(hint: Hint) -> None:
    """A hint is told after the reason that it belongs to."""
    reason = Reason(ReasonCode.TOO_GUESSABLE, hints=(hint,))
    assert hint.text.endswith(".")
    assert reason.text.endswith(f" {hint.text}")


@pytest.mark.parametrize("code", ReasonCode)
def test_a_reason_has_the_arguments_of_its_sentence(code: ReasonCode) -> None:
    """A list of the host's own that forgets one learns it when it makes the reason."""
    for wrong in ({}, {"minimum": 1, "maximum": 2}):
        if wrong.keys() != dict(ARGUMENTS.get(code, ())).keys():
            with pytest.raises(SetupError, match=code):
                Reason(code, arguments=tuple(wrong.items()))


@pytest.mark.parametrize(
    ("code", "needed"),
    [(ReasonCode.COMMON, "none"), (ReasonCode.TOO_SHORT, "minimum")],
)
def test_what_a_reason_needs_is_told(code: ReasonCode, needed: str) -> None:
    """By the names of the arguments, or that there are none."""
    with pytest.raises(SetupError, match=rf"'{code}' are: {needed}$"):
        Reason(code, arguments=(("at_least", 1),))


def test_a_code_is_its_own_name() -> None:
    """Hosts translate by code, which is plain text."""
    assert Reason(ReasonCode.COMMON).code == "common"


def test_an_error_tells_all_reasons() -> None:
    """The error's text is the sentences, and it can be pickled with its reasons."""
    reasons = (Reason(ReasonCode.COMMON), Reason(ReasonCode.CONTEXT))
    error = PasswordRejectedError(reasons)
    assert str(error) == f"{reasons[0].text} {reasons[1].text}"
    assert pickle.loads(pickle.dumps(reasons)) == reasons  # noqa: S301  # made here


@given(st.integers(1, 10**12))
def test_a_count_is_told_as_a_power_of_ten(times: int) -> None:
    """The exact count would name the password to whoever has the corpus."""
    at_least = dict(breached(times).arguments)["at_least"]
    assert at_least <= times < at_least * 10
    assert set(str(at_least)[1:]) <= {"0"}
    assert str(at_least)[0] == "1"
