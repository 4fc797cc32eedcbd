"""
Sealed texts: how they are spelled, what they are bound to, and where they came from.

::

    cgs1.<key id>.<nonce, ciphertext, tag>           bound to purpose and owner
    cgs2.<key id>.<marks, nonce, ciphertext, tag>    bound to purpose, account, factor

The marks are checksums of what the second form is bound to. They protect nothing:
where the seal does not open, they tell whether it was moved, and from what.
"""

import re
from zlib import crc32

from credguard._text import from_base64url, to_base64url
from credguard.errors import (
    SealAccountError,
    SealBrokenError,
    SealFactorError,
    SealPurposeError,
)

NONCE_BYTES = 12  # NIST SP 800-38D section 5.2.1.1
MAX_SEALED_CHARACTERS = 65_535  # a TEXT column of MariaDB holds no more

_TAG_BYTES = 16  # NIST SP 800-38D section 5.2.1.2
_MARK_BYTES = 4  # of CRC-32
_PLAIN, _PARTED = "cgs1", "cgs2"
_LENGTH_BYTES = 4
# Lengths first, so that no two bindings give the same bytes.
_LENGTHED = {
    version: len(version).to_bytes(_LENGTH_BYTES, "big") + version.encode()
    for version in (_PLAIN, _PARTED)
}
_SHAPE = re.compile(r"(cgs[12])\.([0-9a-f]{8})\.([A-Za-z0-9_-]+)", re.ASCII)
_HEAD = re.compile(r"cgs[12]\.([0-9a-f]{8})(?:\.|\Z)", re.ASCII)


class Binding:
    """
    What a seal is for: its purpose, its owner, and which part of the owner's.

    Args:
        purpose: What is sealed, such as ``retired hash``.

        owner: Whose it is, such as an account id.

        part: Which of the owner's it is, such as a factor's id; None for seals
            that know no parts.
    """

    __slots__ = ("_parts", "_version", "bytes", "purpose")

    def __init__(self, purpose: str, owner: str, part: str | None) -> None:
        self.purpose = purpose
        self._version = _PLAIN if part is None else _PARTED
        # Lone surrogates too: an owner may be any text that a forum hands in.
        texts = (purpose, owner) if part is None else (purpose, owner, part)
        self._parts = [text.encode("utf-8", "surrogatepass") for text in texts]
        self.bytes = _LENGTHED[self._version]
        for each in self._parts:
            self.bytes += len(each).to_bytes(_LENGTH_BYTES, "big") + each

    def write(self, key_id: str, blob: bytes) -> str:
        """Return the sealed text of nonce and ciphertext."""
        marked = blob if self._version == _PLAIN else b"".join(self._marks()) + blob
        return f"{self._version}.{key_id}.{to_base64url(marked)}"

    def read(self, sealed: str) -> "Sealed":
        """
        Take a sealed text apart.

        Raises:
            SealPurposeError: It is a seal of the other form.
            SealBrokenError: It is not a sealed text.
        """
        fits = len(sealed) <= MAX_SEALED_CHARACTERS
        found = _SHAPE.fullmatch(sealed) if fits else None
        blob = from_base64url(found[3]) if found else None
        if found is None or blob is None:
            raise SealBrokenError(self.purpose)
        if found[1] != self._version:
            raise SealPurposeError(self.purpose)
        at = 0 if found[1] == _PLAIN else _MARK_BYTES * len(self._parts)
        if len(blob) < at + NONCE_BYTES + _TAG_BYTES:
            raise SealBrokenError(self.purpose)
        return Sealed(found[2], blob, at)

    def failure(self, sealed: "Sealed") -> SealBrokenError:
        """Return why *sealed* did not open: what differs, or that it was altered."""
        kinds = (SealPurposeError, SealAccountError, SealFactorError)
        for kind, mark, found in zip(kinds, self._marks(), sealed.marks, strict=False):
            if mark != found:
                return kind(self.purpose)
        return SealBrokenError(self.purpose)

    def _marks(self) -> list[bytes]:
        return [crc32(each).to_bytes(_MARK_BYTES, "big") for each in self._parts]


class Sealed:
    """A sealed text, taken apart: the key's id, the marks, nonce and ciphertext."""

    __slots__ = ("_at", "_blob", "key_id")

    def __init__(self, key_id: str, blob: bytes, at: int) -> None:
        self.key_id = key_id
        self._blob = blob
        self._at = at

    @property
    def nonce(self) -> bytes:
        """The nonce."""
        return self._blob[self._at : self._at + NONCE_BYTES]

    @property
    def ciphertext(self) -> bytes:
        """The ciphertext with its tag."""
        return self._blob[self._at + NONCE_BYTES :]

    @property
    def marks(self) -> list[bytes]:
        """The marks, none in a seal that knows no parts."""
        starts = range(0, self._at, _MARK_BYTES)
        return [self._blob[start : start + _MARK_BYTES] for start in starts]


def key_id_of(sealed: str) -> str | None:
    """Return the id of the key that sealed a text, None if it is not a sealed text."""
    found = _HEAD.match(sealed)
    return found[1] if found else None
