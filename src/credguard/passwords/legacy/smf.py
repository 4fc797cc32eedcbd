"""
The formats of Simple Machines Forum 1.1 to 2.1.

The account's name goes into the hash in lower case, so that a row whose account was
renamed without its password no longer verifies, here as there. A password's HTML
entities are decoded before it is hashed.

Source: SMF 2.1, Sources/LogInOut.php, Sources/Subs-Auth.php (hash_password) and
Sources/Subs.php (un_htmlspecialchars); for 1.1 and 2.0 the same LogInOut.php, which
still reads their rows.
"""

import re
from dataclasses import dataclass
from enum import Enum

from credguard._text import nfc
from credguard.passwords.legacy.bcrypt import (
    BCRYPT_BYTES,
    BcryptHash,
    as_c_text,
    read_bcrypt,
)
from credguard.passwords.legacy.columns import read_salted, username_of
from credguard.passwords.legacy.digests import DigestHash, hex_digest
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.legacy.spelling import (
    UTF_8,
    canonical_charset,
    in_charset,
    scheme_name,
)

_ENTITIES = {
    b"&amp;": b"&",
    b"&quot;": b'"',
    b"&lt;": b"<",
    b"&gt;": b">",
    b"&#039;": b"'",
    b"&#39;": b"'",
    b"&nbsp;": b" ",
}
_ENTITY = re.compile(b"|".join(map(re.escape, _ENTITIES)))


class LowerCase(Enum):
    """How the software's PHP put a name into lower case."""

    ASCII = "ascii"  # PHP 8's strtolower, and that of older PHP in the C locale
    UNICODE = "unicode"  # mb_strtolower, or strtolower in the board's own locale


def _lowered(name: str, how: LowerCase) -> str:
    if how is LowerCase.UNICODE:
        return name.lower()
    return name.encode().lower().decode()  # bytes know the letters of ASCII only


def _decoded(password: bytes) -> bytes:
    return _ENTITY.sub(lambda found: _ENTITIES[found[0]], password)


@dataclass(frozen=True, slots=True, kw_only=True)
class Smf:
    """
    SMF 1.1 and 2.0: ``sha1(strtolower(username) . password)``; needs the username.

    Args:
        charset: The character set of the board's pages when the password was set.

        lower_case: What ``strtolower`` did to letters beyond ASCII.

    Raises:
        SetupError: *charset* is not one that forums used.
    """

    charset: str = UTF_8
    lower_case: LowerCase = LowerCase.ASCII

    def __post_init__(self) -> None:
        canonical_charset(self.charset)

    @property
    def name(self) -> str:
        """``smf:sha1``, and what is not the default."""
        found = canonical_charset(self.charset)
        return scheme_name(
            "smf:sha1",
            "" if found == UTF_8 else found,
            "" if self.lower_case is LowerCase.ASCII else self.lower_case.value,
        )

    def read(
        self, stored: str, beside: Beside = NOTHING_BESIDE, /
    ) -> DigestHash | None:
        """Return the hash that *stored* is, None if it is not, or lacks the name."""
        username = username_of(beside)
        if username is None:
            return None
        charset = canonical_charset(self.charset)

        def recipe(before: bytes, password: bytes) -> bytes:
            seen = _decoded(in_charset(password, charset))
            return hex_digest("sha1", before + seen) if seen else b""

        return read_salted(
            self.name,
            stored,
            in_charset(_lowered(username, self.lower_case).encode(), charset),
            digest="sha1",
            recipe=recipe,
            is_shuckable=False,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SmfBcrypt:
    """
    SMF 2.1: bcrypt of ``strtolower(username) . password``; needs the username.

    PHP cuts both together at 72 bytes. A name that leaves nothing of the password
    within them would let every password in, and is refused as unreadable.

    Args:
        lower_case: How the name was put into lower case: `LowerCase.ASCII` on boards
            that are not in UTF-8.
    """

    lower_case: LowerCase = LowerCase.UNICODE

    @property
    def name(self) -> str:
        """``smf:bcrypt``, and what is not the default."""
        is_default = self.lower_case is LowerCase.UNICODE
        return scheme_name("smf:bcrypt", "" if is_default else self.lower_case.value)

    def read(
        self, stored: str, beside: Beside = NOTHING_BESIDE, /
    ) -> BcryptHash | None:
        """Return the hash that *stored* is, None if it is not, or lacks the name."""
        username = username_of(beside)
        if username is None:
            return None
        if self.lower_case is LowerCase.UNICODE:
            username = nfc(username)
        before = _lowered(username, self.lower_case).encode()
        if len(before) >= BCRYPT_BYTES:
            return None

        def recipe(password: bytes) -> bytes:
            seen = as_c_text(_decoded(password))
            return before + seen if seen else b""

        return read_bcrypt(self.name, stored, recipe=recipe)
