"""An authenticator app as the tests need it, and what they start from."""

import base64
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from credguard.keys import Keyring
from credguard.second_factor import Enrollment
from credguard.second_factor.totp import code_at, step_at
from credguard.storage import Database
from credguard.testing import FrozenClock
from keepers import CHEAP, NOON, keeper, prepared

__all__ = ["CHEAP", "NOON", "PERIOD", "Authenticator", "enrolled", "keeper", "prepared"]

PERIOD = timedelta(seconds=30)


class Authenticator:
    """
    The phone of somebody who scanned the QR code.

    Args:
        enrollment: What the person was shown.
    """

    def __init__(self, enrollment: Enrollment) -> None:
        secret = parse_qs(urlsplit(enrollment.uri).query)["secret"][0]
        self.seed = base64.b32decode(secret)
        self.recovery: tuple[str, ...] = ()

    def code(self, now: datetime, offset: int = 0) -> str:
        """Return the code at *now*, or some steps beside it."""
        return code_at(self.seed, step_at(int(now.timestamp())) + offset)

    def wrong(self, now: datetime, number: int = 0) -> str:
        """Return one of the codes that are right nowhere near *now*."""
        near = {self.code(now, offset) for offset in range(-4, 5)}
        codes = (text for text in map("{:06d}".format, range(200)))
        return [text for text in codes if text not in near][number]


def enrolled(
    database: Database, keyring: Keyring, account_id: str, *, now: datetime = NOON
) -> Authenticator:
    """Return the phone of an account that confirmed a factor ten steps before *now*."""
    clock = FrozenClock(now - 10 * PERIOD)
    factors = keeper(database, keyring, clock=clock)
    phone = Authenticator(factors.enroll(account_id))
    phone.recovery = factors.confirm(account_id, phone.code(clock())).recovery.codes
    return phone
