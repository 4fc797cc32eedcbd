"""
Credential epochs and session stamps.

An account's epoch is a number that goes up when its password changes or is taken
out of use. A stamp is a text in the session that binds it to its account, to the
epoch in which it was made, and to the browser that logged in: a session that was
handed to somebody else, or is older than a reset, does not pass.
"""

import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, select, update

from credguard._clock import in_utc
from credguard._text import to_base64url
from credguard.errors import SessionRefusedError, SessionSwappedError
from credguard.keys import Keyring
from credguard.storage.database import insert_new
from credguard.storage.tables import credential

MAX_STAMP_CHARACTERS = 200
FIRST_EPOCH = 0

_PREFIX = "cgn1"
_PURPOSE = "session stamp"
_ACCOUNT_PURPOSE = "session account"
_BROWSER_PURPOSE = "session browser"
_NO_BROWSER = "A" * 22
_STAMP = re.compile(
    r"cgn1\.([0-9a-f]{8})\.(\d{1,9})\.(\d{1,12})\."
    r"([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})",
    re.ASCII,
)
_NAME_BYTES = 16
_MOST_AT_ONCE = 500  # ids in one statement; SQLite takes 999 in old builds


@dataclass(frozen=True, slots=True)
class Credential:
    """
    What is kept about an account's password, beside the hash.

    Attributes:
        epoch: Goes up with every change; sessions of an older one are over.

        set_at: When the password was set, None if before credguard.
    """

    epoch: int = FIRST_EPOCH
    set_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """
    A session's stamp, checked against its account and browser.

    Attributes:
        epoch: The epoch in which it was made.

        made_at: When, in UTC, to the second.
    """

    epoch: int
    made_at: datetime


def credential_of(connection: Connection, account_id: str) -> Credential:
    """Return what is kept about the account's password."""
    return credentials_of(connection, [account_id]).get(account_id, Credential())


def credentials_of(
    connection: Connection, account_ids: Sequence[str]
) -> dict[str, Credential]:
    """Return what is kept about the passwords of *account_ids*, where anything is."""
    found: dict[str, Credential] = {}
    for start in range(0, len(account_ids), _MOST_AT_ONCE):
        some = account_ids[start : start + _MOST_AT_ONCE]
        query = select(credential).where(credential.c.account_id.in_(some))
        for row in connection.execute(query):
            found[row.account_id] = Credential(row.epoch, row.set_at)
    return found


def raise_epochs(connection: Connection, account_ids: Sequence[str]) -> None:
    """End all sessions of *account_ids*, in the caller's transaction."""
    # Each once, and in one order for all, so that two of us cannot lock each other.
    ids = sorted(set(account_ids))
    fresh: list[dict[str, object]] = [
        {"account_id": account_id, "epoch": FIRST_EPOCH, "set_at": None}
        for account_id in ids
    ]
    insert_new(connection, credential, fresh)
    for start in range(0, len(ids), _MOST_AT_ONCE):
        some = ids[start : start + _MOST_AT_ONCE]
        connection.execute(
            update(credential)
            .where(credential.c.account_id.in_(some))
            .values(epoch=credential.c.epoch + 1)
        )


def password_was_set(connection: Connection, account_id: str, *, now: datetime) -> None:
    """Keep that a new password was set, and end all sessions that are older."""
    raise_epochs(connection, [account_id])
    connection.execute(
        update(credential)
        .where(credential.c.account_id == account_id)
        .values(set_at=now)
    )


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
    seconds = str(int(in_utc(now).timestamp()))
    whose = _name(keyring, account_id, _ACCOUNT_PURPOSE, key_id)
    where = _browser_name(keyring, browser, key_id)
    parts = [key_id, str(epoch), seconds, whose, where]
    return ".".join([_PREFIX, *parts, _code(keyring, parts, key_id)])


def read_stamp(
    keyring: Keyring, stamp: object, *, account_id: str, browser: str
) -> Stamp:
    """
    Check that *stamp*, which may be anything, is of *account_id* and of *browser*.

    Returns:
        The stamp. Compare its epoch with the account's.

    Raises:
        SessionSwappedError: It is another account's or another browser's.
        SessionRefusedError: It is not a stamp of this keyring.
    """
    # A host's session record may hold anything, or nothing, where a stamp is expected.
    written = stamp if isinstance(stamp, str) else ""
    fits = len(written) <= MAX_STAMP_CHARACTERS
    matched = _STAMP.fullmatch(written) if fits else None
    if matched is None or matched[1] not in keyring.ids:
        raise SessionRefusedError
    parts, code = list(matched.groups()[:5]), matched[6]
    key_id, epoch, seconds, whose, where = parts
    if not hmac.compare_digest(_code(keyring, parts, key_id), code):
        raise SessionRefusedError
    account = _name(keyring, account_id, _ACCOUNT_PURPOSE, key_id)
    if whose != account or where != _browser_name(keyring, browser, key_id):
        message = "This session belongs to somebody else. Please log in again."
        raise SessionSwappedError(message)
    return Stamp(int(epoch), datetime.fromtimestamp(int(seconds), UTC))


def _browser_name(keyring: Keyring, browser: str, key_id: str) -> str:
    if not browser:
        return _NO_BROWSER
    return _name(keyring, browser, _BROWSER_PURPOSE, key_id)


def _name(keyring: Keyring, text: str, purpose: str, key_id: str) -> str:
    message = text.encode("utf-8", "surrogatepass")
    tag = keyring.tag(message, purpose=purpose, key_id=key_id)
    return to_base64url(tag[:_NAME_BYTES])


def _code(keyring: Keyring, parts: Sequence[str], key_id: str) -> str:
    message = json.dumps(list(parts)).encode()
    return to_base64url(keyring.tag(message, purpose=_PURPOSE, key_id=key_id))
