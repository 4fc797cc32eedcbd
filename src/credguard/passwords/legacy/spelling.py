"""
From a password as it is typed today to the bytes that old software hashed.

Browsers send a form in the page's character set, and what it lacks as a reference
such as ``&#1078;``; the software then quoted, escaped or trimmed what came.
"""

import codecs
import re
from collections.abc import Callable

from credguard.errors import SetupError

Recipe = Callable[[bytes], bytes]
"""From a password's UTF-8 bytes to others; from nothing it makes nothing."""

UTF_8 = "utf-8"
# The character sets that forums were set to, by the names that Python gives them.
CHARSETS = frozenset(
    {
        UTF_8,
        *(f"cp125{last}" for last in range(9)),
        *(
            f"iso8859-{part}"
            for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)
        ),
        *("koi8-r", "koi8-u", "cp866", "tis-620", "cp874"),
        *("big5", "gb2312", "gbk", "gb18030", "euc_jp", "shift_jis", "euc_kr", "cp949"),
    }
)

PHP_SPACE = b" \t\n\r\x00\x0b"
"""What PHP's ``trim`` takes away."""

_SLASHED = re.compile(rb"['\"\\\x00]")


def canonical_charset(name: str) -> str:
    """
    Return the one name of a character set.

    Args:
        name: As Python knows it, such as ``latin-1`` or ``cp1252``. Browsers take
            ISO-8859-1 for ``cp1252``, and so should a caller whose pages said so.

    Raises:
        SetupError: It is none of `CHARSETS`.
    """
    try:
        found = codecs.lookup(name).name
    except (LookupError, TypeError, ValueError):
        found = ""
    if found not in CHARSETS:
        message = "charset is a character set that forums used, such as 'cp1252'"
        raise SetupError(message)
    return found


def in_charset(password: bytes, charset: str) -> bytes:
    """
    Return UTF-8 bytes as a browser sends them from a page in *charset*.

    Args:
        password: The password's UTF-8 bytes.

        charset: One of `CHARSETS`.

    Source:
        WHATWG URL Standard, "percent-encode after encoding": what the character set
        lacks becomes a decimal reference.
    """
    if charset == UTF_8:
        return password
    return password.decode(errors="replace").encode(charset, "xmlcharrefreplace")


def as_is(password: bytes) -> bytes:
    """Return *password*."""
    return password


def add_slashes(password: bytes) -> bytes:
    """Return *password* as PHP's ``addslashes`` quotes it."""
    return _SLASHED.sub(
        lambda found: b"\\0" if found[0] == b"\x00" else b"\\" + found[0], password
    )


def escape_html(password: bytes) -> bytes:
    """Return *password* as PHP's ``htmlspecialchars`` with ENT_COMPAT escapes it."""
    for plain, escaped in (
        (b"&", b"&amp;"),
        (b'"', b"&quot;"),
        (b"<", b"&lt;"),
        (b">", b"&gt;"),
    ):
        password = password.replace(plain, escaped)
    return password


def unless_empty(*steps: Recipe) -> Recipe:
    """
    Return a recipe of *steps* that makes nothing as soon as nothing is left.

    Software that trims would otherwise take a password of spaces for the empty one.
    """

    def recipe(password: bytes) -> bytes:
        for step in steps:
            if not password:
                return b""
            password = step(password)
        return password

    return recipe


def scheme_name(base: str, *quirks: str) -> str:
    """
    Return the name of a scheme and of what sets it apart from its defaults.

    Args:
        base: The software and its word for the format.

        quirks: What differs from the defaults, each by a word; empty ones are left
            out.
    """
    return "-".join([base, *filter(None, quirks)])
