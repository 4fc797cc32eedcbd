"""
The formats of Community Framework 1 where its encryption was configured.

An administrator could choose the hash function, whether the password itself is
salted, on which side, and whether it is hashed before. WoltLab Suite writes the four
choices into the name, such as ``wcf1em1b0``: c, m or s for CRC-32, MD5 or SHA-1; 1 for
salted; a or b for a salt after or before; 1 for hashed before it is salted. Whatever
was chosen, the result is salted and hashed once more. Where the password itself is
not salted, the two last choices mean nothing, and so may be either.

CRC-32 is no protection: a password that fits is found in no time. On 32-bit PHP its
numbers had a sign; such rows are not read.

Source: WoltLab Suite 6, lib/system/user/authentication/password, Wcf1e.class.php.
"""

import re
import zlib
from dataclasses import dataclass, replace
from functools import partial

from credguard.errors import SetupError
from credguard.passwords.legacy.columns import SALT_SHAPE, salt_of
from credguard.passwords.legacy.digests import DigestHash, hex_digest
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.legacy.spelling import scheme_name
from credguard.passwords.stored_hash import blanked

_VARIANT = re.compile(r"wcf1e([cms])([01])([ab])([01])", re.ASCII)
_MARKED = re.compile(rf"(wcf1e[cms][01][ab][01]):([0-9a-f]+):({SALT_SHAPE})", re.ASCII)
_TAGS = {
    "c": re.compile(r"[0-9]{1,10}", re.ASCII),  # compared as text, zeros and all
    "m": re.compile(r"[0-9a-f]{32}", re.ASCII),
    "s": re.compile(r"[0-9a-f]{40}", re.ASCII),
}


@dataclass(frozen=True, slots=True)
class _Choices:
    method: str
    is_salted: bool
    is_salt_first: bool
    is_hashed_first: bool

    @property
    def is_shuckable(self) -> bool:
        """True if a plain digest of the password is innermost."""
        return self.is_hashed_first or not self.is_salted

    def encrypt(self, data: bytes) -> bytes:
        if self.method == "c":
            return str(zlib.crc32(data)).encode()
        return hex_digest("md5" if self.method == "m" else "sha1", data)

    def recipe(self, salt: bytes, password: bytes) -> bytes:
        if not password:
            return b""
        inner = password
        if self.is_salted:
            seen = self.encrypt(password) if self.is_hashed_first else password
            inner = salt + seen if self.is_salt_first else seen + salt
        return self.encrypt(salt + self.encrypt(inner))


def _choices(variant: str) -> _Choices | None:
    found = _VARIANT.fullmatch(variant)
    if found is None:
        return None
    method, salted, position, hashed = found.groups()
    return _Choices(method, salted == "1", position == "b", hashed == "1")


@dataclass(frozen=True, slots=True)
class Wcf1e:
    """
    Community Framework 1 with an encryption of its own.

    Args:
        variant: Which choices the bare hashes of a table were made with, the salt
            beside; None for texts that name theirs: ``wcf1em1b0:hash:salt``.

    Raises:
        SetupError: *variant* is not ``wcf1e`` and four choices.
    """

    variant: str | None = None

    def __post_init__(self) -> None:
        if self.variant is not None and _choices(self.variant) is None:
            message = "variant is 'wcf1e' and four choices, such as 'wcf1es1b1'"
            raise SetupError(message)

    @property
    def name(self) -> str:
        """``woltlab:wcf1e``, and the choices if they are given."""
        choices = (self.variant or "").removeprefix("wcf1e")
        return scheme_name("woltlab:wcf1e", choices)

    def read(
        self, stored: str, beside: Beside = NOTHING_BESIDE, /
    ) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not, or lacks the salt."""
        if self.variant is not None:
            salt = salt_of(beside)
            return None if salt is None else self._read(self.variant, stored, salt)
        found = _MARKED.fullmatch(stored)
        if found is None:
            return None
        variant, text, salt_text = found.groups()
        row = self._read(variant, text, salt_text.encode())
        return None if row is None else replace(row, blank=blanked(found, 2, zero="0"))

    def _read(self, variant: str, text: str, salt: bytes) -> DigestHash | None:
        choices = _choices(variant)
        if choices is None or _TAGS[choices.method].fullmatch(text) is None:
            return None
        return DigestHash(
            scheme=self.name,
            recipe=partial(choices.recipe, salt),
            tag=text.encode(),
            blank="0" * len(text),
            is_shuckable=choices.is_shuckable,
        )
