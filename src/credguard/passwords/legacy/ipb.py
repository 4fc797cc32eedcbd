"""
The formats of Invision Power Board 2 and 3, and of Invision Community 4.

IPB 2 and 3 escape all input before they hash it, so that ``a!`` is stored as the hash
of ``a&#33;``.

Source: Invision Community 4, system/Member/Member.php (encryptedPassword) and
system/Request/Request.php (legacyEscape).
"""

import re
from dataclasses import dataclass
from functools import partial

from credguard.passwords.legacy.bcrypt import BcryptHash, read_bcrypt
from credguard.passwords.legacy.columns import read_salted, salt_of
from credguard.passwords.legacy.digests import DigestHash
from credguard.passwords.legacy.mybb import md5_of_both
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.legacy.spelling import (
    UTF_8,
    canonical_charset,
    in_charset,
    scheme_name,
)

_SCRIPT = re.compile(rb"<script", re.IGNORECASE)
# What is escaped before the word "<script", and after it; the order is IPB's.
_EARLY = ((b"&", b"&amp;"), (b"<!--", b"&#60;&#33;--"), (b"-->", b"--&#62;"))
_LATE = (
    (b">", b"&gt;"),
    (b"<", b"&lt;"),
    (b'"', b"&quot;"),
    (b"\n", b"<br />"),
    (b"$", b"&#036;"),
    (b"!", b"&#33;"),
    (b"'", b"&#39;"),
    (b"\\", b"&#092;"),
)
# "$2a$13$" and the first 21 characters of the salt; the last keeps 2 of its 6 bits.
_SALT_START, _SALT_CHARACTERS = 7, 22


def _cleaned(password: bytes) -> bytes:
    for plain, escaped in _EARLY:
        password = password.replace(plain, escaped)
    password = _SCRIPT.sub(b"&#60;script", password)
    for plain, escaped in _LATE:
        password = password.replace(plain, escaped)
    return password


@dataclass(frozen=True, slots=True)
class Ipb:
    """
    IPB 2 and 3: ``md5(md5(salt) . md5(cleaned password))``, salt in its own column.

    Args:
        charset: The character set of the board's pages.

        is_cleaned: Whether passwords were escaped as IPB's pages do; some software
            that wrote into its table did not.

    Raises:
        SetupError: *charset* is not one that forums used.
    """

    charset: str = UTF_8
    is_cleaned: bool = True

    def __post_init__(self) -> None:
        canonical_charset(self.charset)

    @property
    def name(self) -> str:
        """``ipb:md5``, and what is not the default."""
        found = canonical_charset(self.charset)
        return scheme_name(
            "ipb:md5",
            "" if found == UTF_8 else found,
            "" if self.is_cleaned else "raw",
        )

    def read(
        self, stored: str, beside: Beside = NOTHING_BESIDE, /
    ) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not, or lacks the salt."""
        encode = partial(in_charset, charset=canonical_charset(self.charset))

        def recipe(salt: bytes, password: bytes) -> bytes:
            seen = encode(password)
            if self.is_cleaned:
                seen = _cleaned(seen)
            return md5_of_both(salt, seen) if seen else b""

        return read_salted(
            self.name,
            stored,
            salt_of(beside),
            digest="md5",
            recipe=recipe,
            is_shuckable=True,
        )


@dataclass(frozen=True, slots=True)
class IpsBcrypt:
    """
    Invision Community 4: a bcrypt string; to 4.3 its salt stands beside as well.

    The string is whole by itself. A salt of 22 characters that contradicts it means
    that the columns are of two rows.
    """

    @property
    def name(self) -> str:
        """``ips:bcrypt``."""
        return "ips:bcrypt"

    def read(
        self, stored: str, beside: Beside = NOTHING_BESIDE, /
    ) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        salt = beside.salt or ""
        whole = _SALT_CHARACTERS - 1
        if len(salt) == _SALT_CHARACTERS and not stored.startswith(
            salt[:whole], _SALT_START
        ):
            return None
        return read_bcrypt(self.name, stored)
