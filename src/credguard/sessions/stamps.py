"""
Session stamps: whose session it is, since when, and in which browser. Pure.

A stamp is a text in the session that binds it to its account, to the account's epoch
when it was made, and to the browser that logged in: a session that was handed to
somebody else, or is older than a reset, does not pass.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from credguard._clock import in_utc
from credguard._exact import exact_but_first
from credguard._text import to_base64url
from credguard.errors import SessionRefusedError, SessionSwappedError
from credguard.keys import Keyring

MAX_STAMP_CHARACTERS = 200
NO_BROWSER = "A" * 22  # the name of none

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PREFIX = "cgn1"
_PURPOSE = "session stamp"
_ACCOUNT_PURPOSE = "session account"
_BROWSER_PURPOSE = "session browser"
_STAMP = re.compile(
    r"cgn1\.([0-9a-f]{8})\.(\d{1,9})\.(\d{1,12})\."
    r"([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})",
    re.ASCII,
)
_NAME_BYTES = 16


@dataclass(frozen=True, slots=True)
class Stamp:
    """
    A session's stamp, of this keyring.

    Attributes:
        epoch: The epoch in which it was made.

        made_at: When, in UTC, to the second.

        owner: The pseudonym of the account that it was made for.

        browser: The pseudonym of the browser that it was made in.

        key_id: The key of both.
    """

    epoch: int
    made_at: datetime
    owner: str = field(default="", compare=False)
    browser: str = field(default="", compare=False)
    key_id: str = field(default="", compare=False)


@exact_but_first()
def make_stamp(
    keyring: Keyring, *, account_id: str, epoch: int, browser: str, now: datetime
) -> str:
    """
    Return the stamp of a new session.

    Args:
        keyring: The key that makes it.

        account_id: Whose session it is.

        epoch: The account's epoch now.

        browser: What tells this browser from others, such as a cookie that was
            set before log-in; empty if the host has none.

        now: When the person logged in.

    Returns:
        A text to keep in the session record. Hand it to `read_stamp` with every
        request.
    """
    key_id = keyring.current.id
    # Whole numbers: as a float, the last microsecond of a second is the next one.
    seconds = str((in_utc(now) - _UNIX_EPOCH) // timedelta(seconds=1))
    whose = owner_name(keyring, account_id, key_id)
    where = browser_name(keyring, browser, key_id)
    parts = [key_id, str(epoch), seconds, whose, where]
    return ".".join([_PREFIX, *parts, _code(keyring, parts, key_id)])


@exact_but_first()
def open_stamp(keyring: Keyring, stamp: object) -> Stamp:
    """
    Read *stamp*, which may be anything, and check that we made it.

    Raises:
        SessionRefusedError: It is not a stamp of this keyring.
    """
    # A host's session record may hold anything, or nothing, where a stamp is expected.
    written = stamp if isinstance(stamp, str) else ""
    fits = len(written) <= MAX_STAMP_CHARACTERS
    matched = _STAMP.fullmatch(written) if fits else None
    if matched is None or not keyring.has(matched[1]):
        raise SessionRefusedError
    parts, code = list(matched.groups()[:5]), matched[6]
    key_id, epoch, seconds, owner, browser = parts
    if not hmac.compare_digest(_code(keyring, parts, key_id), code):
        raise SessionRefusedError
    made_at = datetime.fromtimestamp(int(seconds), UTC)
    return Stamp(int(epoch), made_at, owner, browser, key_id)


@exact_but_first()
def check_stamp(
    keyring: Keyring, stamp: Stamp, *, account_id: str, browser: str
) -> None:
    """
    Check that *stamp* is of *account_id* and of *browser*.

    Raises:
        SessionSwappedError: It is another account's or another browser's.
        SessionRefusedError: The cookie that tells browsers apart is missing, now or
            at log-in.
    """
    if stamp.owner == owner_name(keyring, account_id, stamp.key_id):
        if stamp.browser == browser_name(keyring, browser, stamp.key_id):
            return
        if not browser or stamp.browser == NO_BROWSER:
            # Whoever was handed another's session has a cookie of their own, and the
            # session has its owner's. Where one is missing it was lost, or the host
            # has just begun to set it: no alarm.
            raise SessionRefusedError
    message = "This session belongs to somebody else. Please log in again."
    raise SessionSwappedError(message)


@exact_but_first()
def read_stamp(
    keyring: Keyring, stamp: object, *, account_id: str, browser: str
) -> Stamp:
    """
    Check that *stamp*, which may be anything, is of *account_id* and of *browser*.

    Returns:
        The stamp. Compare its epoch with the account's.

    Raises:
        SessionSwappedError: It is another account's or another browser's.
        SessionRefusedError: It is not a stamp of this keyring, or the cookie that
            tells browsers apart is missing, now or at log-in.
    """
    opened = open_stamp(keyring, stamp)
    check_stamp(keyring, opened, account_id=account_id, browser=browser)
    return opened


def owner_name(keyring: Keyring, account_id: str, key_id: str) -> str:
    """Return the pseudonym of an account in stamps and in the journal."""
    return _name(keyring, account_id, _ACCOUNT_PURPOSE, key_id)


def browser_name(keyring: Keyring, browser: str, key_id: str) -> str:
    """Return the pseudonym of a browser in stamps and in the journal."""
    if not browser:
        return NO_BROWSER
    return _name(keyring, browser, _BROWSER_PURPOSE, key_id)


def _name(keyring: Keyring, text: str, purpose: str, key_id: str) -> str:
    message = text.encode("utf-8", "surrogatepass")
    tag = keyring.tag(message, purpose=purpose, key_id=key_id)
    return to_base64url(tag[:_NAME_BYTES])


def _code(keyring: Keyring, parts: Sequence[str], key_id: str) -> str:
    # A JSON list, written by hand: at every request, and none of the parts has a
    # character that JSON would escape.
    message = '["' + '", "'.join(parts) + '"]'
    return to_base64url(keyring.tag(message.encode(), purpose=_PURPOSE, key_id=key_id))
