"""
What stands in a link that was asked for by who forgot a password. Pure.

Such a token is sealed and nowhere stored: it names the account, the credential epoch
that it is good for, and until when. A new password raises the epoch and so ends every
token that was sent before, this one among them.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from credguard.errors import StoredDataError, TokenRefusedError
from credguard.keys import Keyring

MAX_TOKEN_CHARACTERS = 4_400  # an account id of 255 characters, each twelve in JSON

_PURPOSE = "forgotten password"
_ANYBODY = ""  # whose it is stands inside: nobody knows before it is opened


@dataclass(frozen=True, slots=True)
class ForgottenToken:
    """
    What a token says.

    Attributes:
        account_id: Whose password may be replaced.

        epoch: The credential epoch at which it was asked for.

        until: From when on it is not accepted.
    """

    account_id: str
    epoch: int
    until: datetime


def write_token(keyring: Keyring, token: ForgottenToken) -> str:
    """Return *token* as a text for a link."""
    parts = [token.account_id, token.epoch, int(token.until.timestamp())]
    return keyring.seal(json.dumps(parts).encode(), purpose=_PURPOSE, owner=_ANYBODY)


def read_token(keyring: Keyring, written: object, *, now: datetime) -> ForgottenToken:
    """
    Read what `write_token` wrote; anything may be given.

    Raises:
        TokenRefusedError: It is none, of another keyring, or too old.
    """
    # A host's JSON may hold anything where a token is expected.
    text = written if isinstance(written, str) else ""
    if len(text) > MAX_TOKEN_CHARACTERS:
        raise TokenRefusedError
    try:
        opened = keyring.open(text, purpose=_PURPOSE, owner=_ANYBODY)
    except StoredDataError:
        raise TokenRefusedError from None
    account_id, epoch, until = json.loads(opened)
    token = ForgottenToken(account_id, epoch, datetime.fromtimestamp(until, UTC))
    if now >= token.until:
        raise TokenRefusedError
    return token
