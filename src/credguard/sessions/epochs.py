"""
Credential epochs: an account's number that ends its older sessions.

It goes up when the password changes or is taken out of use, and whenever all
sessions of the account are to be over. What a campaign adds to it stands in the row of
its member, so that a sweep writes one row for an account and not two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from credguard._exact import exact_but_first
from credguard.storage import Database
from credguard.storage.bulk import insert_rows
from credguard.storage.tables import credential, member

FIRST_EPOCH = 0

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


@exact_but_first()
def credential_of(connection: Connection, account_id: str) -> Credential:
    """Return what is kept about the account's password."""
    return credentials_of(connection, [account_id]).get(account_id, Credential())


@exact_but_first()
def epoch_of(database: Database, account_id: str) -> int:
    """Return the account's credential epoch, where no transaction is open."""
    with database.read() as connection:
        return credential_of(connection, account_id).epoch


@exact_but_first()
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
        ended = (
            select(member.c.account_id, func.sum(member.c.epochs))
            .where(member.c.account_id.in_(some))
            .group_by(member.c.account_id)
        )
        for account_id, epochs in connection.execute(ended):
            kept = found.get(account_id, Credential())
            found[account_id] = Credential(kept.epoch + int(epochs), kept.set_at)
    return found


@exact_but_first()
def raise_epochs(connection: Connection, account_ids: Sequence[str]) -> None:
    """End all sessions of *account_ids*, in the caller's transaction."""
    # Each once, and in one order for all, so that two of us cannot lock each other.
    rows = [(account_id, FIRST_EPOCH + 1) for account_id in sorted(set(account_ids))]
    insert_rows(connection, credential, ("account_id", "epoch"), rows, or_raise="epoch")


@exact_but_first()
def password_was_set(connection: Connection, account_id: str, *, now: datetime) -> None:
    """Keep that a new password was set, and end all sessions that are older."""
    raise_epochs(connection, [account_id])
    connection.execute(
        update(credential)
        .where(credential.c.account_id == account_id)
        .values(set_at=now)
    )
