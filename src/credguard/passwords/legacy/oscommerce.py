"""
Two formats of ``md5(salt . password)``: osCommerce 2 with its kin, and AEF.

osCommerce trims what is typed, makes one space of many, and puts ``_`` for ``<`` and
``>``, before it hashes; so do xt:Commerce, Zen Cart and others that began as it.

Source: osCommerce 2.3, includes/functions/password_funcs.php (tep_validate_password)
and includes/functions/database.php (tep_db_prepare_input, tep_sanitize_string); for
AEF (Advanced Electron Forum) the converters of other forums.
"""

import re
from dataclasses import dataclass, replace

from credguard.passwords.legacy.columns import read_salted, salt_of
from credguard.passwords.legacy.digests import DigestHash, hex_digest
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.legacy.spelling import PHP_SPACE, scheme_name
from credguard.passwords.stored_hash import blanked

_SHAPE = re.compile(r"([0-9a-f]{32}):([0-9a-f]{2})", re.ASCII)
_SPACES = re.compile(rb" +")
_ANGLES = re.compile(rb"[<>]")


def _sanitized(password: bytes) -> bytes:
    return _ANGLES.sub(b"_", _SPACES.sub(b" ", password.strip(PHP_SPACE)))


def _as_typed(salt: bytes, password: bytes) -> bytes:
    return hex_digest("md5", salt + password) if password else b""


def _as_sanitized(salt: bytes, password: bytes) -> bytes:
    return _as_typed(salt, _sanitized(password))


@dataclass(frozen=True, slots=True, kw_only=True)
class OsCommerce:
    """
    osCommerce 2: ``hash:salt`` with a salt of two hexadecimal digits.

    Args:
        is_sanitized: Whether passwords went through osCommerce's own cleaning.
    """

    is_sanitized: bool = True

    @property
    def name(self) -> str:
        """``oscommerce:md5``, and what is not the default."""
        return scheme_name("oscommerce:md5", "" if self.is_sanitized else "raw")

    def read(
        self, stored: str, _beside: Beside = NOTHING_BESIDE, /
    ) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = _SHAPE.fullmatch(stored)
        if found is None:
            return None
        row = read_salted(
            self.name,
            found[1],
            found[2].encode(),
            digest="md5",
            recipe=_as_sanitized if self.is_sanitized else _as_typed,
            is_shuckable=False,
        )
        return None if row is None else replace(row, blank=blanked(found, 1, zero="0"))


@dataclass(frozen=True, slots=True)
class Aef:
    """AEF: ``md5(salt . password)``, salt in its own column."""

    @property
    def name(self) -> str:
        """``aef:md5``."""
        return "aef:md5"

    def read(
        self, stored: str, beside: Beside = NOTHING_BESIDE, /
    ) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not, or lacks the salt."""
        return read_salted(
            self.name,
            stored,
            salt_of(beside),
            digest="md5",
            recipe=_as_typed,
            is_shuckable=False,
        )
