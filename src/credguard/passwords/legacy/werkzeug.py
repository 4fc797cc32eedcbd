"""
The formats of Werkzeug's ``generate_password_hash``, and so of FlaskBB.

Source: werkzeug/security.py of Werkzeug 0.9 to 3.1.
"""

import hashlib
import re
from typing import ClassVar

from credguard.passwords.legacy.derivations import (
    PBKDF2_DIGESTS,
    Pbkdf2Hash,
    ScryptHash,
)
from credguard.passwords.phc import COUNT

# Werkzeug writes letters and digits; people who import hashes bring other ASCII.
_SALT = r"[!-#%-~]"


class WerkzeugScrypt:
    """``scrypt:N:r:p$salt$hex``, Werkzeug's default since 2.3."""

    name = "werkzeug:scrypt"

    _SHAPE = re.compile(
        rf"scrypt:({COUNT}):({COUNT}):({COUNT})\$({_SALT}+)\$([0-9a-f]{{128}})",
        re.ASCII,
    )

    def read(self, stored: str) -> ScryptHash | None:
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
    _TAG_BYTES: ClassVar = {
        name: hashlib.new(name, usedforsecurity=False).digest_size
        for name in PBKDF2_DIGESTS
    }

    def read(self, stored: str) -> Pbkdf2Hash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._SHAPE.fullmatch(stored)
        if found is None or len(found[4]) != 2 * self._TAG_BYTES[found[1]]:
            return None
        return Pbkdf2Hash(
            scheme=self.name,
            digest=found[1],
            iterations=int(found[2]),
            salt=found[3].encode(),
            tag=bytes.fromhex(found[4]),
        )
