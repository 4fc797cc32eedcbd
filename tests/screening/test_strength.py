import decimal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ordinary_passwords import ORDINARY
from zxcvbn import matching, zxcvbn

from credguard.screening import Strength, estimate
from credguard.screening.strength import MAX_CHARACTERS, MAX_READINGS, readings

SIGNS = "".join(sign for signs in matching.L33T_TABLE.values() for sign in signs)


def reference_readings(text: str) -> set[frozenset[tuple[str, str]]]:
    """Return what zxcvbn reads look-alike characters as."""
    table = matching.relevant_l33t_subtable(text, matching.L33T_TABLE)
    found = matching.enumerate_l33t_subs(table)
    return {frozenset(reading.items()) for reading in found if reading}


@contextmanager
def switching_often() -> Iterator[None]:
    """Let threads take turns as often as the interpreter can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@pytest.mark.parametrize("password", ORDINARY)
def test_ordinary_passwords_cost_what_zxcvbn_says(password: str) -> None:
    """Within the bounds the guesses and the score are the library's own."""
    expected = zxcvbn(password, ["alice", "acme"])
    strength = estimate(password, context=("Alice", "acme"))
    assert strength.guesses == int(expected["guesses"])
    assert strength.score == expected["score"]


@given(st.text("abc123!$@ ", max_size=12))
def test_short_passwords_cost_what_zxcvbn_says(password: str) -> None:
    """Any mixture with few look-alike characters gives the library's guesses."""
    if password and len(reference_readings(password)) <= MAX_READINGS:
        assert estimate(password).guesses == int(zxcvbn(password)["guesses"])


@given(st.text(SIGNS + "aeiost", max_size=60))
def test_readings_are_capped(text: str) -> None:
    """However many look-alike characters there are, 8 ways to read them are tried."""
    found = readings(text, matching.L33T_TABLE)
    assert len(found) == len(set(found)) <= MAX_READINGS


@given(st.text(SIGNS, max_size=4))
def test_readings_are_those_of_zxcvbn(text: str) -> None:
    """Below the cap they are all of the library's, and above it some of them."""
    found, expected = set(readings(text, matching.L33T_TABLE)), reference_readings(text)
    assert found <= expected
    if len(expected) <= MAX_READINGS:
        assert found == expected
    else:
        assert len(found) == MAX_READINGS


def test_the_capped_readings_use_every_character() -> None:
    """Of all the ways to read all of them, each character is read in one at least."""
    found = readings(SIGNS, matching.L33T_TABLE)
    assert {sign for reading in found for sign, _ in reading} == set(SIGNS)


def test_the_worst_case_looks_up_so_many_words_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """72 look-alike characters make the library search thousands of times; here 10."""
    searched = []
    search = matching.dictionary_match

    def count(text: str, *rest: object) -> object:
        searched.append(len(text))
        return search(text, *rest)

    monkeypatch.setattr(matching, "dictionary_match", count)
    estimate((SIGNS * 4)[:72])
    # Forwards, backwards and in 8 readings, and the same for what repeats.
    assert len(searched) <= 2 * (MAX_READINGS + 3)
    assert max(searched) == MAX_CHARACTERS


@given(st.text(max_size=200), st.lists(st.text(max_size=30), max_size=5))
def test_any_text_is_estimated(password: str, context: list[str]) -> None:
    """Nothing raises, whatever is typed, and the score goes with the guesses."""
    strength = estimate(password, context=context)
    assert strength.guesses >= 1
    assert 0 <= strength.score <= 4


@pytest.mark.parametrize("length", [48, 49, 72, 73, 1024, 100_000])
def test_only_the_beginning_of_a_long_password_is_looked_at(length: int) -> None:
    """What follows 48 characters changes nothing and costs nothing."""
    password = ("correct horse battery staple " * (length // 20 + 1))[:length]
    assert estimate(password) == estimate(password[:MAX_CHARACTERS])


@given(st.text("abcdefgh123", min_size=1, max_size=16))
def test_context_makes_a_password_no_stronger(password: str) -> None:
    """An attacker who knows more needs no more guesses."""
    alone = estimate(password).guesses
    assert estimate(password, context=(password[:6],)).guesses <= alone
    assert estimate(password, context=(password,)).guesses <= alone


def test_context_words_are_guessed_first() -> None:
    """A word of the account is as good as the most common password."""
    assert estimate("wrzlbrmpft").score == 3
    assert estimate("Wrzlbrmpft", context=("wrzlbrmpft",)).score == 0


def test_threads_never_see_each_others_context() -> None:
    """Each thread's own word is weak in it, and strong in the others."""
    words = [f"wrzl{number}brmpft" for number in range(8)]
    own = [estimate(word, context=(word,)) for word in words]
    others = [
        estimate(words[number - 1], context=(words[number],)) for number in range(8)
    ]

    def work(number: int) -> bool:
        word = words[number]
        return all(
            estimate(word, context=(word,)) == own[number]
            and estimate(words[number - 1], context=(word,)) == others[number]
            for _ in range(25)
        )

    with switching_often(), ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


def test_nothing_is_kept() -> None:
    """The library's dictionaries are as they were, without a word of the account."""
    estimate("warm up")
    before = deepcopy(matching.RANKED_DICTIONARIES)
    estimate("secretive.person", context=("secretive.person",))
    assert before == matching.RANKED_DICTIONARIES


def test_a_word_that_the_library_was_left_with_does_not_count() -> None:
    """What another user of the library put into its dictionaries is not believed."""
    fresh = estimate("wrzlbrmpft")
    zxcvbn("wrzlbrmpft", ["wrzlbrmpft"])
    try:
        assert estimate("wrzlbrmpft") == fresh
        assert estimate("wrzlbrmpft" * 2) == estimate("wrzlbrmpfu" * 2)
    finally:
        del matching.RANKED_DICTIONARIES["user_inputs"]


def test_a_hosts_decimal_context_makes_no_difference() -> None:
    """A host that computes money may round and trap as it likes."""
    expected = estimate("correct horse battery staple")
    with decimal.localcontext(decimal.Context(prec=2, traps=[decimal.Inexact])):
        assert estimate("correct horse battery staple") == expected


def test_an_estimate_holds_nothing_of_the_password() -> None:
    """A number, a score and hints: nothing else to log by accident."""
    strength = estimate("wrzlbrmpft1987", context=("wrzlbrmpft",))
    assert "wrzl" not in repr(strength)
    assert set(Strength.__dataclass_fields__) == {"score", "guesses", "hints"}


def test_no_password_costs_one_guess() -> None:
    """Nothing typed is found at once, and is no error."""
    assert (estimate("").guesses, estimate("").score) == (1, 0)
