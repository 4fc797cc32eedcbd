"""Prepared tables, and a keeper of second factors whose hashes cost little."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from credguard._clock import Clock
from credguard.keys import Keyring
from credguard.second_factor import Argon2CodeHasher, FactorEvent, SecondFactors
from credguard.storage import Database
from credguard.storage.schema import prepare

NOON = datetime(2026, 11, 22, 12, 0, 10, tzinfo=UTC)
CHEAP = Argon2CodeHasher(memory_kib=8, passes=1)


@contextmanager
def prepared(url: str) -> Iterator[Database]:
    """Yield the database at *url* with its tables made."""
    database = Database(url)
    try:
        prepare(database)
        yield database
    finally:
        database.close()


def keeper(
    database: Database,
    keyring: Keyring,
    *,
    clock: Clock,
    events: Callable[[FactorEvent], None] | None = None,
) -> SecondFactors:
    """Return a keeper whose recovery codes are hashed cheaply."""
    return SecondFactors(
        database, keyring, issuer="Forum", hasher=CHEAP, events=events, clock=clock
    )
