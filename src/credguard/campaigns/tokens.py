"""
Reset tokens: derived, never stored.

A token names its notice and carries a code over campaign, account, mail address and
the account's credential epoch. A resend carries the same token; a reset raises the
epoch and so ends it, and so does another address in the account; whoever reads the
database without the keyring can make none.
"""

import hmac
import json
import re
from dataclasses import dataclass, field

from credguard._text import from_base64url, to_base64url
from credguard.errors import TokenRefusedError
from credguard.keys import TAG_BYTES, Keyring

MAX_TOKEN_CHARACTERS = 128

_PREFIX = "cgt1"
_PURPOSE = "reset token"
_TOKEN = re.compile(r"cgt1\.([0-9a-f]{8})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Token:
    """
    The parts of a token that was handed in.

    Attributes:
        key_id: The key that made it.

        notice_id: The notice that carried it.

        code: Its authentication code.
    """

    key_id: str
    notice_id: str
    code: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """
    Whom a token is for: what its code covers.

    Attributes:
        campaign_id: The campaign that issued it.

        notice_id: The notice that carries it.

        account_id: The account that it lets choose a password.

        address: Where the notice went: what the account has as its address.

        epoch: The account's credential epoch; a reset raises it.
    """

    campaign_id: str
    notice_id: str
    account_id: str
    address: str = field(repr=False)
    epoch: int


def issue(keyring: Keyring, bearer: Bearer, *, key_id: str) -> str:
    """
    Return the token for *bearer*: the same one every time.

    Args:
        keyring: Holds the key *key_id*.

        bearer: Whom the token is for.

        key_id: The key that was current when the notice was queued.

    Returns:
        A text for the reset link. It is never stored.

    Raises:
        UnknownKeyError: *key_id* is not on the ring.
    """
    code = to_base64url(_code(keyring, bearer, key_id))
    return f"{_PREFIX}.{key_id}.{bearer.notice_id}.{code}"


def read(text: object) -> Token:
    """
    Take a token apart; anything may be given.

    Raises:
        TokenRefusedError: It is not a token.
    """
    # A host's JSON may hold anything where a token is expected.
    written = text if isinstance(text, str) else ""
    fits = len(written) <= MAX_TOKEN_CHARACTERS
    matched = _TOKEN.fullmatch(written) if fits else None
    code = from_base64url(matched[3]) if matched else None
    if matched is None or code is None or len(code) != TAG_BYTES:
        raise TokenRefusedError
    return Token(matched[1], matched[2], code)


def check(keyring: Keyring, token: Token, bearer: Bearer) -> None:
    """
    Check that *token* was issued for *bearer*.

    Raises:
        TokenRefusedError: It was not, or the epoch or the address has changed.
        UnknownKeyError: The notice's key is not on the ring.
    """
    if not hmac.compare_digest(_code(keyring, bearer, token.key_id), token.code):
        raise TokenRefusedError


def _code(keyring: Keyring, bearer: Bearer, key_id: str) -> bytes:
    parts = [
        bearer.campaign_id,
        bearer.notice_id,
        bearer.account_id,
        bearer.address,
        bearer.epoch,
    ]
    return keyring.tag(json.dumps(parts).encode(), purpose=_PURPOSE, key_id=key_id)
