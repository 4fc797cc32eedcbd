"""Keyrings, approvers' keys, and texts that were sealed under them."""

from trying import KEYRING, only_declared_errors, text_of

from credguard._text import from_base64url, from_iso, to_base64url, to_iso
from credguard.campaigns.approver_keys import (
    ApproverKey,
    has_signed,
    is_public_key,
)
from credguard.keys import Keyring


def one_input(data: bytes) -> None:
    """Read the data as each; what is read is written back as it stood."""
    text = text_of(data)
    with only_declared_errors():
        ring = Keyring.parse(text)
        if Keyring.parse(ring.reveal()).ids != ring.ids:
            raise AssertionError
    with only_declared_errors():
        if ApproverKey.parse(text).reveal() != text.strip():
            raise AssertionError
    if is_public_key(text):
        has_signed(text, bytes(64), b"")
    for part in (None, "part"):
        with only_declared_errors():
            KEYRING.open(text, purpose="any", owner="17", part=part)
    found = from_base64url(text)
    if found is not None and to_base64url(found) != text:
        raise AssertionError
    instant = from_iso(text)
    if instant is not None and from_iso(to_iso(instant)) != instant:
        raise AssertionError
