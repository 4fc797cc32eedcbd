from dataclasses import replace

import pytest

from credguard.campaigns.letter_texts import DEFAULT_BODY_WITHOUT_LINK
from credguard.campaigns.wording import (
    ASKED,
    FALLBACK,
    FIRST,
    Texts,
    Wording,
    language_of,
    wording_of,
)
from credguard.errors import DeliverySetupError
from forums import LETTER

BARE = replace(LETTER, link="", body=DEFAULT_BODY_WITHOUT_LINK)
GERMAN = Texts(subject="Neues Passwort", body="Hallo,\n{reason}\n", reason="Ein Leck.")
PAGE = "https://machina.example/new#{token}"


def test_a_letter_without_a_link_says_so() -> None:
    """The default text names no link, and none can be asked for."""
    wording = Wording(BARE, {})
    assert "{link}" not in wording.letter(None, FIRST).body
    assert not wording.can_ask


@pytest.mark.parametrize(
    ("stored", "subject"),
    [
        ("de", "Neues Passwort"),
        ("de-at", "Neues Passwort"),
        ("fr", LETTER.subject),
        (FALLBACK, LETTER.subject),
        (None, LETTER.subject),
    ],
)
def test_members_read_their_own_language(stored: str | None, subject: str) -> None:
    """A region falls back to its language, and what is missing to the default."""
    assert Wording(BARE, {"de": GERMAN}).letter(stored, FIRST).subject == subject


def test_a_reminder_has_a_subject_of_its_own() -> None:
    """In a language with a subject of its own, that one is used until another is."""
    wording = Wording(BARE, {"de": GERMAN, "fr": Texts(reminder_subject="Rappel")})
    assert wording.letter("de", "remind1").subject == "Neues Passwort"
    assert wording.letter("fr", "remind2").subject == "Rappel"
    assert "still to be chosen" in wording.letter(None, "remind1").subject
    assert wording.letter("de", "remind1").body == GERMAN.body


def test_a_link_that_was_asked_for_has_its_page() -> None:
    """It is the page for links on request, or that of all notices."""
    assert Wording(BARE, {}, link_on_request=PAGE).letter(None, "asked1").link == PAGE
    assert Wording(LETTER, {}).letter(None, "asked2").link == LETTER.link
    assert Wording(LETTER, {}, link_on_request=PAGE).letter(None, ASKED).link == PAGE


def test_what_is_not_there_is_the_first_letter() -> None:
    """A kind without a text of its own is told in the first notice's words."""
    assert Wording(BARE, {}).letter(None, ASKED).subject == LETTER.subject


@pytest.mark.parametrize(
    ("stored", "language"),
    [
        ("de", "de"),
        ("de_AT", "de-at"),
        ("PT-br", "pt-br"),
        (None, FALLBACK),
        ("", FALLBACK),
        ("de\r\nBcc: x", FALLBACK),
        ("klingon-as-spoken", FALLBACK),
    ],
)
def test_a_stored_language_is_read(stored: str | None, language: str) -> None:
    """Anything may stand in the forum's column."""
    assert language_of(stored) == language


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        ({"de": Texts(body="Hallo {naam}")}, "names a field 'naam'"),
        ({"de": Texts(body="Hallo {until}")}, "names a field 'until'"),
        ({"de": Texts(subject="Neu\r\nBcc: x@y.example")}, "subject has a character"),
        ({"de": Texts(asked_body="Kein Verweis")}, "must name the field"),
        ({"DE": Texts()}, "named by a language"),
        ({"default-": Texts()}, "named by a language"),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused(
    texts: dict[str, Texts], problem: str
) -> None:
    """An unknown field, a line break in a header, a link's text without the link."""
    with pytest.raises(DeliverySetupError, match=problem):
        Wording(BARE, texts, link_on_request=PAGE)


FULL = {each: Texts(body="é" * 5_000) for each in ("de", "es", "fr")}


@pytest.mark.parametrize("letters", [9_999, 10_000])
def test_texts_of_40_000_octets_are_taken(letters: int) -> None:
    """Those of all languages together."""
    wording = Wording(BARE, {**FULL, "it": Texts(body="a" * letters)})
    assert wording.letter("it", FIRST).body == "a" * letters


@pytest.mark.parametrize("more", [1, 2])
def test_texts_of_more_octets_are_refused(more: int) -> None:
    """Whatever text and whatever language has them."""
    ten = Texts(body="a" * 10_000, reminder_subject="b" * more)
    with pytest.raises(DeliverySetupError, match="more than 40000 octets"):
        Wording(BARE, {**FULL, "it": ten})


def test_the_same_texts_are_checked_once() -> None:
    """Who sends a batch asks for them again and again."""
    made = wording_of(BARE, (("de", GERMAN),), PAGE)
    assert made.letter("de", FIRST).subject == "Neues Passwort"
    assert made.letter(None, ASKED).link == PAGE
    assert wording_of(BARE, (("de", GERMAN),), PAGE) is made
    assert wording_of(BARE, (), PAGE) is not made
