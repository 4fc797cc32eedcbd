"""Trivial variations: recognized with the old password at hand, and without."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.screening.variations import earlier_forms, is_variation

OLD = "Tr0ubador winter 2024"

# What people do to a password when they must choose another.
VARIATIONS = [
    "Tr0ubador winter 2025",
    "Tr0ubador winter 2024!",
    "tr0ubador winter 2024",
    "TR0UBADOR WINTER 2024",
    "Tr0ubador winter 2024x",
    "1Tr0ubador winter 2024",
    OLD[::-1],
    OLD * 2,
]


@pytest.mark.parametrize("new", VARIATIONS)
def test_a_variation_is_recognized_by_the_old_password(new: str) -> None:
    """Case, a counted number, a character at an end, backwards, twice."""
    assert is_variation(new, of=OLD)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("correct horse", "correct horse1"),
        ("correct horse1", "correct horse2"),
        ("correct horse9", "correct horse10"),
        ("correct horse", "Correct horse"),
        ("correct horse", "Correct horse!"),
        ("correct horse", "correct horse!!"),
        ("correct horse", "xcorrect horse"),
        ("correct horse", "!correct horse"),
        ("correct horse", "c0rrect h0r$e"),
        ("correct horse", "correct horsexy"),
        ("correct horse", "esroh tcerroc"),
        ("winter2024", "4202retniw"),
        ("summer  holiday", "summer 1 holiday"),
        ("first line\nbay 1", "first line\nbay 2"),
        ("correct horse", "correct horsecorrect horse"),
        ("winter2024", "winter2025"),
        ("Winter2024", "winter2024"),
        ("CORRECT HORSE", "correct horse"),
    ],
)
def test_the_old_password_is_among_the_earlier_forms(old: str, new: str) -> None:
    """Each edit can be undone without knowing what was there before."""
    assert old in earlier_forms(new)
    assert is_variation(new, of=old)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("correct horse", "battery staple"),
        ("winter2024", "a lantern in the fog"),
        ("abc", "abq"),
        ("1234", "9876543"),
        ("correct horse", "correct battery"),
    ],
)
def test_another_password_is_none(old: str, new: str) -> None:
    """What shares a word or a length is a new password."""
    assert not is_variation(new, of=old)
    assert old not in earlier_forms(new)


@given(password=st.text(max_size=80))
def test_there_are_few_forms_whatever_was_typed(password: str) -> None:
    """Each costs a hash: never more than twelve, none twice, none empty."""
    forms = earlier_forms(password)
    assert len(forms) == len(set(forms)) <= 12
    assert password not in forms
    assert "" not in forms


@given(password=st.text(min_size=1, max_size=80))
def test_a_password_is_a_variation_of_itself(password: str) -> None:
    """Whatever it is made of."""
    assert is_variation(password, of=password)


@pytest.mark.parametrize("odd", [None, 7, b"bytes", "x" * 10_000_000])
def test_what_nobody_typed_has_no_forms(odd: object) -> None:
    """Nothing is computed on what is no text, or too long to be made by hand."""
    assert earlier_forms(odd) == ()


@pytest.mark.promise("P7")
@pytest.mark.parametrize("odd", [None, 5, b"harbour", ["harbour"], "x" * 10_000_000])
def test_what_is_no_password_is_no_variation(odd: object) -> None:
    """Whatever is sent as a new password is judged by the policy, and at once."""
    assert not is_variation(odd, of="harbour")


@pytest.mark.parametrize(
    ("old", "new", "is_one"),
    [
        ("7!haRBour", "99HARBour!!", True),
        ("7ruobrah7", "99HARBour!!", True),
        ("1harbourHarbour2", "99HARBour!!", True),
        ("1harbourHarbourharbour2", "99HARBour!!", False),
        ("7!bAYs", "99BaYS!!", True),
        ("7!bAY", "99BaY!!", False),
    ],
)
def test_what_is_added_hides_no_word(*, old: str, new: str, is_one: bool) -> None:
    """The same word, backwards or twice, from four characters on."""
    assert old not in earlier_forms(new)
    assert new not in earlier_forms(old)
    assert is_variation(new, of=old) is is_one


def test_nothing_is_counted_below_zero() -> None:
    """Nobody goes from minus one to zero."""
    assert "harbour-1" not in earlier_forms("harbour0")


def test_up_to_256_characters_have_earlier_forms() -> None:
    """One more, and only the password itself is its variation, up to 4,096."""
    assert earlier_forms("x" * 256)
    assert earlier_forms("x" * 257) == ()
    assert is_variation("x" * 4_096, of="x" * 4_096)
    assert not is_variation("x" * 4_097, of="x" * 4_097)
