r"""
The formats of WordPress, and so of bbPress and BuddyPress.

WordPress puts a backslash before quotes, backslashes and NUL in whatever a browser
sends, never takes it away from a password, and trims; so do these schemes.

Source: wp-includes/pluggable.php (``wp_hash_password``, ``wp_check_password``),
user.php (``wp_signon``) and load.php (``wp_magic_quotes``) of WordPress 2.5 to 6.8.
"""

from credguard.passwords.legacy.base64s import to_base64
from credguard.passwords.legacy.bcrypt import BcryptHash, as_c_text, read_bcrypt
from credguard.passwords.legacy.columns import read_unsalted
from credguard.passwords.legacy.digests import DigestHash, hex_digest, keyed_digest
from credguard.passwords.legacy.phpass import PhpassHash, read_phpass
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme
from credguard.passwords.legacy.spelling import (
    PHP_SPACE,
    Recipe,
    add_slashes,
    scheme_name,
    unless_empty,
)

_KEY = b"wp-sha384"


def _trimmed(password: bytes) -> bytes:
    return password.strip(PHP_SPACE)


def _prehashed(password: bytes) -> bytes:
    return to_base64(keyed_digest("sha384", _KEY, password)).encode()


class _WordPress:
    """
    What all formats of WordPress share.

    Args:
        is_slashed: False for passwords that were set from WordPress's command line
            or a program, where quotes stay as they are.
    """

    _WORD: str
    _THEN: tuple[Recipe, ...] = ()

    def __init__(self, *, is_slashed: bool = True) -> None:
        self.name = scheme_name(self._WORD, "" if is_slashed else "unslashed")
        first = (add_slashes,) if is_slashed else ()
        self._recipe = unless_empty(*first, _trimmed, *self._THEN)


class WordPressBcrypt(_WordPress):
    """
    ``$wp`` and a bcrypt of the base64 of HMAC-SHA384, since WordPress 6.8.

    Source:
        ``wp_hash_password`` of WordPress 6.8.
    """

    _WORD = "wordpress:bcrypt"
    _THEN = (_prehashed,)

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_bcrypt(self.name, stored, prefix="$wp", recipe=self._recipe)


class WordPressPlainBcrypt(_WordPress):
    """
    A bare bcrypt, as plug-ins wrote it before WordPress 6.8.

    Source:
        ``wp_check_password`` of WordPress 6.8, its last branch.
    """

    _WORD = "wordpress:plain_bcrypt"
    _THEN = (as_c_text,)

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_bcrypt(self.name, stored, recipe=self._recipe)


class WordPressPhpass(_WordPress):
    """
    phpass's portable hash, WordPress 2.5 to 6.7.

    Source:
        wp-includes/class-phpass.php.
    """

    _WORD = "wordpress:phpass"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> PhpassHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_phpass(self.name, stored, letter="P", recipe=self._recipe)


class WordPressMd5(_WordPress):
    """
    A bare MD5, before WordPress 2.5, and of passwords reset in the database.

    Source:
        ``wp_check_password``, its first branch.
    """

    _WORD = "wordpress:md5"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_unsalted(
            self.name,
            stored,
            digest="md5",
            recipe=unless_empty(
                self._recipe, lambda password: hex_digest("md5", password)
            ),
        )


WORDPRESS: tuple[LegacyScheme, ...] = (
    WordPressBcrypt(),
    WordPressPhpass(),
    WordPressPlainBcrypt(),
    WordPressMd5(),
)
"""What any WordPress reads."""
