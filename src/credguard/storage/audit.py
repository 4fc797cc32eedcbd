"""
The audit log: a chain of keyed hashes, one record for each thing that was done.

A record's code covers the record before it, so that one that is altered, cut
out or put in between is found. A chain alone does not show that its end was
cut off: keep the head elsewhere.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Connection,
    RowMapping,
    insert,
    select,
    type_coerce,
    update,
)

from credguard.errors import AuditBrokenError
from credguard.keys import Keyring
from credguard.storage.database import Database, insert_new
from credguard.storage.instants import microseconds_of
from credguard.storage.tables import audit, audit_head

_PURPOSE = "audit"
_START = "0" * 64
_PAGE = 1000
# As it stands there: an instant that was altered need not be one.
_WRITTEN = [
    type_coerce(column, BigInteger).label("at") if column is audit.c.at else column
    for column in audit.c
]


@dataclass(frozen=True, slots=True)
class AuditHead:
    """
    Where the audit log ends; store it elsewhere to prove later what stood here.

    Attributes:
        number: How many records there are.

        mac: The code of the last one, 64 hexadecimal digits.
    """

    number: int
    mac: str


def record(
    connection: Connection,
    keyring: Keyring,
    *,
    event: str,
    detail: Mapping[str, object],
    now: datetime,
) -> None:
    """
    Add a record in the caller's transaction; it stands if that one commits.

    Args:
        connection: A transaction that writes.

        keyring: The key that makes the chain.

        event: What was done, such as ``campaign opened``.

        detail: Counts, ids and instants; never a secret and never an address.

        now: When.
    """
    head = _locked_head(connection)
    text = json.dumps(detail, sort_keys=True, ensure_ascii=True)
    key_id = keyring.current.id
    number = head.number + 1
    row = _Record(number, microseconds_of(now), event, text)
    mac = _mac(keyring, row, before=head.mac, key_id=key_id)
    connection.execute(
        insert(audit).values(
            number=number, at=now, event=event, detail=text, key_id=key_id, mac=mac
        )
    )
    connection.execute(update(audit_head).values(number=number, mac=mac))


def verify(database: Database, keyring: Keyring) -> AuditHead:
    """
    Check the whole chain.

    Returns:
        Its head: compare it with one that was kept elsewhere.

    Raises:
        AuditBrokenError: A record was altered, cut out, put in, or the end is
            missing. The text names the record's number.
        UnknownKeyError: A record was made by a key that is not on the ring.
    """
    with database.read() as connection:
        head = connection.execute(select(audit_head.c.number, audit_head.c.mac)).first()
        number, mac = 0, _START
        rest = select(*_WRITTEN).order_by(audit.c.number).limit(_PAGE)
        while (
            page := connection.execute(rest.where(audit.c.number > number))
            .mappings()
            .all()
        ):
            for row in page:
                number, mac = number + 1, _checked(keyring, row, number + 1, mac)
    found = AuditHead(number, mac)
    if (head.number, head.mac) != (number, mac) if head else number:
        message = f"the audit log ends at record {number}, but that is not its end"
        raise AuditBrokenError(message)
    return found


@dataclass(frozen=True, slots=True)
class _Record:
    number: int
    at: int
    event: str
    detail: str


def _checked(keyring: Keyring, row: RowMapping, number: int, before: str) -> str:
    content = _Record(row["number"], row["at"], row["event"], row["detail"])
    mac = _mac(keyring, content, before=before, key_id=row["key_id"])
    if row["number"] != number or mac != row["mac"]:
        message = f"record {number} of the audit log was altered or is missing"
        raise AuditBrokenError(message)
    return mac


def _locked_head(connection: Connection) -> AuditHead:
    query = select(audit_head.c.number, audit_head.c.mac).with_for_update()
    head = connection.execute(query).first()
    if head is None:
        insert_new(connection, audit_head, [{"id": 1, "number": 0, "mac": _START}])
        head = connection.execute(query).one()
    return AuditHead(head.number, head.mac)


def _mac(keyring: Keyring, row: _Record, *, before: str, key_id: str) -> str:
    parts = [before, str(row.number), str(row.at), row.event, row.detail]
    # SQLite may hold bytes where a text was; then the code does not fit either.
    message = json.dumps(parts, default=repr).encode()
    return keyring.tag(message, purpose=_PURPOSE, key_id=key_id).hex()
