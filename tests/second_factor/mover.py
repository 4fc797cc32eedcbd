"""
A process that takes accounts over: as many as it is asked to, in small batches.

It prints how many records are done, so that whoever looks on can end it midway.
"""

import sys

from newcomers import devices

from credguard.keys import Keyring
from credguard.second_factor.takeover import read_django_otp
from credguard.storage import Database
from credguard.testing import FrozenClock
from keepers import NOON, keeper


def main(url: str, keyring: str, count: str) -> None:
    """Take over *count* accounts."""
    factors = keeper(Database(url), Keyring.parse(keyring), clock=FrozenClock(NOON))
    report = factors.take_over(
        read_django_otp(devices(int(count))),
        batch=20,
        on_progress=lambda done: print(f"done {done}", flush=True),
    )
    print(f"came {report.factors} unchanged {report.unchanged}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
