"""
The formats of Seafile's user table.

Source: common/user-mgr.c of Seafile's server (``validate_passwd``).
"""

import re

from credguard.passwords.legacy.columns import is_hex_digest, read_unsalted
from credguard.passwords.legacy.derivations import Pbkdf2Hash
from credguard.passwords.legacy.digests import DigestHash, hex_digest
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme
from credguard.passwords.phc import COUNT
from credguard.passwords.stored_hash import blanked

_FIXED_SALT = bytes.fromhex("db9145c306c7cc26")  # of user-mgr.c


class SeafilePbkdf2:
    """
    ``PBKDF2SHA256$iterations$salt$hash``, both in hexadecimal.

    Source:
        user-mgr.c, ``hash_password_pbkdf2_sha256``.
    """

    name = "seafile:pbkdf2_sha256"

    _SHAPE = re.compile(
        rf"PBKDF2SHA256\$({COUNT})\$((?:[0-9a-f]{{2}}){{1,64}})\$([0-9a-f]{{64}})",
        re.ASCII,
    )

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> Pbkdf2Hash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._SHAPE.fullmatch(stored)
        if found is None:
            return None
        return Pbkdf2Hash(
            scheme=self.name,
            digest_name="sha256",
            iterations=int(found[1]),
            salt=bytes.fromhex(found[2]),
            tag=bytes.fromhex(found[3]),
            blank=blanked(found, 3, zero="0"),
        )


class SeafileSha256:
    """
    SHA-256 of the password and a salt that is the same for all.

    Source:
        user-mgr.c, ``hash_password_salted``.
    """

    name = "seafile:sha256"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        if not is_hex_digest("sha256", stored):
            return None
        return DigestHash(
            scheme=self.name,
            recipe=lambda password: hex_digest("sha256", password + _FIXED_SALT),
            tag=stored.encode(),
            blank="0" * len(stored),
        )


class SeafileSha1:
    """
    The bare SHA-1 of Seafile's first versions.

    Source:
        user-mgr.c, ``hash_password``.
    """

    name = "seafile:sha1"

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        return read_unsalted(
            self.name,
            stored,
            digest="sha1",
            recipe=lambda password: hex_digest("sha1", password),
        )


SEAFILE: tuple[LegacyScheme, ...] = (SeafilePbkdf2(), SeafileSha256(), SeafileSha1())
"""What any Seafile reads."""
