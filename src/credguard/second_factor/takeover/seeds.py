"""Seeds as other systems write them: base32 in any dress, hexadecimal, raw. Pure."""

import base64
import re

from credguard._secret import Secret
from credguard.second_factor.takeover.fields import text_of
from credguard.second_factor.takeover.records import checked_seed
from credguard.second_factor.takeover.refusals import ReasonCode, unfit

MAX_SEED_CHARACTERS = 1024  # far more than 128 bytes need, spaces and all

_BASE32 = re.compile(r"[A-Z2-7]*", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)
_LAYOUT = re.compile(r"[\s-]+", re.ASCII)
_BLOCK = 8  # characters that stand for five bytes
_BYTEA = "\\x"  # how PostgreSQL writes bytes as text


def from_base32(value: object) -> Secret:
    """
    Read a seed in base32 in any dress: small letters, spaces, hyphens, no padding.

    Bits after the last whole byte are passed over, as apps do.

    Raises:
        UnfitRecordError: It is not base32, or not of a length that is used.

    Source:
        RFC 4648 section 6.
    """
    bare = _bare(value).upper().rstrip("=")
    if not _BASE32.fullmatch(bare):
        raise unfit(ReasonCode.SEED_UNREADABLE)
    whole = len(bare) * 5 // 8
    padded = bare + "A" * (-len(bare) % _BLOCK)
    return checked_seed(base64.b32decode(padded)[:whole])


def from_hex(value: object) -> Secret:
    """
    Read a seed in hexadecimal digits.

    Raises:
        UnfitRecordError: It is not, or not of a length that is used.
    """
    digits = _bare(value).lower().removeprefix(_BYTEA)
    if not _HEX.fullmatch(digits):
        raise unfit(ReasonCode.SEED_UNREADABLE)
    return checked_seed(bytes.fromhex(digits))


def from_bytes(value: object) -> Secret:
    r"""
    Read a seed that is kept as bytes, or as PostgreSQL writes bytes: ``\x3132``.

    Raises:
        UnfitRecordError: It is neither, or not of a length that is used.
    """
    if isinstance(value, bytes | bytearray | memoryview):
        return checked_seed(bytes(value))
    if isinstance(value, str) and not value.lower().startswith(_BYTEA):
        raise unfit(ReasonCode.SEED_UNREADABLE)
    return from_hex(value)


def _bare(value: object) -> str:
    text = text_of(value)
    if text is None:
        raise unfit(ReasonCode.NO_SEED)
    if len(text) > MAX_SEED_CHARACTERS:
        raise unfit(ReasonCode.SEED_TOO_LONG)
    return _LAYOUT.sub("", text)
