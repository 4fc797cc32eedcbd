"""Readers and writers of the small texts that everything else is made of."""

import binascii
import re
import unicodedata
from datetime import datetime

from credguard._clock import in_utc

RETIRED_PREFIX = "cgretired1:"
"""What a password column begins with while its hash is out of use."""

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")
_PADDING = (b"", b"===", b"==", b"=")  # by the characters in the last group of four
_PAST_LATIN_1 = 0x100
_SURROGATE = re.compile("[\ud800-\udfff]")
_KELVIN_SIGN = "\u212a"  # the one character outside ASCII whose small letter is in it


# Not the base64 module, which takes half as long again at each log-in and re-seal.


def to_base64url(data: bytes) -> str:
    """Return *data* as base64url without padding (RFC 4648 section 5)."""
    text = binascii.b2a_base64(data, newline=False)
    return text.translate(_TO_URL, b"=").decode("ascii")


def from_base64url(text: str) -> bytes | None:
    """Return the bytes of canonical unpadded base64url *text*, None if it is not."""
    if not _BASE64URL.fullmatch(text):
        return None
    try:
        coded = text.encode("ascii").translate(_FROM_URL)
        data = binascii.a2b_base64(coded + _PADDING[len(text) % 4])
    except binascii.Error:
        return None
    return data if to_base64url(data) == text else None


def has_surrogate(text: str) -> bool:
    """Return True if *text* holds a lone surrogate and so has no UTF-8 form."""
    # encode() would raise an error that holds the whole text; this does not.
    return bool(_SURROGATE.search(text))


def is_latin_1(text: str) -> bool:
    """Return True if *text* can be sent where a protocol takes Latin-1 only."""
    # encode() would raise an error that holds the whole text; this does not.
    return all(ord(each) < _PAST_LATIN_1 for each in text)


def nfc(text: str) -> str:
    """Return *text* in Normalization Form C (NIST SP 800-63B-4 section 3.1.1.2)."""
    return unicodedata.normalize("NFC", text)


def fold_address(address: str) -> str:
    """
    Return a mail address in lower case, for looking it up; mail goes to the stored one.

    Folding twice changes nothing, and what is not ASCII stays so: no look-alike's
    address becomes that of somebody else.

    Args:
        address: Any text.
    """
    return _KELVIN_SIGN.join(map(str.lower, address.split(_KELVIN_SIGN)))


def counted(count: int, one: str, many: str) -> str:
    """Return *count* with what it counts: *one* beside 1, *many* beside all others."""
    return f"{count:,} {one if count == 1 else many}"


def to_iso(instant: datetime) -> str:
    """Return *instant* as ISO 8601 in UTC with a Z; `from_iso` reads it back."""
    return in_utc(instant).isoformat().replace("+00:00", "Z")


def from_iso(text: str) -> datetime | None:
    """Return the UTC instant of ISO 8601 *text* (UTC if no zone), None if it is not."""
    try:
        return in_utc(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        return None
