"""
Proof of a step-up: who changes a factor in force has just proved it.

A proof is a short text that `verify` returns with its result. It may be kept in the
session for the few minutes between two pages. It is bound to the account and the
factor, so that it ends with the factor, and to nothing that an attacker with a
stolen session could bring about.
"""

import hmac
import re
from datetime import datetime, timedelta

from credguard._clock import in_utc
from credguard._text import to_base64url
from credguard.errors import StepUpRequiredError
from credguard.keys import Keyring

LIFETIME = timedelta(minutes=10)

_PREFIX = "cgp1"
_PURPOSE = "step-up proof"
_MOST_CHARACTERS = 100
_SHAPE = re.compile(r"cgp1\.([0-9a-f]{8})\.(\d{1,12})\.([A-Za-z0-9_-]{43})", re.ASCII)


def prove(keyring: Keyring, *, account_id: str, factor_id: str, now: datetime) -> str:
    """Return the proof that *account_id* has just used its factor *factor_id*."""
    seconds = str(int(in_utc(now).timestamp()))
    key_id = keyring.current.id
    tag = _tag(
        keyring, key_id, account_id=account_id, factor_id=factor_id, seconds=seconds
    )
    return f"{_PREFIX}.{key_id}.{seconds}.{tag}"


def check_proof(
    keyring: Keyring,
    proof: object,
    *,
    account_id: str,
    factor_id: str,
    now: datetime,
) -> None:
    """
    Check that *proof*, which may be anything, is of this factor and still fresh.

    Raises:
        StepUpRequiredError: It is not.
    """
    text = proof if isinstance(proof, str) else ""
    found = _SHAPE.fullmatch(text) if len(text) <= _MOST_CHARACTERS else None
    if found is None or found[1] not in keyring.ids:
        raise StepUpRequiredError
    tag = _tag(
        keyring, found[1], account_id=account_id, factor_id=factor_id, seconds=found[2]
    )
    age = in_utc(now).timestamp() - int(found[2])
    fresh = -1 <= age <= LIFETIME.total_seconds()  # whole seconds were kept
    if not hmac.compare_digest(tag, found[3]) or not fresh:
        raise StepUpRequiredError


def _tag(
    keyring: Keyring, key_id: str, *, account_id: str, factor_id: str, seconds: str
) -> str:
    coded = account_id.encode("utf-8", "surrogatepass")
    message = f"{seconds}/{factor_id}/".encode() + coded
    return to_base64url(keyring.tag(message, purpose=_PURPOSE, key_id=key_id))
