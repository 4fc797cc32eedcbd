"""The write-ahead log is kept short, and nothing that was committed hangs on it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text

from credguard.storage import Database, write_ahead
from credguard.storage.schema import prepare
from credguard.storage.tables import key_canary

ROWS = 500  # of which the log is longer than what the tests allow it
LIMIT = 1 << 16


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The path of a database file."""
    return tmp_path / "credguard.db"


@pytest.fixture
def database(file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database with credguard's tables, whose log may be 64 kB long."""
    database = Database(f"sqlite:///{file}")
    prepare(database)
    monkeypatch.setattr(write_ahead, "LONGEST_LOG", LIMIT)
    yield database
    database.close()


@pytest.fixture
def instants(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock of the log shows; it stands still."""
    shown = [100.0]
    monkeypatch.setattr(
        "credguard.storage.write_ahead.time.monotonic", lambda: shown[0]
    )
    return shown


def write(database: Database, first: int, count: int = ROWS) -> None:
    """Commit some rows."""
    rows = [
        {"key_id": f"{first + at:08x}", "sealed": "x" * 200, "made_at": 0}
        for at in range(count)
    ]
    statement = text(
        f"INSERT INTO {key_canary.name} (key_id, sealed, made_at) "  # noqa: S608  # ours
        "VALUES (:key_id, :sealed, :made_at)"
    )
    with database.begin() as connection:
        connection.execute(statement, rows)


def log_of(file: Path) -> int:
    """Return how long the log is, in bytes."""
    return Path(f"{file}-wal").stat().st_size


def count(file: Path) -> int:
    """Return how many rows another process sees."""
    with closing(sqlite3.connect(file)) as other:
        query = f"SELECT count(*) FROM {key_canary.name}"  # noqa: S608  # our name
        return int(other.execute(query).fetchone()[0])


def reading(file: Path) -> sqlite3.Connection:
    """Return a connection in whose transaction something was read."""
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute(f"SELECT count(*) FROM {key_canary.name}").fetchone()  # noqa: S608  # our name
    return reader


def test_a_log_that_is_too_long_is_emptied(database: Database, file: Path) -> None:
    """It is when the transaction that made it so has committed."""
    write(database, 0, 1)  # what making the tables left goes with it
    write(database, 1, 1)
    assert 0 < log_of(file) < LIMIT
    write(database, 2)
    assert log_of(file) == 0
    assert count(file) == ROWS + 2


def test_a_reader_keeps_the_log_and_no_commit(
    database: Database, file: Path, instants: list[float]
) -> None:
    """Somebody who reads on is waited for a moment; then less and less often."""
    with closing(reading(file)):
        write(database, 0)
        assert log_of(file) > LIMIT
        assert count(file) == ROWS
    write(database, 10_000, 1)
    assert log_of(file) > LIMIT, "it rests after a try"
    instants[0] += 0.5
    write(database, 20_000, 1)
    assert log_of(file) == 0
    assert count(file) == ROWS + 2


def test_it_rests_longer_from_try_to_try(
    database: Database, file: Path, instants: list[float]
) -> None:
    """A backup that reads for an hour does not hold up each commit meanwhile."""
    tries: list[float] = []
    with closing(reading(file)):
        for number in range(2000):
            before = write_ahead_rest(database)
            write(database, number * 1000, 60 if number == 0 else 1)
            if write_ahead_rest(database) != before:
                tries.append(instants[0])
            instants[0] += 0.25
            if len(tries) == 5:
                break
    waited = [later - earlier for earlier, later in pairwise(tries)]
    assert waited == [0.5, 1.0, 2.0, 4.0]


def write_ahead_rest(database: Database) -> float:
    """Return until when the log is left alone."""
    log = database._log
    assert log is not None
    return log._rests_until


def test_what_fails_there_is_not_told(
    database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are committed by then: a full disk is for the next one to find."""

    def fail(_connection: sqlite3.Connection) -> bool:
        message = "database or disk is full"
        raise sqlite3.OperationalError(message)

    monkeypatch.setattr(write_ahead, "_empty", fail)
    write(database, 0)
    assert count(file) == ROWS


def test_statements_wait_as_before(database: Database) -> None:
    """The moment that readers are given is nobody else's patience."""
    write(database, 0)
    with database.read() as connection:
        asked = connection.execute(text("PRAGMA busy_timeout")).scalar()
    assert asked == 10_000
