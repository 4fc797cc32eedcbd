"""
The formats of Burning Board 2 to 4 and of WoltLab Suite.

WoltLab Suite 5.4 and later writes the algorithm's name and a colon before a hash, and
its salt after it. The same hashes are read without both, with the salt beside.

Source: WoltLab Suite 6, lib/system/user/authentication/password, where each
algorithm is a class: Wbb2, Wcf1, Wcf2, DoubleBcrypt, Bcrypt, Argon2.
"""

import re
from dataclasses import dataclass
from functools import partial

from credguard.passwords.legacy.argon2 import Argon2RecipeHash, read_marked_argon2
from credguard.passwords.legacy.bcrypt import BcryptHash, as_c_text, read_bcrypt
from credguard.passwords.legacy.columns import (
    SALT_SHAPE,
    Salted,
    has_no_salt,
    read_salted,
    read_unsalted,
    salt_of,
)
from credguard.passwords.legacy.digests import DigestHash, hex_digest
from credguard.passwords.legacy.enclosed import EnclosedHash, enclose
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.legacy.spelling import as_is, unless_empty
from credguard.passwords.pool import Permit

_MARKED_WBB2 = re.compile(r"(wbb2:)([0-9a-f]+)", re.ASCII)
_MARKED_WCF1 = re.compile(rf"(wcf1:)([0-9a-f]{{40}})(:({SALT_SHAPE}))", re.ASCII)
_TWICE = re.compile(r"(DoubleBcrypt:|wcf2:|)\$.{59}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wbb2:
    """Burning Board 2: ``md5(password)``, or ``sha1(password)``; no salt."""

    @property
    def name(self) -> str:
        """``woltlab:wbb2``."""
        return "woltlab:wbb2"

    def read(
        self, stored: str, beside: Beside = NOTHING_BESIDE, /
    ) -> DigestHash | EnclosedHash | None:
        """Return the hash that *stored* is, None if it is not, or if it has a salt."""
        found = _MARKED_WBB2.fullmatch(stored)
        if found is None:
            return self._read_bare(stored) if has_no_salt(beside) else None
        return enclose(self.name, self._read_bare(found[2]), before=found[1])

    def _read_bare(self, text: str) -> DigestHash | None:
        digest = "md5" if len(text) == 32 else "sha1"  # noqa: PLR2004 - hex digits
        recipe = unless_empty(partial(hex_digest, digest))
        return read_unsalted(self.name, text, digest=digest, recipe=recipe)


def _wcf1(salt: bytes, password: bytes) -> bytes:
    if not password:
        return b""
    once = hex_digest("sha1", salt + hex_digest("sha1", password))
    return hex_digest("sha1", salt + once)


@dataclass(frozen=True, slots=True)
class Wcf1:
    """
    Burning Board 3 and Community Framework 1.

    ``sha1(salt . sha1(salt . sha1(password)))``, as ``wcf1:hash:salt`` or as the bare
    hash with the salt beside.
    """

    @property
    def name(self) -> str:
        """``woltlab:wcf1``."""
        return "woltlab:wcf1"

    def read(
        self, stored: str, beside: Beside = NOTHING_BESIDE, /
    ) -> DigestHash | EnclosedHash | None:
        """Return the hash that *stored* is, None if it is not, or lacks the salt."""
        found = _MARKED_WCF1.fullmatch(stored)
        if found is None:
            return self._read_bare(stored, salt_of(beside))
        before, text, after, salt = found.groups()
        inner = self._read_bare(text, salt.encode())
        return enclose(self.name, inner, before=before, after=after)

    def _read_bare(self, text: str, salt: bytes | None) -> DigestHash | None:
        recipe: Salted = _wcf1
        return read_salted(
            self.name, text, salt, digest="sha1", recipe=recipe, is_shuckable=True
        )


class DoubleBcryptHash(BcryptHash):
    """A bcrypt hash of a bcrypt hash, both with the same settings."""

    __slots__ = ()

    @property
    def work(self) -> int:
        """About how many KiB Argon2 fills in the same time."""
        return 2 * super().work

    def digest(self, password: bytes, permit: Permit) -> bytes:
        """
        Return the bcrypt string of *password*'s bcrypt string.

        Raises:
            MissingExtraError: The package bcrypt is not installed.
        """
        once = super().digest(as_c_text(password), permit)
        return super().digest(once, permit)


@dataclass(frozen=True, slots=True)
class Wcf2:
    """
    Burning Board 4, Community Framework 2 and WoltLab Suite to 5.3.

    ``bcrypt(bcrypt(password))`` with one salt, bare or behind ``DoubleBcrypt:``.
    """

    @property
    def name(self) -> str:
        """``woltlab:wcf2``."""
        return "woltlab:wcf2"

    def read(
        self, stored: str, _beside: Beside = NOTHING_BESIDE, /
    ) -> DoubleBcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = _TWICE.fullmatch(stored)
        once = None
        if found is not None:
            once = read_bcrypt(self.name, stored, prefix=found[1], recipe=as_is)
        if once is None:
            return None
        return DoubleBcryptHash(
            scheme=self.name,
            log_rounds=once.log_rounds,
            tag=once.tag,
            blank=once.blank,
        )


@dataclass(frozen=True, slots=True)
class WoltLabBcrypt:
    """WoltLab Suite 5.4 and later: ``Bcrypt:`` and a bcrypt string."""

    @property
    def name(self) -> str:
        """``woltlab:bcrypt``."""
        return "woltlab:bcrypt"

    def read(
        self, stored: str, _beside: Beside = NOTHING_BESIDE, /
    ) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_bcrypt(self.name, stored, prefix="Bcrypt:")


@dataclass(frozen=True, slots=True)
class WoltLabArgon2:
    """WoltLab Suite 5.4 and later: ``Argon2:`` and an Argon2 string."""

    @property
    def name(self) -> str:
        """``woltlab:argon2``."""
        return "woltlab:argon2"

    def read(
        self, stored: str, _beside: Beside = NOTHING_BESIDE, /
    ) -> Argon2RecipeHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_marked_argon2(self.name, stored, mark="Argon2:", recipe=as_is)
