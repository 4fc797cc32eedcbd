"""
An approver's own key: what shows that this person, and nobody else, approved.

Ed25519 (RFC 8032). The private half stays with the approver, the public half
stands in the settings. Nobody else who runs campaigns needs the private half.
"""

import re
from typing import Self

from credguard._key import is_drawn
from credguard._random import random_bytes
from credguard._secret import Secret, keeping_no_locals, never_copied
from credguard._text import from_base64url, to_base64url
from credguard.errors import KeyringError

KEY_BYTES = 32  # RFC 8032 section 5.1.5
SIGNATURE_BYTES = 64  # RFC 8032 section 5.1.6

_PRIVATE_PREFIX = "cgas1."
_PUBLIC_PREFIX = "cgap1."
_KEY = re.compile(r"(cga[sp]1\.)([A-Za-z0-9_-]{43})", re.ASCII)


@never_copied
@keeping_no_locals
class ApproverKey:
    """
    The private half of an approver's key.

    Args:
        material: 32 random bytes.

    Raises:
        KeyringError: There are not 32 of them, or they are not random.
    """

    __slots__ = ("_material",)

    def __init__(self, material: bytes) -> None:
        if len(material) != KEY_BYTES:
            message = f"an approver's key has {KEY_BYTES} bytes"
            raise KeyringError(message)
        if not is_drawn(material):
            message = "an approver's key was not drawn at random; make a new one"
            raise KeyringError(message)
        self._material = Secret(material)

    def __repr__(self) -> str:
        return "<approver key>"

    @classmethod
    def generate(cls) -> Self:
        """Draw a new key."""
        return cls(random_bytes(KEY_BYTES))

    @classmethod
    def parse(cls, line: str) -> Self:
        """
        Read what `reveal` wrote.

        Raises:
            KeyringError: It is not such a text.
        """
        material = _read(line, _PRIVATE_PREFIX)
        if material is None:
            message = "this is not an approver's private key"
            raise KeyringError(message)
        return cls(material)

    def reveal(self) -> str:
        """Return the key as text, for the approver's own file and nothing else."""
        return _PRIVATE_PREFIX + to_base64url(self._material.reveal())

    @property
    def public(self) -> str:
        """The public half, for the settings."""
        from cryptography.hazmat.primitives.asymmetric import (  # noqa: PLC0415
            ed25519,
        )

        key = ed25519.Ed25519PrivateKey.from_private_bytes(self._material.reveal())
        return _PUBLIC_PREFIX + to_base64url(key.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Return the signature of *message*."""
        from cryptography.hazmat.primitives.asymmetric import (  # noqa: PLC0415
            ed25519,
        )

        key = ed25519.Ed25519PrivateKey.from_private_bytes(self._material.reveal())
        return key.sign(message)


def is_public_key(text: str) -> bool:
    """Return True if *text* is the public half of an approver's key."""
    return _read(text, _PUBLIC_PREFIX) is not None


def has_signed(public: str, signature: bytes, message: bytes) -> bool:
    """Return True if *signature* of *message* was made with the key of *public*."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    raw = _read(public, _PUBLIC_PREFIX)
    if raw is None or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _read(text: str, prefix: str) -> bytes | None:
    found = _KEY.fullmatch(text.strip())
    if found is None or found[1] != prefix:
        return None
    return from_base64url(found[2])
