"""
One key: 32 secret bytes, named by an id that is derived from them.

A key is never used itself. What seals, and what tags, is a key derived from it for
one purpose.
"""

import hashlib
import hmac
from typing import TYPE_CHECKING, NoReturn, Self

from credguard._random import random_bytes
from credguard._secret import Secret
from credguard._text import to_base64url
from credguard.errors import KeyringError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32  # AES-256 and HKDF-SHA-256 (NIST SP 800-57 part 1: 256-bit strength)
KEY_ID_CHARACTERS = 8

_NO_SALT = bytes(hashlib.sha256().digest_size)  # RFC 5869 section 2.2
_MOST_KEPT = 32  # more purposes than there are
# A drawn key has about 30 distinct bytes of 32; keys typed by hand have few.
_FEWEST_DISTINCT_BYTES = 12


class Key:
    """
    One key: 32 secret bytes and the id that names them in stored texts.

    The id is derived from the bytes, so that no id can name two keys and a
    mistyped key is noticed when it is read.

    Args:
        material: 32 random bytes.

    Raises:
        KeyringError: *material* is too short, too long or not random.
    """

    __slots__ = ("_ciphers", "_derived", "_extracted", "_material", "id")

    def __init__(self, material: bytes) -> None:
        if len(material) != KEY_BYTES:
            message = f"a key has {KEY_BYTES} bytes, not {len(material)}"
            raise KeyringError(message)
        if len(set(material)) < _FEWEST_DISTINCT_BYTES:
            message = "a key was not drawn at random; make one with: credguard keygen"
            raise KeyringError(message)
        self._material = Secret(material)
        self._ciphers: dict[str, AESGCM] = {}
        self._derived: dict[str, Secret] = {}
        self._extracted = Secret(hmac.digest(_NO_SALT, material, "sha256"))
        self.id = self._expand(b"credguard key id").hex()[:KEY_ID_CHARACTERS]

    @classmethod
    def generate(cls) -> Self:
        """Draw a new key from the operating system's source of randomness."""
        return cls(random_bytes(KEY_BYTES))

    def derive(self, purpose: str) -> bytes:
        """Return the 32-byte key for *purpose* (HKDF-SHA-256, RFC 5869); it is kept."""
        found = self._derived.get(purpose)
        if found is None:
            expanded = self._expand(b"credguard purpose\x00" + _utf8(purpose))
            found = Secret(expanded)
            if len(self._derived) < _MOST_KEPT:
                self._derived[purpose] = found
        return found.reveal()

    def cipher(self, purpose: str) -> "AESGCM":
        """Return the cipher that seals for *purpose*; it is kept."""
        found = self._ciphers.get(purpose)
        if found is None:
            # Imported here so that a keyring can be made without loading OpenSSL.
            from cryptography.hazmat.primitives.ciphers import aead  # noqa: PLC0415

            found = aead.AESGCM(self.derive(f"seal {purpose}"))
            if len(self._ciphers) < _MOST_KEPT:
                self._ciphers[purpose] = found
        return found

    def reveal(self) -> str:
        """Return the key as text, for the keyring line and for nothing else."""
        return f"{self.id}.{to_base64url(self._material.reveal())}"

    def _expand(self, info: bytes) -> bytes:
        # One block is as long as a key, so HKDF's second step is one HMAC.
        return hmac.digest(self._extracted.reveal(), info + b"\x01", "sha256")

    def __repr__(self) -> str:
        return f"Key(id={self.id!r})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "a key cannot be pickled or copied"
        raise TypeError(message)


def _utf8(text: str) -> bytes:
    # Lone surrogates too: a purpose may be any text.
    return text.encode("utf-8", "surrogatepass")
