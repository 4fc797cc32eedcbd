"""
The formats of XenForo 1 and 2, bare or in PHP's serialized text.

XenForo keeps hash, salt and hash function as one serialized array in the column
``data`` of ``xf_user_authenticate``, which may be handed over as it is.

Source: XenForo 1.5, XenForo/Authentication/Core.php and Core12.php; XenForo 2.2,
src/XF/Authentication/Core.php and Core12.php; the PHP manual on ``serialize``.
"""

import re
from dataclasses import dataclass

from credguard.passwords.legacy.argon2 import read_marked_argon2
from credguard.passwords.legacy.bcrypt import BcryptHash, read_bcrypt
from credguard.passwords.legacy.columns import (
    MAX_BESIDE_CHARACTERS,
    read_salted,
    salt_of,
)
from credguard.passwords.legacy.digests import DIGEST_BYTES, DigestHash, hex_digest
from credguard.passwords.legacy.enclosed import EnclosedHash, enclose
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.legacy.spelling import as_is

# What an array with nothing but a hash of n characters begins and ends with.
_ALONE = re.compile(
    r'(a:1:\{s:4:"hash";s:([1-9][0-9]{1,2}):")([!#-~]+)(";\})', re.ASCII
)
_SALTED = re.compile(
    r'(a:3:\{s:4:"hash";s:(40|64):")([0-9a-f]{40}|[0-9a-f]{64})'
    rf'(";s:4:"salt";s:([1-9][0-9]{{0,2}}):"([!#-~]{{1,{MAX_BESIDE_CHARACTERS}}})"'
    r';s:8:"hashFunc";s:(?:4:"(sha1)|6:"(sha256))";\})',
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class XenForoSha:
    """
    XenForo 1.0 and 1.1: ``hash(hash(password) . salt)`` with SHA-256 or SHA-1.

    It is read as the serialized array, or as the bare digest of one length or the
    other with the salt beside it.
    """

    @property
    def name(self) -> str:
        """``xenforo:sha``."""
        return "xenforo:sha"

    def read(
        self, stored: str, beside: Beside = NOTHING_BESIDE, /
    ) -> DigestHash | EnclosedHash | None:
        """Return the hash that *stored* is, None if it is not, or lacks the salt."""
        found = _SALTED.fullmatch(stored)
        if found is None:
            return self._read_bare(stored, salt_of(beside))
        before, length, text, after, salt_length, salt, sha1, sha256 = found.groups()
        digits = 2 * DIGEST_BYTES[sha1 or sha256]
        if not int(length) == len(text) == digits or int(salt_length) != len(salt):
            return None
        inner = self._read_bare(text, salt.encode())
        return enclose(self.name, inner, before=before, after=after)

    def _read_bare(self, text: str, salt: bytes | None) -> DigestHash | None:
        digest = "sha1" if len(text) == 2 * DIGEST_BYTES["sha1"] else "sha256"

        def recipe(salt: bytes, password: bytes) -> bytes:
            if not password:
                return b""
            return hex_digest(digest, hex_digest(digest, password) + salt)

        return read_salted(
            self.name, text, salt, digest=digest, recipe=recipe, is_shuckable=True
        )


@dataclass(frozen=True, slots=True)
class XenForoBcrypt:
    """XenForo 1.2 and later: a bcrypt string, serialized or bare."""

    @property
    def name(self) -> str:
        """``xenforo:bcrypt``."""
        return "xenforo:bcrypt"

    def read(
        self, stored: str, _beside: Beside = NOTHING_BESIDE, /
    ) -> BcryptHash | EnclosedHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        alone = _alone(stored)
        if alone is None:
            return read_bcrypt(self.name, stored)
        before, text, after = alone
        inner = read_bcrypt(self.name, text)
        return enclose(self.name, inner, before=before, after=after)


@dataclass(frozen=True, slots=True)
class XenForoArgon2:
    """XenForo 2 where it was set to Argon2: a serialized Argon2 string."""

    @property
    def name(self) -> str:
        """``xenforo:argon2``."""
        return "xenforo:argon2"

    def read(
        self, stored: str, _beside: Beside = NOTHING_BESIDE, /
    ) -> EnclosedHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        alone = _alone(stored)
        if alone is None:
            return None
        before, text, after = alone
        inner = read_marked_argon2(self.name, text, mark="", recipe=as_is)
        return enclose(self.name, inner, before=before, after=after)


def _alone(stored: str) -> tuple[str, str, str] | None:
    """Return what stands before, in and after a serialized hash without a salt."""
    found = _ALONE.fullmatch(stored)
    if found is None or int(found[2]) != len(found[3]):
        return None
    return found[1], found[3], found[4]
