"""
The formats of phpBB 2.0 to 3.3, with those that it takes over from other software.

phpBB 3 trims a new password, escapes it for HTML and hashes the result, so that
``a<b`` is stored as the hash of ``a&lt;b``. Only what its command line set, and what
other software wrote into its table, was hashed as typed.

Source: phpBB 3.3, phpBB/phpbb/passwords (manager.php, helper.php and the drivers),
phpBB/phpbb/request/type_cast_helper.php; phpBB 2.0, common.php and login.php.
"""

from dataclasses import dataclass
from functools import partial

from credguard.passwords.legacy.argon2 import Argon2RecipeHash, read_marked_argon2
from credguard.passwords.legacy.bcrypt import BcryptHash, as_c_text, read_bcrypt
from credguard.passwords.legacy.columns import read_unsalted
from credguard.passwords.legacy.digests import DigestHash, hex_digest
from credguard.passwords.legacy.enclosed import EnclosedHash, enclose
from credguard.passwords.legacy.phpass import PhpassHash, read_phpass
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme
from credguard.passwords.legacy.spelling import (
    PHP_SPACE,
    Recipe,
    add_slashes,
    as_is,
    canonical_charset,
    escape_html,
    in_charset,
    scheme_name,
    unless_empty,
)

_CONVERTED = "$CP$"
_MARK = "phpbb"


def _without_controls(password: bytes) -> bytes:
    return password.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\x00", b"")


def _trimmed(password: bytes) -> bytes:
    return password.strip(PHP_SPACE)


def as_phpbb_3(*, is_escaped: bool) -> Recipe:
    """Return the recipe from a password to what phpBB 3 hashes."""
    if is_escaped:
        return unless_empty(_without_controls, _trimmed, escape_html)
    return as_is


def _as_phpbb_2(charset: str) -> Recipe:
    # phpBB 2 quotes what a browser sends, which is in the board's character set.
    return unless_empty(
        partial(in_charset, charset=charset), add_slashes, partial(hex_digest, "md5")
    )


@dataclass(frozen=True, slots=True)
class PhpBB2:
    """
    phpBB 2: ``md5(addslashes(password))`` in the board's character set.

    Args:
        charset: The character set of the board's pages; `cp1252` is what browsers
            take ISO-8859-1 for.

    Raises:
        SetupError: *charset* is not one that forums used.
    """

    charset: str = "cp1252"

    def __post_init__(self) -> None:
        canonical_charset(self.charset)

    @property
    def name(self) -> str:
        """``phpbb:md5``, and the character set if it is not the default."""
        return scheme_name("phpbb:md5", _quirk(self.charset))

    def read(
        self, stored: str, _beside: Beside = NOTHING_BESIDE, /
    ) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        recipe = _as_phpbb_2(canonical_charset(self.charset))
        return read_unsalted(self.name, stored, digest="md5", recipe=recipe)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhpBBPhpass:
    """
    phpBB 3.0: ``$H$`` and phpass of the password, or of what phpBB 2 had stored.

    The two look alike. phpBB 3.0 tells them by its column ``user_pass_convert``,
    and phpBB 3.1 by ``$CP$`` before the text, which is `PhpBBConverted` here.

    Args:
        is_escaped: Whether passwords were escaped for HTML, as phpBB's pages do.

        is_from_phpbb_2: Whether what was hashed is phpBB 2's MD5.

        charset: The character set of the pages of that phpBB 2.

    Raises:
        SetupError: *charset* is not one that forums used.
    """

    is_escaped: bool = True
    is_from_phpbb_2: bool = False
    charset: str = "cp1252"

    def __post_init__(self) -> None:
        canonical_charset(self.charset)

    @property
    def name(self) -> str:
        """``phpbb:phpass`` or ``phpbb:phpass-md5``, and what is not the default."""
        if self.is_from_phpbb_2:
            return scheme_name("phpbb:phpass-md5", _quirk(self.charset))
        return scheme_name("phpbb:phpass", raw(is_escaped=self.is_escaped))

    def read(
        self, stored: str, _beside: Beside = NOTHING_BESIDE, /
    ) -> PhpassHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        recipe = as_phpbb_3(is_escaped=self.is_escaped)
        if self.is_from_phpbb_2:
            recipe = _as_phpbb_2(canonical_charset(self.charset))
        return read_phpass(
            self.name,
            stored,
            letter="H",
            recipe=recipe,
            is_shuckable=self.is_from_phpbb_2,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PhpBBBcrypt:
    """
    phpBB 3.1 and later: a bcrypt string; PHP cuts at a NUL byte and at 72 bytes.

    Args:
        is_escaped: Whether passwords were escaped for HTML, as phpBB's pages do.
    """

    is_escaped: bool = True

    @property
    def name(self) -> str:
        """``phpbb:bcrypt``, and what is not the default."""
        return scheme_name("phpbb:bcrypt", raw(is_escaped=self.is_escaped))

    def read(
        self, stored: str, _beside: Beside = NOTHING_BESIDE, /
    ) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        typed = as_phpbb_3(is_escaped=self.is_escaped)
        recipe = unless_empty(typed, as_c_text)
        return read_bcrypt(self.name, stored, recipe=recipe)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhpBBArgon2:
    """
    phpBB 3.3: ``phpbb`` and an Argon2id or Argon2i string.

    phpBB stores the bare string, which is read as one of ours: right for every
    password but those that are changed by escaping (``& " < >``) or trimming. To
    verify those as well, write ``phpbb`` before the string when rows are imported.

    Args:
        is_escaped: Whether passwords were escaped for HTML, as phpBB's pages do.
    """

    is_escaped: bool = True

    @property
    def name(self) -> str:
        """``phpbb:argon2``, and what is not the default."""
        return scheme_name("phpbb:argon2", raw(is_escaped=self.is_escaped))

    def read(
        self, stored: str, _beside: Beside = NOTHING_BESIDE, /
    ) -> Argon2RecipeHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        typed = as_phpbb_3(is_escaped=self.is_escaped)
        return read_marked_argon2(self.name, stored, mark=_MARK, recipe=typed)


@dataclass(frozen=True, slots=True)
class PhpBBConverted:
    """
    phpBB 3.1 and later: ``$CP$`` and what the converted software had stored.

    phpBB tries all that it knows; here the caller says what the board was before.

    Args:
        original: The scheme of that software, such as ``Smf()`` or ``MyBB()``.
    """

    original: LegacyScheme

    @property
    def name(self) -> str:
        """``phpbb:cp`` and the name of the original scheme."""
        return scheme_name("phpbb:cp", self.original.name)

    def read(
        self, stored: str, beside: Beside = NOTHING_BESIDE, /
    ) -> EnclosedHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        if not stored.startswith(_CONVERTED):
            return None
        inner = self.original.read(stored.removeprefix(_CONVERTED), beside)
        return enclose(self.name, inner, before=_CONVERTED)


def _quirk(charset: str) -> str:
    found = canonical_charset(charset)
    return "" if found == "cp1252" else found


def raw(*, is_escaped: bool) -> str:
    """Return the word for passwords that were not escaped, nothing if they were."""
    return "" if is_escaped else "raw"
