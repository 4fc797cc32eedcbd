"""
Addresses that are known to be bad, over all campaigns.

Only a digest of the address is kept, so that the list can outlive the account. It
hides nothing from whoever has a list of addresses to try.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import Connection, delete, inspect, select

from credguard._text import fold_address, to_base64url
from credguard.storage.database import insert_new
from credguard.storage.tables import suppression

_DIGEST_BYTES = 16  # nobody makes two addresses with one digest to any end
_MOST_AT_ONCE = 500


class Reason(StrEnum):
    """Why an address is not written to."""

    BOUNCED = "bounced"
    """A server said that there is no such mailbox."""

    COMPLAINED = "complained"
    """Its owner called our mail spam."""

    BY_HAND = "by hand"
    """The operator said so."""


def digest_of(address: str) -> str:
    """Return what is kept of an address; case does not count."""
    whole = sha256(fold_address(address).encode("utf-8", "surrogatepass")).digest()
    return to_base64url(whole[:_DIGEST_BYTES])


def suppress(
    connection: Connection, digest: str, reason: Reason, *, now: datetime
) -> None:
    """Write to the address of *digest* no more; the first reason stands."""
    row = {"digest": digest, "reason": reason.value, "since": now}
    insert_new(connection, suppression, [row])


def lift(connection: Connection, address: str) -> bool:
    """Write to *address* again; return True if it was suppressed."""
    statement = delete(suppression).where(suppression.c.digest == digest_of(address))
    return connection.execute(statement).rowcount > 0


def is_any(connection: Connection) -> bool:
    """Return True if there is an address that is not written to, and a table."""
    if not inspect(connection).has_table(suppression.name):
        return False
    return connection.execute(select(suppression.c.digest).limit(1)).first() is not None


def suppressed(connection: Connection, addresses: Collection[str]) -> set[str]:
    """Return those of *addresses* that are not written to."""
    by_digest: dict[str, list[str]] = {}
    for address in addresses:
        by_digest.setdefault(digest_of(address), []).append(address)
    digests = sorted(by_digest)
    found: set[str] = set()
    for start in range(0, len(digests), _MOST_AT_ONCE):
        query = select(suppression.c.digest).where(
            suppression.c.digest.in_(digests[start : start + _MOST_AT_ONCE])
        )
        for digest in connection.execute(query).scalars():
            found.update(by_digest[digest])
    return found
