"""Base64 as old software writes bytes: each spelling read strictly, or not at all."""

import base64
import binascii
import re

_CHARACTERS = re.compile(r"[A-Za-z0-9+/]*={0,2}", re.ASCII)


def to_base64(data: bytes) -> str:
    """Return *data* as padded base64; `from_base64` reads it back."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes | None:
    """Return the bytes of padded base64 *text*, None if it is not canonical."""
    if _CHARACTERS.fullmatch(text) is None:
        return None
    try:
        data = base64.b64decode(text)
    except (binascii.Error, ValueError):
        return None
    # Spare bits in the last character would give one hash a second spelling.
    return data if to_base64(data) == text else None


def from_bare_base64(text: str) -> bytes | None:
    """Return the bytes of base64 *text* without padding, None if not canonical."""
    return None if "=" in text else from_base64(text + "=" * (-len(text) % 4))


def from_adapted_base64(text: str) -> bytes | None:
    """Return the bytes of passlib's base64, unpadded and with a dot for the plus."""
    return None if "+" in text else from_bare_base64(text.replace(".", "+"))


def from_either_base64(text: str) -> bytes | None:
    """Return the bytes of padded base64 of either alphabet, standard or for URLs."""
    data = from_base64(text)
    if data is None and not {"+", "/"} & set(text):
        data = from_base64(text.replace("-", "+").replace("_", "/"))
    return data
