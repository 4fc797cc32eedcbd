"""
The formats of vBulletin 3 to 5.

vBulletin's log-in page computes the inner MD5 in the browser: spaces around the
password are cut, characters beyond U+00FF are written as decimal references, and the
rest are bytes of ISO-8859-1. Without that script the server computes it on what the
browser sent in the board's character set.

Source: vBulletin 3.8, clientscript/vbulletin_md5.js (md5hash, str_to_ent) and
includes/functions_login.php (verify_authentication); for 5.1 and later,
Vb5Bcrypt.class.php and Vb5Argon2.class.php of WoltLab Suite, which takes them over.
"""

from dataclasses import dataclass
from functools import partial

from credguard.passwords.legacy.argon2 import Argon2RecipeHash, read_marked_argon2
from credguard.passwords.legacy.bcrypt import BcryptHash, read_bcrypt
from credguard.passwords.legacy.columns import read_salted, salt_of
from credguard.passwords.legacy.digests import DigestHash, hex_digest
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.legacy.spelling import (
    PHP_SPACE,
    UTF_8,
    Recipe,
    canonical_charset,
    in_charset,
    scheme_name,
    unless_empty,
)

LOGIN_SCRIPT = "script"
"""In place of a character set: the log-in page's script computed the inner MD5."""

_MARK = "vbulletin"
_LAST_BYTE = 0xFF


def _as_script(password: bytes) -> bytes:
    """Return *password* as vBulletin's script hands it to its MD5."""
    text = password.decode(errors="replace").strip(" ")
    units = text.encode("utf-16-be")  # a script sees characters in 16 bits
    seen = bytearray()
    for high, low in zip(units[::2], units[1::2], strict=True):
        unit = high << 8 | low
        seen += bytes([unit]) if unit <= _LAST_BYTE else b"&#%d;" % unit
    return bytes(seen)


def _trimmed(password: bytes) -> bytes:
    return password.strip(PHP_SPACE)


def _md5(charset: str) -> Recipe:
    """Return the recipe from a password to its inner MD5 in hexadecimal."""
    inner = partial(hex_digest, "md5")
    if charset == LOGIN_SCRIPT:
        return unless_empty(_as_script, inner)
    encode = partial(in_charset, charset=canonical_charset(charset))
    return unless_empty(encode, _trimmed, inner)


def _named(base: str, charset: str, default: str) -> str:
    found = charset if charset == LOGIN_SCRIPT else canonical_charset(charset)
    return scheme_name(base, "" if found == default else found)


@dataclass(frozen=True, slots=True)
class VBulletin:
    """
    vBulletin 3, 4 and 5.0: ``md5(md5(password) . salt)``, salt in its own column.

    The salt has 3 characters before 3.8.5 and 30 from then on.

    Args:
        charset: Where the inner MD5 was computed: `LOGIN_SCRIPT`, or the board's
            character set if that was the server. For ASCII it is the same.

    Raises:
        SetupError: *charset* is not one that forums used.
    """

    charset: str = LOGIN_SCRIPT

    def __post_init__(self) -> None:
        _md5(self.charset)

    @property
    def name(self) -> str:
        """``vbulletin:md5``, and the character set if it is not the default."""
        return _named("vbulletin:md5", self.charset, LOGIN_SCRIPT)

    def read(
        self, stored: str, beside: Beside = NOTHING_BESIDE, /
    ) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not, or lacks the salt."""
        inner = _md5(self.charset)

        def recipe(salt: bytes, password: bytes) -> bytes:
            seen = inner(password)
            return hex_digest("md5", seen + salt) if seen else b""

        return read_salted(
            self.name,
            stored,
            salt_of(beside),
            digest="md5",
            recipe=recipe,
            is_shuckable=True,
        )


@dataclass(frozen=True, slots=True)
class VBulletinBcrypt:
    """
    vBulletin 5.1 and later, scheme ``blowfish``: bcrypt of the MD5 in hexadecimal.

    Args:
        charset: Where the MD5 was computed, as with `VBulletin`.

    Raises:
        SetupError: *charset* is not one that forums used.
    """

    charset: str = UTF_8

    def __post_init__(self) -> None:
        _md5(self.charset)

    @property
    def name(self) -> str:
        """``vbulletin:bcrypt``, and the character set if it is not the default."""
        return _named("vbulletin:bcrypt", self.charset, UTF_8)

    def read(
        self, stored: str, _beside: Beside = NOTHING_BESIDE, /
    ) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        recipe = _md5(self.charset)
        return read_bcrypt(self.name, stored, recipe=recipe, is_shuckable=True)


@dataclass(frozen=True, slots=True)
class VBulletinArgon2:
    """
    vBulletin 5.5 and later: ``vbulletin`` and an Argon2 string of the MD5.

    vBulletin stores the bare string in ``token`` and the word ``argon2id`` in
    ``scheme``. A bare string is read as one of ours, under which the MD5 itself
    would be the password: write ``vbulletin`` before it when rows are imported.

    Args:
        charset: Where the MD5 was computed, as with `VBulletin`.

    Raises:
        SetupError: *charset* is not one that forums used.
    """

    charset: str = UTF_8

    def __post_init__(self) -> None:
        _md5(self.charset)

    @property
    def name(self) -> str:
        """``vbulletin:argon2``, and the character set if it is not the default."""
        return _named("vbulletin:argon2", self.charset, UTF_8)

    def read(
        self, stored: str, _beside: Beside = NOTHING_BESIDE, /
    ) -> Argon2RecipeHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        recipe = _md5(self.charset)
        return read_marked_argon2(
            self.name, stored, mark=_MARK, recipe=recipe, is_shuckable=True
        )
