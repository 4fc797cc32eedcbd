"""
The format of MyBB 1.2 to 1.8.

Source: MyBB 1.8, inc/functions_user.php (create_password, verify_user_password).
"""

from dataclasses import dataclass
from functools import partial

from credguard.passwords.legacy.columns import read_salted, salt_of
from credguard.passwords.legacy.digests import DigestHash, hex_digest
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.legacy.spelling import (
    UTF_8,
    canonical_charset,
    in_charset,
    scheme_name,
)


def md5_of_both(salt: bytes, seen: bytes) -> bytes:
    """Return ``md5(md5(salt) . md5(password))`` of a password as it was hashed."""
    return hex_digest("md5", hex_digest("md5", salt) + hex_digest("md5", seen))


@dataclass(frozen=True, slots=True)
class MyBB:
    """
    MyBB: ``md5(md5(salt) . md5(password))``, salt in its own column.

    Args:
        charset: The character set of the board's pages.

    Raises:
        SetupError: *charset* is not one that forums used.
    """

    charset: str = UTF_8

    def __post_init__(self) -> None:
        canonical_charset(self.charset)

    @property
    def name(self) -> str:
        """``mybb:md5``, and the character set if it is not the default."""
        found = canonical_charset(self.charset)
        return scheme_name("mybb:md5", "" if found == UTF_8 else found)

    def read(
        self, stored: str, beside: Beside = NOTHING_BESIDE, /
    ) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not, or lacks the salt."""
        encode = partial(in_charset, charset=canonical_charset(self.charset))

        def recipe(salt: bytes, password: bytes) -> bytes:
            return md5_of_both(salt, encode(password)) if password else b""

        return read_salted(
            self.name,
            stored,
            salt_of(beside),
            digest="md5",
            recipe=recipe,
            is_shuckable=True,
        )
