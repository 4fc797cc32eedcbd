"""
What stands in a link that was asked for by who forgot a password. Pure.

Such a token is sealed and nowhere stored: it names the account, the credential epoch
that it is good for, and from when until when. A new password raises the epoch and so
ends every token that was sent before, this one among them; a campaign's watermark ends
those of the accounts that it gates, from the instant at which it is in force.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from credguard.errors import StoredDataError, TokenRefusedError
from credguard.keys import Keyring

MAX_TOKEN_CHARACTERS = 4_400  # an account id of 255 characters, each twelve in JSON

LONGEST = timedelta(days=1)
"""How long a token lasts at most (NIST SP 800-63B-4 section 4.2.1.2: codes by mail)."""

_PURPOSE = "forgotten password, dated"
_UNDATED = "forgotten password"  # of earlier releases, which refuse the others
_ANYBODY = ""  # whose it is stands inside: nobody knows before it is opened


@dataclass(frozen=True, slots=True)
class ForgottenToken:
    """
    What a token says.

    Attributes:
        account_id: Whose password may be replaced.

        epoch: The credential epoch at which it was asked for.

        until: From when on it is not accepted.

        made_at: When it was asked for, or before that: earlier releases did not say.
    """

    account_id: str
    epoch: int
    until: datetime
    made_at: datetime


def write_token(keyring: Keyring, token: ForgottenToken) -> str:
    """Return *token* as a text for a link."""
    parts = [
        token.account_id,
        token.epoch,
        int(token.until.timestamp()),
        token.made_at.timestamp(),
    ]
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
    account_id, epoch, until, made_at = _opened(keyring, text)
    token = ForgottenToken(account_id, epoch, _instant(until), _instant(made_at))
    if now >= token.until:
        raise TokenRefusedError
    return token


def _opened(keyring: Keyring, text: str) -> tuple[str, int, float, float]:
    try:
        opened = keyring.open(text, purpose=_PURPOSE, owner=_ANYBODY)
    except StoredDataError:
        return _undated(keyring, text)
    account_id, epoch, until, made_at = json.loads(opened)
    return account_id, epoch, until, made_at


def _undated(keyring: Keyring, text: str) -> tuple[str, int, float, float]:
    try:
        opened = keyring.open(text, purpose=_UNDATED, owner=_ANYBODY)
    except StoredDataError:
        raise TokenRefusedError from None
    account_id, epoch, until = json.loads(opened)
    return account_id, epoch, until, until - LONGEST.total_seconds()


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
