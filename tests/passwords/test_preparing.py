import unicodedata
from collections.abc import Iterable
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credguard._secret import Secret
from credguard.errors import PasswordUnhashableError, RefusedError
from credguard.passwords.preparing import (
    MAX_PASSWORD_BYTES,
    Flaw,
    prepare,
)

ANY_TEXT = st.text(alphabet=st.characters())  # lone surrogates included


@pytest.mark.promise("P7")
@pytest.mark.parametrize(
    ("password", "flaw"),
    [
        ("", Flaw.EMPTY),
        ("a" * 4097, Flaw.TOO_LONG),
        ("a" * 10_000_000, Flaw.TOO_LONG),
        ("ü" * 2049, Flaw.TOO_LONG),
        ("\ud800", Flaw.NOT_UNICODE),
        ("right\udfffhere", Flaw.NOT_UNICODE),
        ("a" * 4096 + "\ud800", Flaw.TOO_LONG),
        (None, Flaw.NOT_TEXT),
        (b"bytes", Flaw.NOT_TEXT),
        (0, Flaw.NOT_TEXT),
        (["password"], Flaw.NOT_TEXT),
    ],
)
def test_unhashable_passwords_are_refused_by_name(password: object, flaw: Flaw) -> None:
    """Each password that cannot be hashed is told what is wrong with it."""
    with pytest.raises(PasswordUnhashableError) as caught:
        prepare(cast("str", password))
    assert caught.value.flaw is flaw
    assert str(caught.value) == flaw.text
    assert isinstance(caught.value, RefusedError)


@pytest.mark.promise("P7")
@pytest.mark.parametrize("password", ["a" * 4096, "ü" * 2048, "\x00", "a\x00b", " "])
def test_the_longest_and_oddest_passwords_are_prepared(password: str) -> None:
    """4,096 bytes, NUL and spaces are a password, and nothing of it is cut."""
    prepared = prepare(password)
    assert prepared.typed_first[0].reveal() == password.encode()


@pytest.mark.promise("P7")
def test_either_typing_gives_both_forms() -> None:
    """NFC and NFD of one text come with each other, in the order each format needs."""
    composed, decomposed = b"caf\xc3\xa9", b"cafe\xcc\x81"
    orders = {
        typed: (
            [form.reveal() for form in prepare(typed).normalized_first],
            [form.reveal() for form in prepare(typed).typed_first],
        )
        for typed in ("caf\u00e9", "cafe\u0301")
    }
    assert orders["caf\u00e9"] == ([composed, decomposed], [composed, decomposed])
    assert orders["cafe\u0301"] == ([composed, decomposed], [decomposed, composed])


@pytest.mark.promise("P7")
@pytest.mark.parametrize("password", ["plain", "心臓", "🔐", "ß"])
def test_text_without_other_forms_is_computed_on_once(password: str) -> None:
    """A password that every form leaves as it is costs one computation."""
    prepared = prepare(password)
    assert len(prepared.normalized_first) == len(prepared.typed_first) == 1


@pytest.mark.promise("P7")
@given(ANY_TEXT)
@settings(deadline=None)
def test_prepare_is_total(password: str) -> None:
    """Any text is prepared or refused: one or two forms, of which one is NFC."""
    try:
        prepared = prepare(password)
    except PasswordUnhashableError:
        assert not password or any("\ud800" <= c <= "\udfff" for c in password)
        return
    assert 1 <= len(prepared.normalized_first) <= 2
    assert _bytes(prepared.normalized_first) == _bytes(prepared.typed_first)
    composed = unicodedata.normalize("NFC", password).encode()
    assert prepared.normalized_first[0].reveal() == composed
    assert prepared.typed_first[0].reveal() == password.encode()


def _bytes(forms: Iterable[Secret]) -> set[bytes]:
    return {form.reveal() for form in forms}


@pytest.mark.promise("P7")
def test_flaws_have_codes_of_their_own() -> None:
    """A host can translate each flaw by its code."""
    assert len({flaw.code for flaw in Flaw}) == len(Flaw)
    assert MAX_PASSWORD_BYTES == 4096
