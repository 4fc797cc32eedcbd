"""
The formats of MediaWiki: a type between colons, then what the type needs.

Source: includes/password of MediaWiki 1.24 to 1.43; the salted MD5 is older. The
layered ones are written by maintenance/wrapOldPasswords.php.
"""

import re
from dataclasses import replace
from functools import partial

from credguard.passwords.legacy.base64s import from_base64
from credguard.passwords.legacy.bcrypt import (
    BCRYPT_SALT,
    BCRYPT_TAG,
    BCRYPT_ZERO,
    BcryptHash,
    as_c_text,
)
from credguard.passwords.legacy.derivations import PBKDF2_DIGESTS, Pbkdf2Hash
from credguard.passwords.legacy.digests import DigestHash, hex_digest
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme
from credguard.passwords.phc import COUNT, MIN_TAG_BYTES, read_phc
from credguard.passwords.stored_hash import Argon2Hash, blanked

_MD5 = r"[0-9a-f]{32}"
_SALT = r"[0-9A-Za-z]{1,32}"  # MediaWiki writes 8 hexadecimal digits
_PBKDF2 = rf"({'|'.join(sorted(PBKDF2_DIGESTS))}):({COUNT}):([1-9][0-9]{{0,2}})"
_BASE64 = r"[A-Za-z0-9+/]+={0,2}"


def _as_a(password: bytes) -> bytes:
    return hex_digest("md5", password)


def _as_b(salt: bytes, password: bytes) -> bytes:
    return hex_digest("md5", salt + b"-" + hex_digest("md5", password))


class MediaWikiMd5:
    """
    ``:A:`` and an MD5, or ``:B:salt:`` and the MD5 of salt, dash and MD5.

    Args:
        is_salted: True for ``:B:``.

    Source:
        MWOldPassword.php and MWSaltedPassword.php.
    """

    def __init__(self, *, is_salted: bool) -> None:
        self.name = "mediawiki:b" if is_salted else "mediawiki:a"
        pattern = rf":B:({_SALT}):({_MD5})" if is_salted else rf":A:()({_MD5})"
        self._is_salted = is_salted
        self._shape = re.compile(pattern, re.ASCII)

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._shape.fullmatch(stored)
        if found is None:
            return None
        return DigestHash(
            scheme=self.name,
            recipe=partial(_as_b, found[1].encode()) if self._is_salted else _as_a,
            tag=found[2].encode(),
            blank=blanked(found, 2, zero="0"),
            is_shuckable=True,
        )


class MediaWikiPbkdf2:
    """
    ``:pbkdf2:sha512:30000:64:salt:hash``, the default since MediaWiki 1.24.

    Source:
        AbstractPbkdf2Password.php; salt and hash are base64.
    """

    name = "mediawiki:pbkdf2"

    _SHAPE = re.compile(rf":pbkdf2:{_PBKDF2}:({_BASE64}):({_BASE64})", re.ASCII)

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> Pbkdf2Hash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._SHAPE.fullmatch(stored)
        return None if found is None else _pbkdf2(self.name, found)


class MediaWikiLayered:
    """
    A PBKDF2 over the digits of ``:A:`` or ``:B:``, made without log-ins.

    Args:
        is_salted: True for ``:pbkdf2-legacyB:``.

    Source:
        LayeredParameterizedPassword.php: the layers' parameters, then their
        arguments, then the hash, with exclamation marks between them.
    """

    def __init__(self, *, is_salted: bool) -> None:
        letter, salt = ("B", _SALT) if is_salted else ("A", "")
        self.name = f"mediawiki:pbkdf2-legacy_{letter.lower()}"
        self._is_salted = is_salted
        self._shape = re.compile(
            rf":pbkdf2-legacy{letter}:!{_PBKDF2}!(?P<inner>{salt})"
            rf"!({_BASE64})!({_BASE64})",
            re.ASCII,
        )

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> Pbkdf2Hash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._shape.fullmatch(stored)
        row = None if found is None else _pbkdf2(self.name, found)
        if found is None or row is None:
            return None
        recipe = partial(_as_b, found["inner"].encode()) if self._is_salted else _as_a
        return replace(row, recipe=recipe, is_shuckable=True)


class MediaWikiBcrypt:
    """
    ``:bcrypt:9$salt$hash``: the parts of a bcrypt string, the cost as a number.

    Source:
        BcryptPassword.php.
    """

    name = "mediawiki:bcrypt"

    _SHAPE = re.compile(
        rf":bcrypt:([4-9]|[12][0-9]|3[01])\$({BCRYPT_SALT})\$({BCRYPT_TAG})", re.ASCII
    )

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._SHAPE.fullmatch(stored)
        if found is None:
            return None
        log_rounds = int(found[1])
        return BcryptHash(
            scheme=self.name,
            log_rounds=log_rounds,
            tag=f"$2y${log_rounds:02d}${found[2]}{found[3]}".encode(),
            blank=blanked(found, 3, zero=BCRYPT_ZERO),
            recipe=as_c_text,
        )


class MediaWikiArgon2:
    """
    ``:argon2:`` and a PHC string, since MediaWiki 1.33.

    Source:
        Argon2Password.php.
    """

    name = "mediawiki:argon2"

    _PREFIX = ":argon2:"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> Argon2Hash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        if not stored.startswith(self._PREFIX):
            return None
        phc = read_phc(stored.removeprefix(self._PREFIX))
        return None if phc is None else Argon2Hash(self.name, phc, self._PREFIX)


def _pbkdf2(scheme: str, found: re.Match[str]) -> Pbkdf2Hash | None:
    """Return the PBKDF2 of the first three groups and the last two, if it is sound."""
    last = found.re.groups
    salt, tag = from_base64(found[last - 1]), from_base64(found[last])
    if salt is None or tag is None or not MIN_TAG_BYTES <= len(tag) == int(found[3]):
        return None
    return Pbkdf2Hash(
        scheme=scheme,
        digest_name=found[1],
        iterations=int(found[2]),
        salt=salt,
        tag=tag,
        blank=blanked(found, last, zero="A"),
    )


MEDIAWIKI: tuple[LegacyScheme, ...] = (
    MediaWikiPbkdf2(),
    MediaWikiArgon2(),
    MediaWikiBcrypt(),
    MediaWikiLayered(is_salted=True),
    MediaWikiLayered(is_salted=False),
    MediaWikiMd5(is_salted=True),
    MediaWikiMd5(is_salted=False),
)
"""What MediaWiki reads, but for what is sealed with a key of its own."""
