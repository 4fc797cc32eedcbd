"""
The formats of PHP-Fusion 6 to 9.

Source: PHP-Fusion 7.02, includes/classes/PasswordAuth.class.php (_hashPassword).
"""

from dataclasses import dataclass
from functools import partial

from credguard.passwords.legacy.columns import read_salted, read_unsalted, salt_of
from credguard.passwords.legacy.digests import DigestHash, hex_digest, keyed_digest
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.legacy.spelling import unless_empty


def _recipe(salt: bytes, password: bytes) -> bytes:
    return keyed_digest("sha256", salt, password).hex().encode() if password else b""


@dataclass(frozen=True, slots=True)
class PhpFusion:
    """PHP-Fusion 7 and later: HMAC-SHA-256 of the password under ``user_salt``."""

    @property
    def name(self) -> str:
        """``phpfusion:hmac``."""
        return "phpfusion:hmac"

    def read(
        self, stored: str, beside: Beside = NOTHING_BESIDE, /
    ) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not, or lacks the salt."""
        return read_salted(
            self.name,
            stored,
            salt_of(beside),
            digest="sha256",
            recipe=_recipe,
            is_shuckable=False,
        )


@dataclass(frozen=True, slots=True)
class PhpFusionMd5:
    """PHP-Fusion 6, and 7 where ``user_algo`` is ``md5``: ``md5(md5(password))``."""

    @property
    def name(self) -> str:
        """``phpfusion:md5``."""
        return "phpfusion:md5"

    def read(
        self, stored: str, _beside: Beside = NOTHING_BESIDE, /
    ) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        md5 = partial(hex_digest, "md5")
        recipe = unless_empty(md5, md5)
        return read_unsalted(self.name, stored, digest="md5", recipe=recipe)
