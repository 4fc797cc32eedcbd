"""
Print what a session check costs: ``python -m benchmarks.sessions``.

The stamp alone, which is what finds a swap, and the whole check with the account's
epoch and the campaigns in force, on SQLite. Beside them: what Django does at every
request, an HMAC over the password column, in the same run. CPU times of one thread, the
best of several rounds: the machine is not ours alone.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime

from credguard.errors import SessionSwappedError
from credguard.guard import CredGuard
from credguard.keys import Keyring
from credguard.sessions import make_stamp, read_stamp

ROUNDS = 7
CALLS = 20_000


def best_of(call: Callable[[], object], calls: int = CALLS) -> float:
    """Return the microseconds of one call, the best of several rounds."""
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(calls):
            call()
        found.append((time.process_time() - began) / calls)
    return min(found) * 1e6


def django_check() -> Callable[[], object] | None:
    """Return what Django does with a session, None if it is not installed."""
    try:
        from django.conf import settings  # noqa: PLC0415
        from django.utils.crypto import (  # noqa: PLC0415
            constant_time_compare,
            salted_hmac,
        )
    except ImportError:
        return None
    settings.configure(SECRET_KEY="x" * 50)
    salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
    password = "pbkdf2_sha256$600000$" + "a" * 22 + "$" + "A" * 43 + "="

    def made() -> str:
        return str(salted_hmac(salt, password, algorithm="sha256").hexdigest())

    kept = made()
    return lambda: constant_time_compare(kept, made())


def main() -> None:
    """Measure and print."""
    keyring, now = Keyring.generate(), datetime.now(UTC)
    stamp = make_stamp(keyring, account_id="17", epoch=0, browser="a cookie", now=now)

    def swapped() -> None:
        try:
            read_stamp(keyring, stamp, account_id="17", browser="another cookie")
        except SessionSwappedError:
            return

    print(f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    print(f"Python {sys.version.split()[0]}")
    alone = best_of(
        lambda: read_stamp(keyring, stamp, account_id="17", browser="a cookie")
    )
    print(f"the stamp alone                  {alone:8.1f} us")
    print(f"  refused as swapped             {best_of(swapped):8.1f} us")
    with tempfile.TemporaryDirectory() as folder:
        guard = CredGuard(keyring=keyring, database=f"sqlite:///{folder}/ours.db")
        whole = best_of(
            lambda: guard.check_session(stamp, account_id="17", browser="a cookie"),
            CALLS // 10,
        )
    print(f"the whole check, on SQLite       {whole:8.1f} us")
    peer = django_check()
    if peer is None:
        print("Django is not installed: no peer was measured")
        return
    theirs = best_of(peer)
    print(f"Django's session code            {theirs:8.1f} us")
    print(f"the stamp alone / Django's code  {alone / theirs:8.2f}")


if __name__ == "__main__":
    main()
