"""A table of second factors in force, made quickly."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from credguard.keys import Keyring
from credguard.second_factor.seeds import seal_seed
from credguard.second_factor.totp import code_at, step_at
from credguard.storage import Database
from credguard.storage.schema import prepare

NOW = datetime(2026, 11, 22, 12, 0, 10, tzinfo=UTC)
STEP = step_at(int(NOW.timestamp()))

INSERT = """
INSERT INTO credguard_second_factor
    (account_id, place, id, state, sealed, failures, made_at, changed_at, version,
     key_id, algorithm, digits, period_seconds, seed_bits, source, recovery_left)
VALUES (?, 'current', ?, 'active', ?, 0, 0, 0, 0, ?, 'SHA1', 6, 30, 160, 'enrolled', 0)
"""


def name_of(number: int) -> str:
    return f"account {number:07d}"


def seed_of(number: int) -> bytes:
    """Return a seed that trials know without reading it."""
    return number.to_bytes(20, "big")


def code_of(number: int, *, step: int = STEP) -> str:
    return code_at(seed_of(number), step)


def fill(path: Path, keyring: Keyring, count: int) -> Database:
    """Make the tables at *path*, with *count* factors under the current key."""
    database = Database(f"sqlite:///{path}")
    prepare(database)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(INSERT, _rows(keyring, count))
    return database


def _rows(keyring: Keyring, count: int) -> Iterator[tuple[str, str, str, str]]:
    for number in range(count):
        account_id, factor_id = name_of(number), secrets.token_urlsafe(16)
        sealed = seal_seed(
            keyring, seed_of(number), account_id=account_id, factor_id=factor_id
        )
        yield account_id, factor_id, sealed, keyring.current.id
