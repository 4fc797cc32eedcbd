"""Who writes next to an SQLite database, and how long others wait."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from credguard.storage.turns import take_turn

PATIENCE = timedelta(seconds=3)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The path of a database file."""
    return tmp_path / "credguard.db"


@pytest.fixture
def engine(file: Path) -> Iterator[Engine]:
    """An engine whose transactions take turns at writing."""
    engine = create_engine(f"sqlite:///{file}")

    @event.listens_for(engine, "connect")
    def leave_to_us(connection: sqlite3.Connection, _entry: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: object) -> None:
        take_turn(connection, PATIENCE)  # type: ignore[arg-type]  # as called

    yield engine
    engine.dispose()


def test_a_writer_begins_soon_after_the_other_is_done(
    engine: Engine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks again every few milliseconds, and has waited once when it can."""
    waits: list[float] = []
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        def wait(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 2:
                other.execute("ROLLBACK")

        monkeypatch.setattr("credguard.storage.turns.time.sleep", wait)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE written (at INTEGER)")
    assert len(waits) == 2
    assert max(waits) <= 0.005


def test_statements_wait_as_before(engine: Engine, file: Path) -> None:
    """Whether it got its turn or not, SQLite waits again inside of statements."""
    asked = "PRAGMA busy_timeout"
    with engine.begin() as connection:
        assert connection.exec_driver_sql(asked).scalar() == 3000
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with engine.connect() as connection:
            with pytest.raises(OperationalError):
                take_turn(connection, timedelta(milliseconds=5))
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            assert raw.execute(asked).fetchone() == (5,)


def test_who_is_interrupted_learns_of_that(engine: Engine) -> None:
    """Ctrl-C at the first statement is not told as a closed connection."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    event.listen(engine, "before_cursor_execute", interrupt)
    with pytest.raises(KeyboardInterrupt), engine.begin():
        pass


def test_what_is_no_wait_is_raised_at_once(
    engine: Engine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is no database is not looked at again and again."""
    file.write_bytes(b"this is no database, " * 100)
    waits: list[float] = []
    monkeypatch.setattr("credguard.storage.turns.time.sleep", waits.append)
    with pytest.raises(Exception, match="not a database"), engine.begin():
        pass
    assert waits == []
