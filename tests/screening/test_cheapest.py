from decimal import Context, localcontext
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zxcvbn import matching, scoring

from credguard.screening import cheapest as cheapest_ways
from credguard.screening.cheapest import cheapest
from credguard.screening.patterns import Match

WORDS = {"words": {"pass": 3, "word": 7, "a": 1, "12": 90, "ss": 400, "rdp": 25_000}}


Found = tuple[int, list[tuple[object, ...]]]


def both(text: str, matches: list[Match] | None = None) -> tuple[Found, Found]:
    """Return the guesses and the parts that we and the library find."""
    if matches is None:
        matches = matching.omnimatch(text, WORDS)
    with localcontext(Context()):
        copied = [match.copy() for match in matches]
        expected = scoring.most_guessable_match_sequence(text, copied)
        guesses, sequence = cheapest(text, matches)
    theirs = int(expected["guesses"]), places(expected["sequence"])
    return (guesses, places(sequence)), theirs


def places(sequence: object) -> list[tuple[object, ...]]:
    """Return what and where the parts are."""
    names = ("pattern", "i", "j", "token")
    return [tuple(each[name] for name in names) for each in sequence]  # type: ignore[attr-defined]  # parts


def word(text: str, first: int, last: int, guesses: int) -> Match:
    """Return a word that was found in *text* and takes so many guesses."""
    token = text[first : last + 1]
    found = {"i": first, "j": last, "token": token, "guesses": guesses}
    return cast("Match", {"pattern": "dictionary", **found})


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


@given(
    length=st.integers(1, 24),
    found=st.lists(
        st.tuples(
            st.integers(0, 23),
            st.integers(0, 23),
            st.integers(1, 20) | st.integers(1, 10**12),
        ),
        max_size=12,
    ),
)
def test_words_may_cost_what_they_like(
    length: int, found: list[tuple[int, int, int]]
) -> None:
    """The way is the library's with words that are cheaper or dearer than any."""
    text = "abcdefghijklmnopqrstuvwxyz"[:length]
    words = [
        word(text, min(ends), max(ends), guesses)
        for *ends, guesses in sorted(found, key=lambda each: sorted(each[:2]))
        if max(ends) < length
    ]
    ours, theirs = both(text, words)
    assert ours == theirs


def test_a_word_of_one_character_may_begin_a_way() -> None:
    """Were it guessed at once, what follows it would have to be."""
    text = "a234567"
    ours, theirs = both(text, [word(text, 0, 0, 1)])
    assert (
        ours
        == theirs
        == (
            2 * 10**6 + 10_000,
            [("dictionary", 0, 0, "a"), ("bruteforce", 1, 6, "234567")],
        )
    )


@pytest.mark.parametrize(("whole", "parts"), [(10_000, 1), (10_001, 2)])
def test_a_way_that_is_cheaper_by_one_guess_is_found(whole: int, parts: int) -> None:
    """However many there are: floats tell it from none that could be as cheap."""
    text = "word" + "!" * 12
    two_parts = 2 * 123 * 10**12
    found = [word(text, 0, 3, 123), word(text, 0, 15, two_parts + whole - 1)]
    ours, theirs = both(text, found)
    assert ours == theirs
    assert ours[0] == two_parts + min(whole, 10_000)
    assert len(ours[1]) == parts


def test_what_is_clearly_dearer_is_not_computed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of 894 ways that end in single characters behind a word, not one in twenty."""
    text = "ssrdp12!!" * 5
    computed = []

    def counted(text: str, first: int, last: int) -> Match:
        computed.append((first, last))
        return run(text, first, last)

    run = cheapest_ways._run
    monkeypatch.setattr(cheapest_ways, "_run", counted)
    ours, theirs = both(text)
    assert ours == theirs
    whole = [(0, last) for last in range(len(text))]
    assert set(whole) <= set(computed)
    assert len(computed) - len(whole) < 894 / 20


@pytest.mark.parametrize("length", [1, 2, 27, 28, 29, 48])
def test_what_matches_nothing_costs_ten_for_each_character(length: int) -> None:
    """Beyond the digits that a decimal keeps, too; one character costs eleven."""
    text = "".join(chr(0x4E00 + 97 * place**2) for place in range(length))
    guesses, sequence = cheapest(text, [])
    # And one more for being one part, as far as 28 digits can show it.
    assert guesses == (12 if length == 1 else 10**length + (length < 28))
    assert places(sequence) == [("bruteforce", 0, length - 1, text)]
