import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.screening.latin import LOOK_ALIKES, folded_forms, latin_reading

CYRILLIC_O = "\N{CYRILLIC SMALL LETTER O}"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("password", "password"),
        ("ｐａｓｓｗｏｒｄ", "password"),
        ("ｐ４ｓｓ", "p4ss"),
        (f"passw{CYRILLIC_O}rd", "password"),
        ("\N{CYRILLIC CAPITAL LETTER A}lice", "Alice"),
        ("\N{GREEK CAPITAL LETTER ALPHA}cme", "Acme"),
        ("\N{MATHEMATICAL BOLD SMALL A}cme", "acme"),
        ("ﬁsh", "fish"),
        ("пароль", "пароль"),
        ("κωδικός", "κωδικός"),
        ("pässword", "pässword"),
        ("", ""),
    ],
)
def test_what_looks_latin_is_read_so(text: str, read: str) -> None:
    """Full width, ligatures and lone look-alikes are; another alphabet is not."""
    assert latin_reading(text) == read


def test_look_alikes_are_letters_of_two_alphabets() -> None:
    """Each stands for one ASCII letter of its own case."""
    for letter, latin in LOOK_ALIKES.items():
        assert unicodedata.name(letter).split()[0] in {"CYRILLIC", "GREEK"}
        assert latin.isascii()
        assert latin.isalpha()
        assert letter.isupper() == latin.isupper()


@given(st.text())
def test_a_reading_is_read_as_itself(text: str) -> None:
    """Reading twice gives what reading once gives."""
    assert latin_reading(latin_reading(text)) == latin_reading(text)


@given(st.text("\N{CYRILLIC SMALL LETTER ZHE}aоеб", min_size=1))
def test_a_word_of_another_alphabet_stays_whole(text: str) -> None:
    """One letter that looks like no Latin one is enough."""
    if any(letter in text for letter in "жб"):
        assert latin_reading(text) == text


@given(st.text())
def test_forms_are_without_case_and_end(text: str) -> None:
    """One form or two, whatever is typed, and the first is of the text itself."""
    forms = folded_forms(text)
    assert len(forms) in {1, 2}
    assert len(set(forms)) == len(forms)
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    assert forms[0] == folded
