"""
One key: 32 secret bytes, named by an id that is derived from them.

A key is never used itself. What seals, and what tags, is a key derived from it for
one purpose.
"""

import hashlib
import hmac
from itertools import pairwise
from typing import TYPE_CHECKING, NoReturn, Self

from credguard._random import random_bytes
from credguard._secret import Secret, keeps_no_locals
from credguard._text import to_base64url
from credguard.errors import KeyringError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32  # AES-256 and HKDF-SHA-256 (NIST SP 800-57 part 1: 256-bit strength)
KEY_ID_CHARACTERS = 8

_NO_SALT = bytes(hashlib.sha256().digest_size)  # RFC 5869 section 2.2
_MOST_KEPT = 32  # more purposes than there are
# A drawn key has about 30 distinct bytes of 32, and as many distinct steps from one to
# the next; what is repeated, typed by hand or counted up has few.
_FEWEST_DISTINCT = 12
# Keys that stand in standards and so, as examples, in many programs.
_PUBLISHED = frozenset(
    bytes.fromhex(each)
    for each in (
        # NIST SP 800-38A appendix F, AES-256
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
        # RFC 8032 section 7.1, tests 1 to 3
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    )
)


def is_drawn(material: bytes) -> bool:
    """
    Return True if *material* may have been drawn at random.

    Nothing that a person types, repeats, counts up or copies from a standard was. A
    key that was drawn is refused once in more than 10^12 times.
    """
    steps = {(after - before) % 256 for before, after in pairwise(material)}
    is_repeated = any(
        material[period:] == material[:-period]
        for period in range(1, len(material) // 2 + 1)
    )
    is_typed = material.isascii() and material.decode("ascii").isprintable()
    return (
        min(len(set(material)), len(steps)) >= _FEWEST_DISTINCT
        and not (is_repeated or is_typed)
        and material not in _PUBLISHED
    )


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

    @keeps_no_locals
    def __init__(self, material: bytes) -> None:
        if len(material) != KEY_BYTES:
            message = f"a key has {KEY_BYTES} bytes, not {len(material)}"
            raise KeyringError(message)
        if not is_drawn(material):
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
