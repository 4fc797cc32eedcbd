"""
The format of phpFox 2 and 3.

Source: phpFox 3, include/library/phpfox/hash/hash.class.php (setHash);
Phpfox3.class.php of WoltLab Suite, which takes it over.
"""

from dataclasses import dataclass

from credguard.passwords.legacy.columns import read_salted, salt_of
from credguard.passwords.legacy.digests import DigestHash, hex_digest
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside


def _recipe(salt: bytes, password: bytes) -> bytes:
    if not password:
        return b""
    return hex_digest("md5", hex_digest("md5", password) + hex_digest("md5", salt))


@dataclass(frozen=True, slots=True)
class PhpFox:
    """
    phpFox: ``md5(md5(password) . md5(salt))``, salt in ``password_salt``.

    Where that column is empty, phpFox takes ``core.salt`` of its settings file; hand
    that over in its place.
    """

    @property
    def name(self) -> str:
        """``phpfox:md5``."""
        return "phpfox:md5"

    def read(
        self, stored: str, beside: Beside = NOTHING_BESIDE, /
    ) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not, or lacks the salt."""
        return read_salted(
            self.name,
            stored,
            salt_of(beside),
            digest="md5",
            recipe=_recipe,
            is_shuckable=True,
        )
