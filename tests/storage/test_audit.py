import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import another_process
import pytest
from sqlalchemy import (
    BigInteger,
    Connection,
    delete,
    insert,
    literal,
    select,
    text,
    update,
)

from credguard.errors import AuditBrokenError, UnknownKeyError
from credguard.keys import Keyring
from credguard.storage import Database
from credguard.storage.audit import AuditHead, record, verify
from credguard.storage.audit_tables import audit, audit_head
from credguard.storage.schema import prepare

NOW = datetime(2014, 11, 7, 10, 0, 0, 123_456, tzinfo=UTC)
KEYRING = Keyring.generate()
LENGTH = 5


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a database with an audit log of five records."""
    database = Database(url)
    prepare(database)
    for number in range(LENGTH):
        append(database, number=number)
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


def append(
    database: Database,
    keyring: Keyring = KEYRING,
    *,
    now: datetime = NOW,
    **detail: object,
) -> None:
    """Append a record in a transaction of its own."""
    with database.begin() as connection:
        record(connection, keyring, event="counted", detail=detail, now=now)


def test_a_chain_is_whole(database: Database) -> None:
    """A log that nobody touched verifies, and its head tells where it ends."""
    head = verify(database, KEYRING)
    assert (head.number, len(head.mac)) == (LENGTH, 64)
    append(database, number="more")
    assert verify(database, KEYRING).number == LENGTH + 1
    assert verify(database, KEYRING).mac != head.mac


def test_an_empty_log_is_whole(database_url: str) -> None:
    """A log in which nothing was recorded verifies, with an empty head."""
    database = Database(database_url)
    prepare(database)
    assert verify(database, KEYRING) == AuditHead(0, "0" * 64)
    database.close()


def test_a_record_is_what_was_recorded(any_database: Database) -> None:
    """Event, detail and instant stand in the record as they were handed in."""
    append(any_database, zebra="Ω", ant=1)
    query = select(audit).order_by(audit.c.number.desc()).limit(1)
    with any_database.read() as connection:
        row = connection.execute(query).mappings().one()
    assert (row["number"], row["event"], row["at"]) == (LENGTH + 1, "counted", NOW)
    assert row["detail"] == '{"ant": 1, "zebra": "\\u03a9"}'
    assert row["key_id"] == KEYRING.current.id


def test_what_was_not_committed_is_not_recorded(database: Database) -> None:
    """A record falls with the transaction of what it records."""

    def fail(connection: Connection) -> None:
        record(connection, KEYRING, event="lost", detail={}, now=NOW)
        raise KeyError

    with pytest.raises(KeyError), database.begin() as connection:
        fail(connection)
    assert verify(database, KEYRING).number == LENGTH


def test_the_zone_of_the_clock_does_not_matter(database: Database) -> None:
    """An instant in any zone, or in none, is recorded and verifies."""
    append(database, now=NOW.astimezone(timezone(timedelta(hours=-11))))
    append(database, now=NOW.astimezone(timezone(timedelta(hours=9))))
    append(database, now=NOW.replace(tzinfo=None))
    assert verify(database, KEYRING).number == LENGTH + 3


def test_a_rotated_keyring_goes_on(database: Database) -> None:
    """After a rotation the chain goes on and verifies; with the key dropped, not."""
    rotated = KEYRING.rotate()
    append(database, rotated)
    assert verify(database, rotated).number == LENGTH + 1
    with pytest.raises(UnknownKeyError):
        verify(database, Keyring(current=rotated.current))
    with pytest.raises(UnknownKeyError):
        verify(database, Keyring.generate())


def exchange(connection: Connection) -> None:
    """Let the third and the fourth record change their places."""
    for old, new in ((3, 99), (4, 3), (99, 4)):
        connection.execute(
            update(audit).where(audit.c.number == old).values(number=new)
        )


def put_in(connection: Connection) -> None:
    """Put a copy of the fifth record behind it."""
    last = select(audit).where(audit.c.number == LENGTH)
    row = connection.execute(last).mappings().one()
    connection.execute(insert(audit).values({**row, "number": LENGTH + 1}))


def cut_out(connection: Connection) -> None:
    """Take the third record out and close the gap."""
    connection.execute(delete(audit).where(audit.c.number == 3))
    for number in (4, 5):
        connection.execute(
            update(audit).where(audit.c.number == number).values(number=number - 1)
        )


def altered(number: int, **values: object) -> Callable[[Connection], None]:
    """Return what alters columns of a record."""

    def alter(connection: Connection) -> None:
        connection.execute(update(audit).where(audit.c.number == number).values(values))

    return alter


def missing(first: int, last: int = LENGTH) -> Callable[[Connection], None]:
    """Return what deletes records."""

    def cut(connection: Connection) -> None:
        connection.execute(delete(audit).where(audit.c.number.between(first, last)))

    return cut


def lose_the_head(connection: Connection) -> None:
    """Delete the head."""
    connection.execute(delete(audit_head))


def turn_the_head_back(connection: Connection) -> None:
    """Let the head be an older one."""
    connection.execute(update(audit_head).values(number=4))


# What is done, and the number of the record that is told.
FORGERIES = {
    "the event": (altered(2, event="counter"), 2),
    "the detail": (altered(4, detail="{}"), 4),
    "the instant": (altered(1, at=NOW + timedelta(microseconds=1)), 1),
    "no instant at all": (altered(3, at=literal(10**18, BigInteger)), 3),
    "the code": (altered(5, mac="0" * 64), 5),
    "a code of strange letters": (altered(5, mac="é" * 64), 5),
    "the first is missing": (missing(1, 1), 1),
    "one is missing": (missing(3, 3), 3),
    "one is cut out": (cut_out, 3),
    "two are exchanged": (exchange, 3),
    "one is put in": (put_in, 6),
    "the end is missing": (missing(4), 3),
    "all are missing": (missing(1), 0),
    "the head is missing": (lose_the_head, 5),
    "the head is an older one": (turn_the_head_back, 5),
}


def test_every_forgery_is_found(any_database: Database) -> None:
    """Whatever is altered, cut out, put in or moved, its number is told."""
    with any_database.read() as connection:
        before = [
            (table, [dict(row) for row in connection.execute(select(table)).mappings()])
            for table in (audit, audit_head)
        ]
    told = {}
    for name, (forge, _) in FORGERIES.items():
        with any_database.begin() as connection:
            forge(connection)
        with pytest.raises(AuditBrokenError) as caught:
            verify(any_database, KEYRING)
        told[name] = re.findall(r"record (\d+)", str(caught.value))
        with any_database.begin() as connection:
            for table, rows in before:
                connection.execute(delete(table))
                connection.execute(insert(table), rows)
    assert told == {name: [str(number)] for name, (_, number) in FORGERIES.items()}
    assert verify(any_database, KEYRING).number == LENGTH


def test_a_record_of_another_log_is_found(database: Database, tmp_path: Path) -> None:
    """A record that the same keyring made in another log does not fit into this one."""
    with opened(f"sqlite:///{tmp_path / 'other.db'}") as other:
        append(other, number="the sixth")
        append(other, number="the seventh")
        with other.read() as connection:
            query = select(audit).where(audit.c.number == LENGTH + 2)
            row = dict(connection.execute(query).mappings().one())
    append(database, number="another sixth")
    append(database, number="another seventh")
    with database.begin() as connection:
        connection.execute(delete(audit).where(audit.c.number == LENGTH + 2))
        connection.execute(insert(audit), row)
        connection.execute(update(audit_head).values(mac=row["mac"]))
    with pytest.raises(AuditBrokenError, match="record 7"):
        verify(database, KEYRING)


def test_a_key_cannot_be_put_in(database: Database) -> None:
    """A record that names another key of the ring does not verify under it."""
    rotated = KEYRING.rotate()
    with database.begin() as connection:
        altered(2, key_id=rotated.current.id)(connection)
    with pytest.raises(AuditBrokenError, match="record 2"):
        verify(database, rotated)


@pytest.mark.parametrize("column", ["event", "detail", "key_id", "mac", "number"])
def test_bytes_in_sqlite_are_found(sqlite_url: str, column: str) -> None:
    """Bytes, which SQLite keeps in any column, end in a declared error."""
    database = Database(sqlite_url)
    prepare(database)
    append(database)
    with database.begin() as connection:
        connection.execute(update(audit).values({column: text("x'ff00'")}))
    with pytest.raises((AuditBrokenError, UnknownKeyError)):
        verify(database, KEYRING)
    database.close()


def test_a_cut_end_shows_in_a_kept_head(database: Database) -> None:
    """Who cuts the end off and mends the head is found by a head kept elsewhere."""
    kept = verify(database, KEYRING)
    with database.begin() as connection:
        before = connection.execute(select(audit.c.mac).where(audit.c.number == 4))
        mended = {"number": 4, "mac": before.scalar_one()}
        connection.execute(delete(audit).where(audit.c.number == 5))
        connection.execute(update(audit_head).values(mended))
    assert verify(database, KEYRING) != kept


def test_a_log_of_several_pages_is_whole(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log that is read page by page verifies, and so does one that fills a page."""
    monkeypatch.setattr("credguard.storage.audit._PAGE", 3)
    database = Database(sqlite_url)
    prepare(database)
    for number in range(7):
        assert verify(database, KEYRING).number == number
        append(database)
    database.close()


def test_processes_append_to_one_chain(
    any_database: Database, database_url: str
) -> None:
    """Four processes that append at once make one chain, which verifies all along."""
    line = KEYRING.reveal()
    with (
        another_process.started("record", database_url, line),
        another_process.started("record", database_url, line),
        another_process.started("record", database_url, line),
        another_process.started("record", database_url, line) as last,
    ):
        while last.poll() is None:
            assert LENGTH <= verify(any_database, KEYRING).number <= LENGTH + 100
    assert verify(any_database, KEYRING).number == LENGTH + 100


def test_processes_begin_one_chain(database_url: str) -> None:
    """Processes that write the very first records at once make one chain too."""
    database = Database(database_url)
    prepare(database)
    another_process.run_at_once(3, "record", database_url, KEYRING.reveal())
    assert verify(database, KEYRING).number == 75
    database.close()
