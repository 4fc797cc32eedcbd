import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.errors import SetupError
from credguard.passwords.legacy.columns import salt_of, username_of
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.legacy.spelling import (
    CHARSETS,
    add_slashes,
    canonical_charset,
    escape_html,
    in_charset,
    scheme_name,
    unless_empty,
)


@pytest.mark.promise("P7")
@pytest.mark.parametrize("charset", sorted(CHARSETS))
@given(text=st.text())
def test_every_character_set_takes_every_password(charset: str, text: str) -> None:
    """What a character set lacks becomes a reference, and the rest its bytes."""
    made = in_charset(text.encode(), charset)
    if text.isascii():
        assert made == text.encode()
    else:
        assert b"\x00" not in made or "\x00" in text
        assert made


@given(st.sampled_from(sorted(CHARSETS)))
def test_a_character_set_has_one_name(charset: str) -> None:
    """Its name is its own canonical name, whatever case it comes in."""
    assert canonical_charset(charset) == charset
    assert canonical_charset(charset.upper()) == charset


@pytest.mark.parametrize("name", ["klingon", "utf-16", "rot13", "idna", "", "a\x00b"])
def test_what_no_page_was_sent_in_is_refused(name: str) -> None:
    """A codec that is no character set of a page is refused by name."""
    with pytest.raises(SetupError):
        canonical_charset(name)


def test_browsers_write_references() -> None:
    """WHATWG URL Standard: what is lacking becomes a decimal reference."""
    assert in_charset("€ж😀".encode(), "cp1252") == b"\x80&#1078;&#128512;"
    assert in_charset("€".encode(), "iso8859-1") == b"&#8364;"


def test_slashes_are_those_of_php() -> None:
    """PHP manual, addslashes: both quotes, the backslash and NUL."""
    assert add_slashes(b"a'b\"c\\d\x00e") == b"a\\'b\\\"c\\\\d\\0e"


@given(st.text())
def test_html_is_escaped_as_others_do(text: str) -> None:
    """Python escapes the same, but for the apostrophe."""
    theirs = html.escape(text.replace("'", "")).encode()
    assert escape_html(text.replace("'", "").encode()) == theirs
    assert escape_html(b"'") == b"'"


def test_nothing_is_made_of_nothing() -> None:
    """A recipe stops as soon as nothing is left of the password."""
    recipe = unless_empty(bytes.strip, lambda seen: seen + b"!")
    assert (recipe(b" a "), recipe(b"  "), recipe(b"")) == (b"a!", b"", b"")


def test_a_name_says_its_quirks() -> None:
    """Quirks follow the name in their order; none leaves it bare."""
    assert scheme_name("a:b") == "a:b"
    assert scheme_name("a:b", "", "c", "d") == "a:b-c-d"


@pytest.mark.promise("P7")
@given(st.text(st.characters()))
def test_columns_are_read_or_missing(text: str) -> None:
    """A salt is printable ASCII, and a name has a form in UTF-8 without NUL."""
    salt = salt_of(Beside(salt=text))
    assert salt in (None, text.encode(errors="replace"))
    name = username_of(Beside(username=text))
    assert name in (None, text)
    assert (salt_of(NOTHING_BESIDE), username_of(NOTHING_BESIDE)) == (None, None)


def test_columns_do_not_show_themselves() -> None:
    """Neither salt nor name stands in a repr."""
    assert repr(Beside(salt="pepper", username="Åsa")) == "Beside()"
