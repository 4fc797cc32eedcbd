"""What the audit log says of one account, each record with its proof checked."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from credguard.errors import AuditBrokenError
from credguard.keys import Keyring
from credguard.storage import merkle
from credguard.storage.audit import ROOT, leaves_of, pseudonyms, record
from credguard.storage.audit_tables import audit, audit_leaves
from credguard.storage.database import Database

MAX_REASON_CHARACTERS = 500
_PAGE = 20  # records whose leaves are in memory at a time


@dataclass(frozen=True, slots=True)
class Entry:
    """
    A record that is about an account.

    Attributes:
        number: The record's number.

        at: When.

        event: What was done.

        detail: With which numbers.
    """

    number: int
    at: datetime
    event: str
    detail: dict[str, object]


def history(
    database: Database, keyring: Keyring, account_id: str, *, reason: str, now: datetime
) -> list[Entry]:
    """
    Return the records that are about an account; that it was asked is one itself.

    Each is shown to be under the root that the chain of codes covers: call
    `audit.verify` to check the chain as well.

    Args:
        database: Where the log is.

        keyring: The keys that made the pseudonyms.

        account_id: The account, which may be gone.

        reason: Why somebody looks; the audit log keeps it.

        now: When.

    Raises:
        AuditBrokenError: The accounts of a record were altered.
        UnknownKeyError: A record was made by a key that is not on the ring.
    """
    with database.begin() as connection:
        detail = {"reason": reason[:MAX_REASON_CHARACTERS]}
        record(
            connection,
            keyring,
            event="history read",
            detail=detail,
            now=now,
            accounts=[account_id],
        )
    with database.read() as connection:
        return list(_entries(connection, keyring, account_id))


def _entries(
    connection: Connection, keyring: Keyring, account_id: str
) -> Iterator[Entry]:
    number = 0
    query = (
        select(audit, audit_leaves.c.leaves)
        .join(audit_leaves, audit_leaves.c.number == audit.c.number)
        .order_by(audit.c.number)
        .limit(_PAGE)
    )
    while page := connection.execute(query.where(audit.c.number > number)).all():
        for row in page:
            number = row.number
            detail = json.loads(row.detail)
            leaves = leaves_of(row.leaves)
            wanted = pseudonyms(keyring, account_id, key_id=row.key_id)
            found = next((each for each in wanted if each in leaves), None)
            if found is not None:
                _check(leaves, found, detail, number)
                yield Entry(number, row.at, row.event, detail)


def _check(
    leaves: list[bytes], leaf: bytes, detail: dict[str, object], number: int
) -> None:
    place = leaves.index(leaf)
    beside = merkle.proof(leaves, place)
    top = bytes.fromhex(str(detail.get(ROOT, "")))
    count = len(leaves)
    if not merkle.is_under(leaf, top, place=place, count=count, beside=beside):
        message = f"the accounts of record {number} were altered"
        raise AuditBrokenError(message)
