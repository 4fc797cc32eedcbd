"""
What every web host does alike with a browser's cookies.

One tells a browser from others. It is there before anybody logs in, and is never set in
the answer to a log-in, so that what swaps answers cannot swap it with the session. The
other takes the place of the second factor in a browser that is trusted.
"""

import secrets
from collections.abc import Mapping

from credguard._secret import keeps_no_locals
from credguard.errors import DeviceRefusedError
from credguard.guard import CredGuard
from credguard.second_factor import Trusted

BROWSER_COOKIE = "cgbrowser"
DEVICE_COOKIE = "cgdevice"
AGE = 400 * 24 * 3600  # seconds: more is cut by browsers (RFC 6265bis)
ONLY_READ = frozenset({"GET", "HEAD", "OPTIONS"})
AGAIN_AFTER = "5"  # seconds, where something is away

_BYTES = 16
_MOST_CHARACTERS = 64


def new_browser() -> str:
    """Return a value for the cookie of a browser that has none."""
    return secrets.token_urlsafe(_BYTES)


def browser_in(cookies: Mapping[str, str], name: str = BROWSER_COOKIE) -> str:
    """Return what tells this browser from others, empty if nothing or a strange one."""
    found = cookies.get(name, "")
    return found if len(found) <= _MOST_CHARACTERS else ""


@keeps_no_locals
def trusted_in(
    cookies: Mapping[str, str], guard: CredGuard, account_id: str, *, epoch: int
) -> Trusted | None:
    """
    Return the device if this browser may skip the second factor, None if not.

    Give the browser its new token, where there is one.
    """
    token = cookies.get(DEVICE_COOKIE)
    try:
        return guard.second_factors.devices.check(
            token, account_id=account_id, epoch=epoch
        )
    except DeviceRefusedError:
        return None
