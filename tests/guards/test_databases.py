"""The databases that the tests of storage are given."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import NullPool


def test_a_database_is_empty_and_takes_any_text(database_url: str) -> None:
    """A test gets a database with no tables, in which any text can be stored."""
    engine = create_engine(database_url, poolclass=NullPool)
    assert inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (word VARCHAR(20))"))
        connection.execute(text("INSERT INTO kept VALUES (:word)"), {"word": "🗝 ключ"})
        assert connection.scalar(text("SELECT word FROM kept")) == "🗝 ключ"


@pytest.fixture
def left_open() -> Iterator[list[DBAPIConnection]]:
    """Connections that are closed when everything asked for after this has ended."""
    connections: list[DBAPIConnection] = []
    yield connections
    for connection in connections:
        connection.close()


def test_an_open_connection_does_not_keep_a_database(
    left_open: list[DBAPIConnection], database_url: str
) -> None:
    """A test that leaves a transaction open does not hang the ones after it."""
    pooled = create_engine(database_url, poolclass=NullPool).raw_connection()
    connection = pooled.dbapi_connection
    pooled.detach()
    assert connection
    left_open.append(connection)
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE kept (word VARCHAR(20))")
    cursor.execute("INSERT INTO kept VALUES ('left open')")
    cursor.close()


def test_an_sqlite_database_does_not_exist_yet(sqlite_url: str) -> None:
    """The URL leads into the test's own folder, to a file that is not there."""
    path = make_url(sqlite_url).database
    assert path
    assert Path(path).parent.is_dir()
    assert not Path(path).exists()


def test_the_forum_is_a_copy(forum_path: Path) -> None:
    """The forum's database is real, has members, and may be changed."""
    engine = create_engine(f"sqlite:///{forum_path}", poolclass=NullPool)
    assert inspect(engine).get_table_names()
    forum_path.write_bytes(b"")
