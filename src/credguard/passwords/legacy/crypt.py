"""
The formats of crypt(3), as in /etc/shadow and wherever PHP or Perl called crypt().

All but bcrypt go through the machine's own library, see `libcrypt`; yescrypt and
its kin need libxcrypt, which the common Linux distributions have.

Source: crypt(5) of libxcrypt, which names the origin of each.
"""

import re
from typing import ClassVar

from credguard.passwords.legacy.bcrypt import (
    BCRYPT_COST,
    BCRYPT_SALT,
    BCRYPT_TAG,
    BCRYPT_ZERO,
    KIB_PER_BCRYPT_ROUND,
    BcryptHash,
    read_bcrypt,
)
from credguard.passwords.legacy.libcrypt import CryptHash
from credguard.passwords.legacy.phpass import phpass_number
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme
from credguard.passwords.legacy.yescrypt import Yescrypt
from credguard.passwords.stored_hash import blanked

_ANY = r"[./0-9A-Za-z]"
# Where the last character carries few bits, others would be misspelt.
_LAST_4_BITS = r"[./0-9A-D]"
_LAST_2_BITS = r"[./01]"
_LAST_OF_DES = r"[.26AEIMQUYcgkosw]"
_ZERO = BCRYPT_ZERO  # it is a dot in all of crypt(3)'s alphabets
# crypt(5) takes more; every software that is known writes these.
_SALT = r"[!-#%-9;-~]"


class _Rounds:
    """A format whose work is its rounds, which its shape has as a group or fixes."""

    name: str
    _SHAPE: ClassVar[re.Pattern[str]]
    _DEFAULT_ROUNDS: ClassVar[int] = 0
    _BASE_ROUNDS: ClassVar[int] = 0
    # How many KiB Argon2id fills in the time of 1,000 rounds, as measured on
    # x86-64 with libxcrypt 4.4; good to a factor of two.
    _KIB_PER_1000_ROUNDS: ClassVar[int]

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> CryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._SHAPE.fullmatch(stored)
        if found is None:
            return None
        rounds = self._rounds(found)
        return CryptHash(
            scheme=self.name,
            tag=stored.encode(),
            blank=blanked(found, "tag", zero=_ZERO),
            cost=f"r={rounds}" if rounds else "",
            rounds=rounds,
            work=(self._BASE_ROUNDS + rounds) * self._KIB_PER_1000_ROUNDS // 1000,
        )

    def _rounds(self, found: re.Match[str]) -> int:
        text: str | None = found.groupdict().get("rounds")
        return self._DEFAULT_ROUNDS if text is None else int(text)


class DesCrypt(_Rounds):
    """
    Two characters of salt and eleven of hash: 8 letters of 7 bits, 25 rounds.

    Source:
        R. Morris, K. Thompson, Password Security (1979); descrypt in crypt(5).
    """

    name = "crypt:des"

    _SHAPE = re.compile(rf"{_ANY}{{2}}(?P<tag>{_ANY}{{10}}{_LAST_OF_DES})", re.ASCII)
    _KIB_PER_1000_ROUNDS = 0


class BsdiCrypt(_Rounds):
    """
    ``_`` and 19 characters: DES over the whole password, with a count of rounds.

    Source:
        bsdicrypt in crypt(5).
    """

    name = "crypt:bsdi"

    _SHAPE = re.compile(
        rf"_({_ANY}{{4}}){_ANY}{{4}}(?P<tag>{_ANY}{{10}}{_LAST_OF_DES})", re.ASCII
    )
    _KIB_PER_1000_ROUNDS = 360

    def _rounds(self, found: re.Match[str]) -> int:
        digits = (phpass_number(character) for character in found[1])
        return sum(digit << 6 * place for place, digit in enumerate(digits))


class Md5Crypt(_Rounds):
    """
    ``$1$salt$hash``: 1,000 rounds of MD5.

    Source:
        P.-H. Kamp, FreeBSD (1994); md5crypt in crypt(5).
    """

    name = "crypt:md5"

    _SHAPE = re.compile(
        rf"\$1\${_SALT}{{0,8}}\$(?P<tag>{_ANY}{{21}}{_LAST_2_BITS})",
        re.ASCII,
    )
    _KIB_PER_1000_ROUNDS = 420
    _BASE_ROUNDS = 1000


def _sha2(mark: str, tag: str) -> re.Pattern[str]:
    return re.compile(
        rf"\${mark}\$(?:rounds=(?P<rounds>[1-9][0-9]{{3,8}})\$)?"
        rf"(?!rounds=){_SALT}{{0,16}}\$(?P<tag>{tag})",
        re.ASCII,
    )


class Sha256Crypt(_Rounds):
    """
    ``$5$rounds=N$salt$hash``, 5,000 rounds where none are named.

    Source:
        U. Drepper, Unix crypt using SHA-256 and SHA-512 (2007).
    """

    name = "crypt:sha256"

    _SHAPE = _sha2("5", rf"{_ANY}{{42}}{_LAST_4_BITS}")
    _DEFAULT_ROUNDS = 5000
    _KIB_PER_1000_ROUNDS = 890


class Sha512Crypt(_Rounds):
    """
    ``$6$rounds=N$salt$hash``, 5,000 rounds where none are named.

    Source:
        U. Drepper, Unix crypt using SHA-256 and SHA-512 (2007).
    """

    name = "crypt:sha512"

    _SHAPE = _sha2("6", rf"{_ANY}{{85}}{_LAST_2_BITS}")
    _DEFAULT_ROUNDS = 5000
    _KIB_PER_1000_ROUNDS = 1230


class Sha1Crypt(_Rounds):
    """
    ``$sha1$rounds$salt$hash``: HMAC-SHA1 over and over, from NetBSD.

    Source:
        S. J. Gerraty, NetBSD (2004); sha1crypt in crypt(5).
    """

    name = "crypt:sha1"

    _SHAPE = re.compile(
        rf"\$sha1\$(?P<rounds>[1-9][0-9]{{0,9}})\${_ANY}{{1,64}}\$(?P<tag>{_ANY}{{28}})",
        re.ASCII,
    )
    _KIB_PER_1000_ROUNDS = 1650


class SunMd5Crypt(_Rounds):
    """
    ``$md5,rounds=N$salt$$hash``: 4,096 rounds and N more, from Solaris.

    Source:
        A. Muffett, Solaris 9 (2001); SunMD5 in crypt(5).
    """

    name = "crypt:sunmd5"

    _SHAPE = re.compile(
        rf"\$md5(?:,rounds=(?P<rounds>[1-9][0-9]{{0,9}}))?"
        rf"\${_ANY}{{1,8}}\${{1,2}}(?P<tag>{_ANY}{{21}}{_LAST_2_BITS})",
        re.ASCII,
    )
    _KIB_PER_1000_ROUNDS = 1900
    _BASE_ROUNDS = 4096


class Bcrypt:
    """
    ``$2a$``, ``$2b$`` or ``$2y$``: three names of one bcrypt.

    Source:
        bcrypt in crypt(5).
    """

    name = "crypt:bcrypt"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_bcrypt(self.name, stored)


class BcryptX:
    """
    ``$2x$``: bcrypt as it was where bytes above 127 counted as negative.

    Source:
        bcrypt in crypt(5); the letter x stands for this and nothing else.
    """

    name = "crypt:bcrypt_x"

    _SHAPE = re.compile(
        rf"\$2x\$({BCRYPT_COST})\${BCRYPT_SALT}(?P<tag>{BCRYPT_TAG})", re.ASCII
    )

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> CryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._SHAPE.fullmatch(stored)
        if found is None:
            return None
        log_rounds = int(found[1])
        return CryptHash(
            scheme=self.name,
            tag=stored.encode(),
            blank=blanked(found, "tag", zero=_ZERO),
            cost=f"c={log_rounds}",
            log_rounds=log_rounds,
            work=KIB_PER_BCRYPT_ROUND << log_rounds,
        )


_SCHEMES = (
    Yescrypt(),
    Yescrypt(is_gost=True),
    Bcrypt(),
    BcryptX(),
    Sha512Crypt(),
    Sha256Crypt(),
    Sha1Crypt(),
    SunMd5Crypt(),
    Md5Crypt(),
    BsdiCrypt(),
    DesCrypt(),
)
CRYPT: tuple[LegacyScheme, ...] = _SCHEMES
"""What libxcrypt knows and other software wrote."""


def read_crypt(stored: str) -> CryptHash | BcryptHash | None:
    """Return the hash that *stored* is in any format of `CRYPT`, None if in none."""
    rows = (scheme.read(stored) for scheme in _SCHEMES)
    return next((row for row in rows if row is not None), None)
