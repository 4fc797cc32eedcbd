"""
The audit log: a chain of keyed hashes, one record for each thing that was done.

A record's code covers the record before it, so that one that is altered, cut
out or put in between is found. A chain alone does not show that its end was
cut off: keep the head elsewhere.

A record about many accounts holds the root of a Merkle tree over them; its leaves
stand beside it as keyed pseudonyms, which stay when an account is erased.
"""

import json
from collections.abc import Callable, Mapping, Sequence
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
from credguard.storage import merkle
from credguard.storage.audit_tables import audit, audit_head, audit_leaves
from credguard.storage.database import Database, insert_new
from credguard.storage.instants import microseconds_of

ROOT = "accounts_root"
"""What a record's detail calls the root over the accounts that it is about."""

LEAF_BYTES = 16

_PURPOSE = "audit"
_ACCOUNT = "audit account"
_OTHER = "record {} is not the one whose code was kept: the log was written anew"
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
    accounts: "Sequence[str] | Crowd" = (),
) -> None:
    """
    Add a record in the caller's transaction; it stands if that one commits.

    Args:
        connection: A transaction that writes.

        keyring: The key that makes the chain.

        event: What was done, such as ``campaign opened``.

        detail: Counts, ids and instants; never a secret and never an address.

        now: When.

        accounts: The ids of all whom it is about, up to a million, or what `crowd` made
            of them before the transaction began; their `history` shows it.
    """
    about = accounts if isinstance(accounts, Crowd) else crowd(keyring, accounts)
    head = _locked_head(connection)
    if about.leaves:
        detail = {**detail, ROOT: about.root.hex()}
        values = {"number": head.number + 1, "leaves": about.leaves}
        connection.execute(insert(audit_leaves).values(values))
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


@dataclass(frozen=True, slots=True)
class Crowd:
    """
    All whom a record is about, made ready outside of the chain's lock.

    Attributes:
        leaves: A pseudonym of each, one after the other.

        root: The root of the tree over them.
    """

    leaves: bytes
    root: bytes


def crowd(keyring: Keyring, accounts: Sequence[str]) -> Crowd:
    """Make ready all whom a record is about."""
    messages = [each.encode("utf-8", "surrogatepass") for each in accounts]
    leaves = keyring.tags(messages, purpose=_ACCOUNT, size=LEAF_BYTES)
    return Crowd(b"".join(leaves), merkle.root(leaves))


def pseudonyms(
    keyring: Keyring, account_id: str, *, key_id: str | None = None
) -> tuple[bytes, bytes]:
    """Return the 16 bytes that stand for an account, now and in older records."""
    message = account_id.encode("utf-8", "surrogatepass")
    named = keyring.tags([message], purpose=_ACCOUNT, size=LEAF_BYTES, key_id=key_id)
    older = keyring.tag(message, purpose=_ACCOUNT, key_id=key_id)[:LEAF_BYTES]
    return named[0], older


def leaves_of(stored: bytes) -> list[bytes]:
    """Return the leaves that were stored as one text."""
    return [stored[at : at + LEAF_BYTES] for at in range(0, len(stored), LEAF_BYTES)]


def verify(
    database: Database,
    keyring: Keyring,
    *,
    kept: AuditHead | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> AuditHead:
    """
    Check the whole chain, and the accounts of each record.

    Args:
        database: Where it is.

        keyring: Every key that made a part of it.

        kept: A head that was kept elsewhere: the log must have gone through it.

        on_progress: Called with the records checked and all records, now and then.

    Returns:
        Its head: keep it elsewhere.

    Raises:
        AuditBrokenError: A record was altered, cut out, put in, the end is missing,
            or the log is another one than *kept* is of. The text names the record's
            number.
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
                if kept is not None and number == kept.number and mac != kept.mac:
                    raise AuditBrokenError(_OTHER.format(number))
            _check_leaves(connection, page)
            on_progress(number, head.number if head else number)
    found = AuditHead(number, mac)
    if kept is not None and number < kept.number:
        message = (
            f"the audit log ends at record {number}, but {kept.number} records were "
            "there: its end was cut off"
        )
        raise AuditBrokenError(message)
    if (head.number, head.mac) != (number, mac) if head else number:
        message = f"the audit log ends at record {number}, but that is not its end"
        raise AuditBrokenError(message)
    return found


def _check_leaves(connection: Connection, page: Sequence[RowMapping]) -> None:
    """Check that the accounts of each record are those that its root is of."""
    query = select(audit_leaves).where(
        audit_leaves.c.number.between(page[0]["number"], page[-1]["number"])
    )
    stored = {row.number: row.leaves for row in connection.execute(query)}
    for row in page:
        wanted = json.loads(row["detail"]).get(ROOT)
        leaves = stored.get(row["number"])
        found = None if leaves is None else merkle.root(leaves_of(leaves)).hex()
        if found != wanted:
            message = f"the accounts of record {row['number']} were altered"
            raise AuditBrokenError(message)


@dataclass(frozen=True, slots=True)
class _Record:
    number: int
    at: int
    event: str
    detail: str


def _checked(keyring: Keyring, row: RowMapping, number: int, before: str) -> str:
    content = _Record(row["number"], row["at"], row["event"], row["detail"])
    key_id, mac = row["key_id"], None
    if isinstance(key_id, str):  # SQLite may hold bytes where a text was
        mac = _mac(keyring, content, before=before, key_id=key_id)
    if mac is None or row["number"] != number or mac != row["mac"]:
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
