"""Which keys our tables still need, and for what; and how a key is retired."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    delete,
    func,
    or_,
    select,
)

from credguard.errors import KeyInUseError
from credguard.keys import Keyring
from credguard.storage import audit as audit_log
from credguard.storage.audit_tables import audit
from credguard.storage.database import Database
from credguard.storage.tables import campaign, key_canary, notice, second_factor

AUDIT = "audit records"

KeyUse = dict[str, Counter[str]]
"""How many rows need each key: by its id, and by what they are."""


def key_use(database: Database, *, now: datetime) -> KeyUse:
    """
    Return what our tables need each key for.

    Hashes that are retired are under a campaign's own key, which is sealed in the
    campaign's row: that row is what counts. What is in the forum's table is not
    looked at here.

    Raises:
        StorageUnavailableError: The database is away or locked.
    """
    # Seals by their text, and not by a column beside it: the text decides.
    live = or_(notice.c.expires_at.is_(None), notice.c.expires_at > now)
    seeds, keys = second_factor.c.sealed, campaign.c.sealed_key
    with database.read() as connection:
        counted = {
            "second factors": _counts(connection, _key_id(seeds), seeds.is_not(None)),
            "campaigns": _counts(connection, _key_id(keys), keys.is_not(None)),
            "links in notices": _counts(connection, notice.c.key_id, live),
            AUDIT: _counts(connection, audit.c.key_id, audit.c.number > 0),
        }
    use: KeyUse = {}
    for what, counts in counted.items():
        for key_id, count in counts.items():
            use.setdefault(key_id, Counter())[what] = count
    return use


def retire(
    database: Database,
    keyring: Keyring,
    key_id: str,
    *,
    elsewhere: Mapping[str, int],
    gives_up_audit: bool = False,
    now: datetime,
) -> Keyring:
    """
    Return the keyring without a key that nothing needs any more.

    Args:
        database: Where the tables are.

        keyring: The present keyring.

        key_id: The key that is to go.

        elsewhere: What was counted under it outside our tables, such as hashes in
            the forum's table.

        gives_up_audit: Whether audit records under that key may become
            uncheckable. They are checked now, for the last time.

        now: The present instant.

    Returns:
        The new keyring. The database takes it from now on, and the old one too.

    Raises:
        KeyringError: It is the current key, or not on the ring.
        KeyInUseError: Something still needs it; the text says what.
        AuditBrokenError: The audit log does not pass its last check.
        StorageUnavailableError: The database is away, locked or full.
    """
    rest = keyring.without(key_id)
    needs = key_use(database, now=now).get(key_id, Counter()) + Counter(elsewhere)
    if gives_up_audit and needs.pop(AUDIT, 0):
        audit_log.verify(database, keyring)
    if needs:
        what = ", ".join(f"{count:,} {name}" for name, count in sorted(needs.items()))
        message = f"key '{key_id}' is still needed for {what}"
        raise KeyInUseError(message)
    with database.begin() as connection:
        # Else the next start would miss the key.
        connection.execute(delete(key_canary).where(key_canary.c.key_id == key_id))
        detail = {"key_id": key_id, "gives_up_audit": gives_up_audit}
        audit_log.record(
            connection, keyring, event="key retired", detail=detail, now=now
        )
    return rest


def _key_id(sealed: ColumnElement[str | None]) -> ColumnElement[str]:
    # "cgs1." or "cgs2.", then the eight characters of the key's id.
    return func.substr(sealed, 6, 8)


def _counts(
    connection: Connection, key_id: ColumnElement[str], which: ColumnElement[bool]
) -> Counter[str]:
    """Return how many rows are under each key."""
    found = select(key_id.label("key_id")).where(which).subquery()
    query = select(found.c.key_id, func.count()).group_by(found.c.key_id)
    return Counter({str(key): count for key, count in connection.execute(query)})
