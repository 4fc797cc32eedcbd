from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from credguard.errors import SealBrokenError, UnknownKeyError
from credguard.keys import Key, Keyring
from credguard.storage import Database
from credguard.storage.canary import check_keyring
from credguard.storage.schema import prepare
from credguard.storage.tables import key_canary

NOW = datetime(2014, 11, 7, 10, tzinfo=UTC)
KEYRING = Keyring.generate()


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a database that was sealed with the keyring."""
    database = Database(url)
    prepare(database)
    check_keyring(database, KEYRING, now=NOW)
    yield database
    database.close()


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """Such a database on SQLite."""
    with opened(sqlite_url) as database:
        yield database


@pytest.fixture
def any_database(database_url: str) -> Iterator[Database]:
    """Such a database on SQLite, PostgreSQL and MariaDB in turn."""
    with opened(database_url) as database:
        yield database


def known(database: Database) -> set[str]:
    """Return the ids of the keys that have a canary."""
    with database.read() as connection:
        return set(connection.execute(select(key_canary.c.key_id)).scalars())


def test_the_keyring_is_known_again(database: Database) -> None:
    """The keyring of the first start passes at every later one."""
    check_keyring(database, KEYRING, now=NOW)
    assert known(database) == {KEYRING.current.id}


def test_another_keyring_is_refused(database: Database) -> None:
    """A keyring that opens nothing here is refused, and leaves nothing behind."""
    with pytest.raises(UnknownKeyError) as caught:
        check_keyring(database, Keyring.generate(), now=NOW)
    assert caught.value.key_id == KEYRING.current.id
    assert known(database) == {KEYRING.current.id}


def test_a_rotated_keyring_is_known(any_database: Database) -> None:
    """A rotated keyring passes; afterwards the new key is needed as well."""
    rotated = KEYRING.rotate()
    check_keyring(any_database, rotated, now=NOW)
    assert known(any_database) == {KEYRING.current.id, rotated.current.id}
    with pytest.raises(UnknownKeyError):
        check_keyring(any_database, KEYRING, now=NOW)


def test_a_key_must_not_be_dropped(database: Database) -> None:
    """A keyring without the older key that this database used is refused."""
    rotated = KEYRING.rotate()
    check_keyring(database, rotated, now=NOW)
    with pytest.raises(UnknownKeyError):
        check_keyring(database, Keyring(current=rotated.current), now=NOW)


def test_an_older_key_sings_too(database: Database) -> None:
    """The order of keys has no meaning: the used one may be an older one."""
    other = Keyring(current=Key.generate(), older=(KEYRING.current, Key.generate()))
    check_keyring(database, other, now=NOW)
    assert known(database) == {KEYRING.current.id, other.current.id}


ALTERED = {
    "empty": "",
    "cut": "cgs1",
    "another purpose": KEYRING.seal(
        b"credguard", purpose="a", owner=KEYRING.current.id
    ),
    "another owner": KEYRING.seal(b"credguard", purpose="key canary", owner="a"),
    "another song": KEYRING.seal(b"a", purpose="key canary", owner=KEYRING.current.id),
}


def test_an_altered_canary_is_found(any_database: Database) -> None:
    """A canary that was altered, moved or exchanged does not pass."""
    for sealed in ALTERED.values():
        with any_database.begin() as connection:
            connection.execute(update(key_canary).values(sealed=sealed))
        with pytest.raises(SealBrokenError):
            check_keyring(any_database, KEYRING, now=NOW)
