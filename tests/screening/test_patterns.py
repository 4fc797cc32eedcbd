import pytest

from credguard.screening import Hint, estimate
from credguard.screening.patterns import Match, hints_for


@pytest.mark.parametrize(
    ("password", "hints"),
    [
        ("monkey", [Hint.COMMON]),
        ("Monkey", [Hint.COMMON, Hint.CAPITALS]),
        ("MONKEY", [Hint.COMMON, Hint.CAPITALS]),
        ("mONkEY", [Hint.COMMON]),
        ("123456", [Hint.COMMON]),
        ("m0nkey", [Hint.NEARLY_COMMON, Hint.LOOK_ALIKES]),
        ("yeknom", [Hint.NEARLY_COMMON, Hint.BACKWARDS]),
        ("monkey!!", [Hint.NEARLY_COMMON]),
        ("kilometres", [Hint.ONE_WORD]),
        ("kowalczyk", [Hint.NAME]),
        ("alicesmith", [Hint.PERSONAL]),
        ("poiuytre", [Hint.KEYBOARD]),
        ("qpqpqpqp", [Hint.REPEAT]),
        ("cdefghijklm", [Hint.SEQUENCE]),
        ("1987", [Hint.YEAR]),
        ("12.7.1987", [Hint.DATE]),
        ("", []),
    ],
)
def test_a_weak_password_comes_with_what_is_weak(
    password: str, hints: list[Hint]
) -> None:
    """The longest part says why, and more words always help."""
    strength = estimate(password, context=("alicesmith",))
    assert strength.hints == (*hints, Hint.MORE_WORDS)


@pytest.mark.parametrize("password", ["correct horse battery staple", "Xk7#qp2!Lm9"])
def test_a_strong_password_comes_with_no_hint(password: str) -> None:
    """From score 3 on there is nothing to say."""
    strength = estimate(password)
    assert strength.score >= 3
    assert strength.hints == ()


def test_what_matches_no_pattern_needs_more_of_it() -> None:
    """A few random characters are short, and that is all."""
    assert estimate("x9#").hints == (Hint.MORE_WORDS,)


def word(token: str, *, turned: bool = False, costs: float = 0.0) -> Match:
    """Return a part that is a common password."""
    return {
        "pattern": "dictionary",
        "token": token,
        "dictionary_name": "passwords",
        "reversed": turned,
        "l33t": False,
        "guesses_log10": costs,
    }


@pytest.mark.parametrize(("score", "hints"), [(2, 2), (3, 0)])
def test_hints_end_at_score_three(score: int, hints: int) -> None:
    """At two there is something to say, whatever the parts are."""
    assert len(hints_for([word("monkey")], score=score)) == hints


@pytest.mark.parametrize(("costs", "is_near"), [(4.0, True), (4.1, False)])
def test_ten_thousand_guesses_are_close_to_common(
    *, costs: float, is_near: bool
) -> None:
    """One part of several; what costs more is no common password."""
    parts = [word("monkey", costs=costs), word("us")]
    assert (Hint.NEARLY_COMMON in hints_for(parts, score=1)) is is_near


@pytest.mark.parametrize(("token", "told"), [("yekn", True), ("yek", False)])
def test_three_letters_are_not_written_backwards(*, token: str, told: bool) -> None:
    """They read backwards by chance; four do not."""
    assert (Hint.BACKWARDS in hints_for([word(token, turned=True)], score=1)) is told
