"""A member's authenticator app, as far as the door's tests need one."""

import base64
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from credguard import CredGuard
from credguard.second_factor.totp import code_at
from credguard.testing import FrozenClock


@dataclass
class Phone:
    """An account's seed, and the code of the present step."""

    account_id: str
    seed: bytes

    def code(self, now: datetime) -> str:
        """Return the code that the app shows."""
        return code_at(self.seed, int(now.timestamp()) // 30)


def enrolled(guard: CredGuard, account_id: str, clock: FrozenClock) -> Phone:
    """Enroll an account; its next code is another one."""
    enrollment = guard.second_factors.enroll(account_id)
    secret = parse_qs(urlsplit(enrollment.uri).query)["secret"][0]
    phone = Phone(account_id, base64.b32decode(secret))
    guard.second_factors.confirm(account_id, phone.code(clock()))
    clock.advance(timedelta(seconds=30))
    return phone


def proof_of(guard: CredGuard, phone: Phone, clock: FrozenClock) -> str:
    """Verify a code and return the proof."""
    verified = guard.second_factors.verify(phone.account_id, phone.code(clock()))
    clock.advance(timedelta(seconds=30))
    return verified.proof


def seed_of(key: str) -> bytes:
    """Return the seed that a page shows as a key for typing, in groups."""
    text = key.replace(" ", "")
    return base64.b32decode(text + "=" * (-len(text) % 8))


def code_now(seed: bytes, *, ahead: int = 0) -> str:
    """Return the code of the present step, or of one that follows."""
    return code_at(seed, int(time.time()) // 30 + ahead)
