"""Accounts that come from another system, as many as a test wants."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta

from credguard.second_factor.takeover import Row
from credguard.second_factor.totp import EVERY_APP, Parameters, code_at, step_at
from credguard.testing import FrozenClock
from keepers import NOON


def seed_of(account_id: str, size: int = 20) -> bytes:
    """Return the seed of an account's phone."""
    return hashlib.sha512(account_id.encode()).digest()[:size]


def shown(
    account_id: str,
    clock: FrozenClock,
    offset: int = 0,
    *,
    size: int = 20,
    parameters: Parameters = EVERY_APP,
) -> str:
    """Return what the account's phone shows now, or some steps beside it."""
    seconds = int(clock().timestamp())
    step = step_at(seconds, period_seconds=parameters.period_seconds) + offset
    return code_at(seed_of(account_id, size), step, parameters=parameters)


def device(account_id: str, *, size: int = 20, used: timedelta | None = None) -> Row:
    """Return a row of django-otp, whose last code was used so long before noon."""
    last = -1 if used is None else step_at(int((NOON - used).timestamp()))
    return {
        "user_id": account_id,
        "key": seed_of(account_id, size).hex(),
        "confirmed": True,
        "last_t": last,
        "created_at": "2019-05-04 12:00:00",
    }


def devices(count: int) -> Iterator[Row]:
    """Return so many rows of django-otp."""
    return (device(f"a{number:05d}") for number in range(count))
