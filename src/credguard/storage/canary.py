"""
A wrong keyring is found at start-up, not at ten thousand log-ins.

One small sealed text stands in the database for each key that was ever current.
"""

from datetime import datetime

from sqlalchemy import select

from credguard.errors import SealBrokenError
from credguard.keys import Keyring
from credguard.storage.database import Database, insert_new
from credguard.storage.tables import key_canary

_PURPOSE = "key canary"
_SONG = b"credguard"


def check_keyring(database: Database, keyring: Keyring, *, now: datetime) -> None:
    """
    Check that *keyring* opens what *database* was sealed with.

    Raises:
        UnknownKeyError: A key that the database uses is not on the ring.
        SealBrokenError: A canary was altered.
        StorageUnavailableError: The database is away, locked or full.
    """
    with database.read() as connection:
        rows = connection.execute(select(key_canary.c.key_id, key_canary.c.sealed))
        found = {row.key_id: row.sealed for row in rows}
    for key_id, sealed in found.items():
        if keyring.open(sealed, purpose=_PURPOSE, owner=key_id) != _SONG:
            raise SealBrokenError(_PURPOSE)
    current = keyring.current.id
    if current not in found:
        sealed = keyring.seal(_SONG, purpose=_PURPOSE, owner=current)
        row = {"key_id": current, "sealed": sealed, "made_at": now}
        with database.begin() as connection:
            insert_new(connection, key_canary, [row])
