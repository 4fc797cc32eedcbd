"""
Return paths that name their notice, so that a bounce tells whose it is (VERP).

The tag is keyed: whoever makes up a bounce for somebody else's notice has to guess 80
bits. Letters are small, because servers on the way may fold the local part.

Source:
    Daniel J. Bernstein, Variable Envelope Return Paths; RFC 4648 section 6 (base32).
"""

import hmac
import re
from base64 import b32decode, b32encode
from itertools import islice

from credguard._text import from_base64url, to_base64url
from credguard.keys import Keyring

_PURPOSE = "return path"
_TAG_BYTES = 10
_PATH = re.compile(
    r"(?<![a-z0-9._-])([a-z0-9._-]{1,20})\+([a-z2-7]{26})-([a-z2-7]{16})@", re.ASCII
)
MOST_PATHS = 20  # that are looked at in one mail


def address(keyring: Keyring, bounces_to: str, notice_id: str, *, key_id: str) -> str:
    """
    Return the envelope's sender for a notice.

    Args:
        keyring: Holds the key *key_id*.

        bounces_to: The address that bounces come back to.

        notice_id: The notice.

        key_id: The key that was current when the notice was queued.

    Raises:
        UnknownKeyError: *key_id* is not on the ring.
    """
    local, _, domain = bounces_to.partition("@")
    named = _base32(from_base64url(notice_id) or b"")
    return f"{local}+{named}-{_tag(keyring, notice_id, key_id)}@{domain}"


def find(text: str) -> list[tuple[str, str]]:
    """
    Return notice ids and tags of the return paths that stand in *text*.

    Args:
        text: Headers of a mail; anything may be given.
    """
    found: dict[tuple[str, str], None] = {}
    for match in islice(_PATH.finditer(text.lower()), MOST_PATHS):
        named = b32decode(match[2].upper() + "======")
        found[to_base64url(named), match[3]] = None
    return list(found)


def is_ours(keyring: Keyring, notice_id: str, tag: str, *, key_id: str) -> bool:
    """
    Return True if *tag* is the one that we gave the notice's return path.

    Raises:
        UnknownKeyError: *key_id* is not on the ring.
    """
    return hmac.compare_digest(_tag(keyring, notice_id, key_id), tag)


def _tag(keyring: Keyring, notice_id: str, key_id: str) -> str:
    tag = keyring.tag(notice_id.encode(), purpose=_PURPOSE, key_id=key_id)
    return _base32(tag[:_TAG_BYTES])


def _base32(octets: bytes) -> str:
    return b32encode(octets).decode("ascii").rstrip("=").lower()
