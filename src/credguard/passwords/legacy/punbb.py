"""
The formats of PunBB 1.2 and 1.3 and of FluxBB 1.4 to 1.6.

All cut white space around the password. FluxBB 1.6 hashes what it found once more
with bcrypt and puts a word before it.

Source: FluxBB 1.6, include/functions.php (flux_password_verify); FluxBB 1.5,
login.php and include/functions.php (pun_hash, pun_trim).
"""

import re
from dataclasses import dataclass
from functools import partial
from typing import Literal

from credguard.passwords.legacy.bcrypt import BcryptHash, as_c_text, read_bcrypt
from credguard.passwords.legacy.columns import (
    SALT_SHAPE,
    has_no_salt,
    read_salted,
    read_unsalted,
    salt_of,
)
from credguard.passwords.legacy.digests import DigestHash, hex_digest
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.legacy.spelling import PHP_SPACE, Recipe, unless_empty

_COVERED = re.compile(rf"(#(?:MD5|SHA1|SHA1-S#({SALT_SHAPE}))#)\$.{{59}}", re.ASCII)


def _trimmed(password: bytes) -> bytes:
    return password.strip(PHP_SPACE)


def _salted_sha1(salt: bytes, password: bytes) -> bytes:
    seen = _trimmed(password)
    return hex_digest("sha1", salt + hex_digest("sha1", seen)) if seen else b""


def _plain(digest: str) -> Recipe:
    return unless_empty(_trimmed, partial(hex_digest, digest))


@dataclass(frozen=True, slots=True)
class PunBBSalted:
    """PunBB 1.3, FluxBB 1.3: ``sha1(salt . sha1(password))``, salt in its column."""

    @property
    def name(self) -> str:
        """``punbb:sha1-salted``."""
        return "punbb:sha1-salted"

    def read(
        self, stored: str, beside: Beside = NOTHING_BESIDE, /
    ) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not, or lacks the salt."""
        return read_salted(
            self.name,
            stored,
            salt_of(beside),
            digest="sha1",
            recipe=_salted_sha1,
            is_shuckable=True,
        )


@dataclass(frozen=True, slots=True)
class PunBBDigest:
    """
    PunBB 1.2, FluxBB 1.4 and 1.5: a plain digest; the salt's column is empty.

    Args:
        digest: ``sha1``, or ``md5`` where PHP had no SHA-1.
    """

    digest: Literal["sha1", "md5"] = "sha1"

    @property
    def name(self) -> str:
        """``punbb:sha1`` or ``punbb:md5``."""
        return f"punbb:{self.digest}"

    def read(
        self, stored: str, beside: Beside = NOTHING_BESIDE, /
    ) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not, or if it has a salt."""
        if not has_no_salt(beside):
            return None
        recipe = _plain(self.digest)
        return read_unsalted(self.name, stored, digest=self.digest, recipe=recipe)


@dataclass(frozen=True, slots=True)
class FluxBBBcrypt:
    """FluxBB 1.6: a bcrypt string, or one over an old digest behind ``#MD5#`` etc."""

    @property
    def name(self) -> str:
        """``fluxbb:bcrypt``."""
        return "fluxbb:bcrypt"

    def read(
        self, stored: str, _beside: Beside = NOTHING_BESIDE, /
    ) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = _COVERED.fullmatch(stored)
        if found is None:
            recipe = unless_empty(_trimmed, as_c_text)
            return read_bcrypt(self.name, stored, recipe=recipe)
        before, salt = found.groups()
        recipe = _plain("md5" if before == "#MD5#" else "sha1")
        if salt is not None:
            recipe = partial(_salted_sha1, salt.encode())
        return read_bcrypt(
            self.name, stored, prefix=before, recipe=recipe, is_shuckable=True
        )
