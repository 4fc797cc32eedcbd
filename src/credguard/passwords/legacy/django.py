"""
The formats of Django's password hashers, and so of Misago and django-machina.

Source: django/contrib/auth/hashers.py of Django 1.4 to 5.2.
"""

import re

from credguard.passwords.legacy.base64s import from_base64
from credguard.passwords.legacy.bcrypt import BcryptHash, read_bcrypt
from credguard.passwords.legacy.derivations import Pbkdf2Hash, ScryptHash
from credguard.passwords.legacy.digests import (
    DIGEST_BYTES,
    DigestHash,
    digest,
    hex_digest,
)
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.legacy.spelling import as_is
from credguard.passwords.phc import COUNT, read_phc
from credguard.passwords.stored_hash import Argon2Hash, blanked

# Django writes letters and digits; people who import hashes bring other ASCII.
_SALT = r"[!-#%-~]"
_ARGON2 = "argon2"


def _base64_shape(size: int) -> str:
    """Return a pattern for padded base64 of *size* bytes."""
    characters = -(-size * 8 // 6)
    return rf"[A-Za-z0-9+/]{{{characters}}}={{{-characters % 4}}}"


class DjangoPbkdf2:
    """
    ``pbkdf2_<digest>$iterations$salt$base64``, Django's default since 1.4.

    Args:
        digest: ``sha256`` or ``sha1``.
    """

    def __init__(self, digest: str) -> None:
        self.name = f"django:pbkdf2_{digest}"
        self._digest = digest
        size = DIGEST_BYTES[digest]
        self._shape = re.compile(
            rf"pbkdf2_{digest}\$({COUNT})\$({_SALT}+)\$({_base64_shape(size)})",
            re.ASCII,
        )

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> Pbkdf2Hash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._shape.fullmatch(stored)
        tag = None if found is None else from_base64(found[3])
        if found is None or tag is None:
            return None
        return Pbkdf2Hash(
            scheme=self.name,
            digest_name=self._digest,
            iterations=int(found[1]),
            salt=found[2].encode(),
            tag=tag,
            blank=blanked(found, 3, zero="A"),
        )


class DjangoArgon2:
    """``argon2`` and a PHC string; Argon2i before Django 3.2, then Argon2id."""

    name = "django:argon2"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> Argon2Hash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        if not stored.startswith(f"{_ARGON2}$"):
            return None
        phc = read_phc(stored.removeprefix(_ARGON2))
        return None if phc is None else Argon2Hash(self.name, phc, _ARGON2)


class DjangoScrypt:
    """``scrypt$N$salt$r$p$base64``, since Django 4.0."""

    name = "django:scrypt"

    _SHAPE = re.compile(
        rf"scrypt\$({COUNT})\$({_SALT}+)\$({COUNT})\$({COUNT})"
        rf"\$({_base64_shape(64)})",
        re.ASCII,
    )

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> ScryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._SHAPE.fullmatch(stored)
        tag = None if found is None else from_base64(found[5])
        if found is None or tag is None:
            return None
        row = ScryptHash(
            scheme=self.name,
            n=int(found[1]),
            r=int(found[3]),
            p=int(found[4]),
            salt=found[2].encode(),
            tag=tag,
            blank=blanked(found, 5, zero="A"),
        )
        return row if row.is_sound else None


def _as_sha256(password: bytes) -> bytes:
    return hex_digest("sha256", password)


class DjangoBcrypt:
    """
    ``bcrypt_sha256$`` or ``bcrypt$`` and a bcrypt string.

    Args:
        is_prehashed: True for ``bcrypt_sha256``.
    """

    def __init__(self, *, is_prehashed: bool) -> None:
        algorithm = "bcrypt_sha256" if is_prehashed else "bcrypt"
        self.name = f"django:{algorithm}"
        self._prefix = f"{algorithm}$"
        self._is_prehashed = is_prehashed

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        # The library took NUL as a character like any other.
        return read_bcrypt(
            self.name,
            stored,
            prefix=self._prefix,
            recipe=_as_sha256 if self._is_prehashed else as_is,
            is_shuckable=self._is_prehashed,
        )


class DjangoSaltedDigest:
    """
    ``md5$salt$hex`` and ``sha1$salt$hex``; the salt is empty in the oldest rows.

    Args:
        digest: ``md5`` or ``sha1``.
    """

    def __init__(self, digest: str) -> None:
        self.name = f"django:{digest}"
        self._digest = digest
        digits = 2 * DIGEST_BYTES[digest]
        self._shape = re.compile(
            rf"{digest}\$({_SALT}*)\$([0-9a-f]{{{digits}}})", re.ASCII
        )

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._shape.fullmatch(stored)
        if found is None:
            return None
        name, salt = self._digest, found[1].encode()
        return DigestHash(
            scheme=self.name,
            recipe=lambda password: digest(name, salt + password),
            tag=bytes.fromhex(found[2]),
            blank=blanked(found, 2, zero="0"),
            is_shuckable=not salt,
        )
