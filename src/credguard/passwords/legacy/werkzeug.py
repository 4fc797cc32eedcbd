"""
The formats of Werkzeug's ``generate_password_hash``, and so of FlaskBB.

Source: werkzeug/security.py of Werkzeug 0.9 to 3.1.
"""

import re

from credguard.passwords.legacy.derivations import (
    PBKDF2_DIGESTS,
    Pbkdf2Hash,
    ScryptHash,
)
from credguard.passwords.legacy.digests import DIGEST_BYTES, DigestHash, keyed_digest
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.phc import COUNT
from credguard.passwords.stored_hash import blanked

# Werkzeug writes letters and digits; people who import hashes bring other ASCII.
_SALT = r"[!-#%-~]"


class WerkzeugScrypt:
    """``scrypt:N:r:p$salt$hex``, Werkzeug's default since 2.3."""

    name = "werkzeug:scrypt"

    _SHAPE = re.compile(
        rf"scrypt:({COUNT}):({COUNT}):({COUNT})\$({_SALT}+)\$([0-9a-f]{{128}})",
        re.ASCII,
    )

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> ScryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._SHAPE.fullmatch(stored)
        if found is None:
            return None
        row = ScryptHash(
            scheme=self.name,
            n=int(found[1]),
            r=int(found[2]),
            p=int(found[3]),
            salt=found[4].encode(),
            tag=bytes.fromhex(found[5]),
            blank=blanked(found, 5, zero="0"),
        )
        return row if row.is_sound else None


class WerkzeugPbkdf2:
    """``pbkdf2:digest:iterations$salt$hex``."""

    name = "werkzeug:pbkdf2"

    _SHAPE = re.compile(
        rf"pbkdf2:({'|'.join(sorted(PBKDF2_DIGESTS))}):({COUNT})"
        rf"\$({_SALT}+)\$((?:[0-9a-f]{{2}})+)",
        re.ASCII,
    )

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> Pbkdf2Hash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._SHAPE.fullmatch(stored)
        if found is None or len(found[4]) != 2 * DIGEST_BYTES[found[1]]:
            return None
        return Pbkdf2Hash(
            scheme=self.name,
            digest_name=found[1],
            iterations=int(found[2]),
            salt=found[3].encode(),
            tag=bytes.fromhex(found[4]),
            blank=blanked(found, 4, zero="0"),
        )


class WerkzeugDigest:
    """
    ``sha256$salt$hex``: one HMAC under the salt, the default before Werkzeug 2.3.

    ``md5`` and ``sha1`` look as Django's do, which are made otherwise: which it is,
    the bundle says.

    Args:
        digest: ``md5``, ``sha1``, ``sha224``, ``sha256``, ``sha384`` or ``sha512``.

    Source:
        werkzeug/security.py of Werkzeug 0.9 to 2.3, ``_hash_internal``.
    """

    def __init__(self, digest: str) -> None:
        self.name = f"werkzeug:{digest}"
        self._digest = digest
        digits = 2 * DIGEST_BYTES[digest]
        self._shape = re.compile(
            rf"{digest}\$({_SALT}+)\$([0-9a-f]{{{digits}}})", re.ASCII
        )

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._shape.fullmatch(stored)
        if found is None:
            return None
        name, salt = self._digest, found[1].encode()
        return DigestHash(
            scheme=self.name,
            recipe=lambda password: keyed_digest(name, salt, password),
            tag=bytes.fromhex(found[2]),
            blank=blanked(found, 2, zero="0"),
        )
