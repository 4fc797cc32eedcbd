"""
From a password as it was typed to the bytes that are hashed.

Whatever is longer than 4,096 bytes of UTF-8, is empty, or has no UTF-8 form is
refused before anything is computed on it; nothing is cut.

Source: NIST SP 800-63B-4 section 3.1.1.2 (Normalization Form C before hashing).
"""

import unicodedata
from dataclasses import dataclass
from enum import Enum

from credguard._secret import Secret
from credguard._text import has_surrogate, nfc
from credguard.errors import PasswordUnhashableError

MAX_PASSWORD_BYTES = 4096  # many times what people type or generators make


class Flaw(Enum):
    """Why a password cannot be hashed at all: a stable code and an English sentence."""

    NOT_TEXT = ("not_text", "A password is text.")
    EMPTY = ("empty", "Choose a password.")
    TOO_LONG = ("too_long", f"Use at most {MAX_PASSWORD_BYTES} bytes.")
    NOT_UNICODE = ("not_unicode", "The password holds a character that does not exist.")

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        self.text = text


@dataclass(slots=True)  # frozen ones take twice as long to make
class PreparedPassword:
    """
    A password's UTF-8 bytes, as typed and normalized; at most two different forms.

    The second form lets a password typed on one system match a hash that was made
    on another: where NFC was typed it is NFD, and where something else was typed it
    is the other one of the two.

    Attributes:
        normalized_first: NFC, then the other form: the order for our own hashes.
        typed_first: As typed, then the other form: the order for hashes by software
            that does not normalize.
    """

    normalized_first: tuple[Secret, ...]
    typed_first: tuple[Secret, ...]


def prepare(password: str) -> PreparedPassword:
    """
    Return the forms of *password* that may be hashed.

    Args:
        password: Up to 4,096 bytes in UTF-8; NUL is a character like any other.

    Returns:
        One form, or two where normalization makes a difference.

    Raises:
        PasswordUnhashableError: It is not text, empty, too long, or holds a lone
            surrogate.
    """
    flaw = _flaw_of(password)
    if flaw is not None:
        raise PasswordUnhashableError(flaw)
    typed = Secret(password.encode())
    if password.isascii():
        return PreparedPassword((typed,), (typed,))
    composed = Secret(nfc(password).encode())
    if composed != typed:
        return PreparedPassword((composed, typed), (typed, composed))
    decomposed = Secret(unicodedata.normalize("NFD", password).encode())
    forms = (typed,) if decomposed == typed else (typed, decomposed)
    return PreparedPassword(forms, forms)


def _flaw_of(password: object) -> Flaw | None:
    if not isinstance(password, str):
        return Flaw.NOT_TEXT
    if not password:
        return Flaw.EMPTY
    # No character is shorter than a byte, so that 10 MB are refused unread.
    if len(password) > MAX_PASSWORD_BYTES:
        return Flaw.TOO_LONG
    if password.isascii():
        return None
    if has_surrogate(password):
        return Flaw.NOT_UNICODE
    return Flaw.TOO_LONG if len(password.encode()) > MAX_PASSWORD_BYTES else None
