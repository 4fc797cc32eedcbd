"""The rows in which it is kept what was found of each account's password."""

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select, update

from credguard._text import to_base64url
from credguard.keys import Keyring
from credguard.screening.reasons import ReasonCode
from credguard.screening.standing import Outcome, Standing
from credguard.sessions import credential_of
from credguard.storage import Database
from credguard.storage.database import insert_new
from credguard.storage.tables import credential, screening

PAGE = 1000
"""Account ids that are read at once."""

# A later release may have written a code that this one does not know.
_CODES = {code.value: code for code in ReasonCode}
_PURPOSE = "screened hash"
_TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class Kept:
    """
    A row, as it was read.

    Attributes:
        standing: What was found.

        hash_tag: Names the stored hash of the password that was screened.

        version: Goes up with every change.
    """

    standing: Standing
    hash_tag: str
    version: int


def tag_of(keyring: Keyring, account_id: str, stored: str | None) -> str:
    """Return what names a stored hash in a row, and tells nobody what it is."""
    return _tag(keyring, account_id, stored, keyring.current.id)


def names(
    keyring: Keyring, hash_tag: str, *, account_id: str, stored: str | None
) -> bool:
    """Return True if *hash_tag* is of the hash that is stored now."""
    key_id = hash_tag.partition(".")[0]
    if key_id not in keyring.ids:
        return False
    return hmac.compare_digest(_tag(keyring, account_id, stored, key_id), hash_tag)


def find(connection: Connection, account_id: str) -> Kept | None:
    """Return the account's row, None if there is none."""
    query = select(screening).where(screening.c.account_id == account_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    standing = Standing(
        Outcome(row.outcome),
        _CODES.get(row.reason, ReasonCode.FORBIDDEN) if row.reason else None,
        row.times,
        row.stamp,
        row.screened_at,
    )
    return Kept(standing, row.hash_tag, row.version)


def keep(
    connection: Connection,
    account_id: str,
    standing: Standing,
    *,
    hash_tag: str,
    seen: int | None,
) -> None:
    """
    Keep what a log-in found, unless somebody was faster or the password changed.

    Args:
        connection: A transaction that writes.

        account_id: Whose password it is.

        standing: What was found.

        hash_tag: Names the stored hash of the password.

        seen: The version of the row that was read, None if there was none.
    """
    set_at = credential_of(connection, account_id).set_at
    if set_at is not None and set_at > standing.screened_at:
        return
    values = _values(standing, hash_tag)
    if seen is None:
        insert_new(
            connection, screening, [{"account_id": account_id, "version": 1, **values}]
        )
        return
    connection.execute(
        update(screening)
        .where(screening.c.account_id == account_id, screening.c.version == seen)
        .values(version=seen + 1, **values)
    )


def keep_new(
    connection: Connection, account_id: str, standing: Standing, *, hash_tag: str
) -> None:
    """Keep what was found of a new password, whatever was known of the one before."""
    values = _values(standing, hash_tag)
    insert_new(
        connection, screening, [{"account_id": account_id, "version": 0, **values}]
    )
    connection.execute(
        update(screening)
        .where(screening.c.account_id == account_id)
        .values(version=screening.c.version + 1, **values)
    )


def listed(database: Database, *, at_least: int = 1) -> Iterator[list[str]]:
    """
    Yield the ids of accounts whose password is listed, in pages.

    A password that was set since it was screened does not count.

    Args:
        database: Where the rows are; one short transaction reads each page.

        at_least: How often it was seen at least, as a power of ten.
    """
    since = credential.c.set_at
    query = (
        select(screening.c.account_id)
        .outerjoin(credential, credential.c.account_id == screening.c.account_id)
        .where(
            screening.c.outcome == Outcome.LISTED.value,
            screening.c.times >= at_least,
            or_(since.is_(None), since <= screening.c.screened_at),
        )
        .order_by(screening.c.account_id)
        .limit(PAGE)
    )
    last = ""
    while True:
        with database.read() as connection:
            page = connection.scalars(query.where(screening.c.account_id > last)).all()
        if not page:
            return
        yield list(page)
        last = page[-1]


def counts(connection: Connection) -> dict[Outcome, int]:
    """Return how many accounts' passwords had each outcome when last screened."""
    query = select(screening.c.outcome, func.count().label("number")).group_by(
        screening.c.outcome
    )
    found = {row.outcome: row.number for row in connection.execute(query)}
    return {outcome: found.get(outcome.value, 0) for outcome in Outcome}


def _values(standing: Standing, hash_tag: str) -> dict[str, object]:
    instant: datetime = standing.screened_at
    return {
        "outcome": standing.outcome.value,
        "reason": standing.code.value if standing.code else None,
        "times": standing.times,
        "stamp": standing.stamp,
        "hash_tag": hash_tag,
        "screened_at": instant,
    }


def _tag(keyring: Keyring, account_id: str, stored: str | None, key_id: str) -> str:
    message = json.dumps([account_id, stored]).encode()
    tag = keyring.tag(message, purpose=_PURPOSE, key_id=key_id)
    return f"{key_id}.{to_base64url(tag[:_TAG_BYTES])}"
