import pytest

from credguard.screening import Hint, estimate


@pytest.mark.parametrize(
    ("password", "hints"),
    [
        ("monkey", [Hint.COMMON]),
        ("Monkey", [Hint.COMMON, Hint.CAPITALS]),
        ("MONKEY", [Hint.COMMON, Hint.CAPITALS]),
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
