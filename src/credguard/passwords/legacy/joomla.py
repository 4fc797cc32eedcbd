"""
The formats of Joomla 1.0 to 5.

Source: libraries/joomla/user/helper.php of Joomla 2.5 and 3 (JUserHelper); newer
ones call PHP's ``password_hash``, whose Argon2 is read as our own.
"""

import re

from credguard.passwords.legacy.bcrypt import BcryptHash, read_bcrypt
from credguard.passwords.legacy.columns import SALT_SHAPE, read_unsalted
from credguard.passwords.legacy.digests import DigestHash, hex_digest
from credguard.passwords.legacy.phpass import PhpassHash, read_phpass
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme
from credguard.passwords.stored_hash import blanked


class JoomlaMd5:
    """
    The bare MD5 of Joomla 1.0.

    Source:
        JUserHelper::verifyPassword, where no colon stands in the hash.
    """

    name = "joomla:md5"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_unsalted(
            self.name,
            stored,
            digest="md5",
            recipe=lambda password: hex_digest("md5", password),
        )


class JoomlaSalted:
    """
    ``hash:salt`` with MD5 of Joomla 1.5, or ``{SHA256}hash:salt`` of Joomla 3.2.

    Args:
        digest: ``md5`` or ``sha256``.

    Source:
        JUserHelper::getCryptedPassword, md5-hex and sha256.
    """

    def __init__(self, digest: str) -> None:
        self.name = f"joomla:{digest}_salted"
        self._digest = digest
        mark, digits = {"md5": ("", 32), "sha256": (r"\{SHA256\}", 64)}[digest]
        self._shape = re.compile(
            rf"{mark}([0-9a-f]{{{digits}}}):({SALT_SHAPE})", re.ASCII
        )

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._shape.fullmatch(stored)
        if found is None:
            return None
        name, salt = self._digest, found[2].encode()
        return DigestHash(
            scheme=self.name,
            recipe=lambda password: hex_digest(name, password + salt),
            tag=found[1].encode(),
            blank=blanked(found, 1, zero="0"),
        )


class JoomlaPhpass:
    """
    phpass's portable hash, of Joomla 2.5.18 and 3.2.1.

    Source:
        JUserHelper::hashPassword of Joomla 3.2.1, which calls PasswordHash.
    """

    name = "joomla:phpass"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> PhpassHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_phpass(self.name, stored, letter="P")


class JoomlaBcrypt:
    """
    PHP's bcrypt, since Joomla 3.3.

    Source:
        JUserHelper::hashPassword of Joomla 3.3, which calls ``password_hash``.
    """

    name = "joomla:bcrypt"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_bcrypt(self.name, stored)


JOOMLA: tuple[LegacyScheme, ...] = (
    JoomlaBcrypt(),
    JoomlaPhpass(),
    JoomlaSalted("sha256"),
    JoomlaSalted("md5"),
    JoomlaMd5(),
)
"""What any Joomla reads."""
