import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from credguard.screening.context import ContextWords

ALICE = ("alice.smith@acme-corp.example", "Alice Smith", "Acme Corp")


@pytest.mark.parametrize(
    "password",
    [
        "acme2026",
        "4l1c3sm1th",
        "AcmeCorp!2026",
        "alice.smith",
        "ALICE SMITH",
        "a-l-i-c-e-s-m-i-t-h",
        "htims.ecila",
        "ecilAhtimS99",
        "@l1c3$m1+h",
        "Àlïcé1999!!!",
        "ａｌｉｃｅｓｍｉｔｈ",  # full width
        "\u0430l\u0456c\u0435 sm\u0456th",  # Cyrillic
        "AC\N{CYRILLIC CAPITAL LETTER EM}E2026!",
        "\N{GREEK CAPITAL LETTER ALPHA}lice99",
        "acmeacmeacmeacme",
        "alice@acme-corp.example",
        "smith_alice_acme_corp_1984_2026",
        "xyalicez9",
    ],
)
def test_context_words_and_next_to_nothing_else_are_found(password: str) -> None:
    """Case, accents, reversal, look-alikes, years and what stands between."""
    assert ContextWords(ALICE).make_up(password)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "correct horse battery staple",
        "acmesummerholidays",
        "my friend alice likes horses",
        "malice aforethought",
        "smithsonian institute",
        "alice 83749261",
        "7kq9xalice",
        "policestation",
    ],
)
def test_a_password_that_merely_contains_one_is_not(password: str) -> None:
    """Enough beside the word, and it stays one word among others."""
    assert not ContextWords(ALICE).make_up(password)


@pytest.mark.parametrize("password", ["ВОВА2026", "вова!", "вОвА99", "авов"])
def test_a_name_of_another_alphabet_is_found_in_any_case(password: str) -> None:
    """Whether its letters look Latin as capitals, as small letters or never."""
    assert ContextWords(["Вова"]).make_up(password)
    assert not ContextWords(["Саша"]).make_up(password)


def test_short_parts_count_when_joined() -> None:
    """Initials alone are everywhere; together with the name they are a word."""
    words = ContextWords(["j.d@x.io"])
    assert not words.make_up("jolly")
    assert words.make_up("jdxio")
    assert "jd" not in words.plain


@pytest.mark.parametrize("text", ["", "x", "..", "\0", "\ud800", "a b"])
def test_a_text_without_a_word_takes_nothing_out(text: str) -> None:
    """Nothing is made up of nothing."""
    words = ContextWords([text])
    assert words.plain == ()
    assert not words.make_up("a password")


def test_names_are_split_at_their_capitals() -> None:
    """A title written as one word is two."""
    assert {"acme", "corp", "acmecorp"} <= set(ContextWords(["AcmeCorp"]).plain)


@given(st.lists(st.text(max_size=400), max_size=40), st.text(max_size=100))
def test_any_texts_and_password_are_judged(texts: list[str], password: str) -> None:
    """Nothing raises, and the number and length of words are bounded."""
    words = ContextWords(texts)
    words.make_up(password)
    # Of ten parts, as many words of one, two and three: 10 + 9 + 8.
    assert len(words.plain) <= 16 * 27
    # Case folding triples a character at most.
    assert all(len(word) <= 3 * 128 for word in words.plain)


@given(st.text("abcdefghkmnqruvwy", min_size=3, max_size=20), st.data())
def test_a_word_is_found_in_every_form(word: str, data: st.DataObject) -> None:
    """Whatever its case, direction and separators, alone or with a year."""
    form = data.draw(st.sampled_from([word, word[::-1]]))
    form = data.draw(st.sampled_from([form, form.upper(), form.title()]))
    form = data.draw(st.sampled_from([" ", "-", "_", ""])).join(form)
    form += data.draw(st.sampled_from(["", "!", "1984", "!2026", "99"]))
    assert ContextWords([word]).make_up(form)


@given(st.text("abcdefgh", min_size=3), st.text("qrstuvwxy", min_size=6))
def test_enough_of_something_else_is_never_refused(word: str, other: str) -> None:
    """Six letters that are in no word are enough beside any number of them."""
    assert not ContextWords([word]).make_up(f"{word}{other}{word}")


@given(st.text(min_size=1, max_size=30))
def test_composition_makes_no_difference(text: str) -> None:
    """A word is found in a password that is composed in another way."""
    words = ContextWords([text])
    assume(words.plain)
    composed, apart = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert words.make_up(composed) == words.make_up(apart)


def test_texts_past_the_bound_do_not_count() -> None:
    """What a host hands in without measure costs no more: 16 texts of 128 each."""
    texts = [*["one"] * 15, "sixteenth", "seventeenth"]
    assert set(ContextWords(texts).plain) == {"one", "sixteenth"}
    assert ContextWords([" " * 125 + "late"]).plain == ("lat",)
    assert ContextWords([" " * 126 + "late"]).plain == ()


def test_of_a_text_ten_parts_count_and_three_are_joined() -> None:
    """An eleventh part makes no word, and neither do four together."""
    ten = ["alfa", "bravo", "carl", "delta", "echo", "fox", "golf", "hotel", "igor"]
    plain = set(ContextWords([" ".join([*ten, "juliet", "kilo"])]).plain)
    assert len(plain) == 10 + 9 + 8
    assert {"alfabravocarl", "hoteligorjuliet"} <= plain
    assert not {"kilo", "julietkilo", "alfabravocarldelta"} & plain


def test_the_longest_word_comes_first() -> None:
    """An estimate takes the first for the likeliest, so a whole name goes first."""
    words = ContextWords(["abc", "qrstabcuvw", "abcde"])
    assert words.plain == ("qrstabcuvw", "abcde", "abc")


def test_a_word_within_a_word_leaves_nothing_of_it() -> None:
    """The longer one is taken out as a whole, before the shorter one could be."""
    assert ContextWords(["abc", "qrstabcuvw"]).make_up("qrstabcuvw")


def test_five_other_characters_are_enough() -> None:
    """Four are not, wherever they stand."""
    words = ContextWords(["alice"])
    assert words.make_up("wxalicevz")
    assert not words.make_up("wxalicevzk")
