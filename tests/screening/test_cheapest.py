from decimal import Context, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zxcvbn import matching, scoring

from credguard.screening.cheapest import cheapest

WORDS = {"words": {"pass": 3, "word": 7, "a": 1, "12": 90, "ss": 400, "rdp": 25_000}}


Found = tuple[int, list[tuple[object, ...]]]


def both(text: str) -> tuple[Found, Found]:
    """Return the guesses and the parts that we and the library find."""
    matches = matching.omnimatch(text, WORDS)
    with localcontext(Context()):
        expected = scoring.most_guessable_match_sequence(text, matches)
        guesses, sequence = cheapest(text, [match.copy() for match in matches])
    theirs = int(expected["guesses"]), places(expected["sequence"])
    return (guesses, places(sequence)), theirs


def places(sequence: object) -> list[tuple[object, ...]]:
    """Return what and where the parts are."""
    return [(each["pattern"], each["i"], each["j"]) for each in sequence]  # type: ignore[attr-defined]  # parts


@given(
    st.one_of(
        st.text("password12", min_size=1, max_size=30),
        st.text(min_size=1, max_size=20),
        st.text("12", min_size=30, max_size=48),
        st.text("0123456789/", min_size=6, max_size=24),
        st.text("t0s1", min_size=1, max_size=48),
        st.lists(st.sampled_from(["password", "1987", "qwert", "aaa", "!x"])).map(
            lambda parts: "".join(parts)[:48] or "x"
        ),
    )
)
def test_the_way_is_the_librarys(text: str) -> None:
    """The same guesses to the last digit, by the same parts."""
    ours, theirs = both(text)
    assert ours == theirs


@pytest.mark.parametrize("length", [1, 2, 27, 28, 29, 48])
def test_what_matches_nothing_costs_ten_for_each_character(length: int) -> None:
    """Beyond the digits that a decimal keeps, too; one character costs eleven."""
    text = "".join(chr(0x4E00 + 97 * place**2) for place in range(length))
    guesses, sequence = cheapest(text, [])
    # And one more for being one part, as far as 28 digits can show it.
    assert guesses == (12 if length == 1 else 10**length + (length < 28))
    assert places(sequence) == [("bruteforce", 0, length - 1)]
