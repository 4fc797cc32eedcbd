"""A database as it was: kept once, and put back before each fault."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, make_url

from forums import engine_at

# Rows go back in any order, so that what refers to others is not looked at.
_UNCHECKED = {
    "postgresql": "SET session_replication_role = replica",
    "mariadb": "SET FOREIGN_KEY_CHECKS = 0",
}
_TABLES = {
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    "mariadb": "SHOW TABLES",
}

Rows = dict[str, list[Any]]


@contextmanager
def kept(*urls: str) -> Iterator[Callable[[], None]]:
    """Keep the databases at *urls*; yield what puts all of them back."""
    with ExitStack() as stack:
        back = [
            _kept_file(Path(make_url(url).database or ""))
            if url.startswith("sqlite")
            else _kept_rows(stack.enter_context(engine_at(url).connect()))
            for url in dict.fromkeys(urls)
        ]

        def put_back() -> None:
            for each in back:
                each()

        yield put_back


def _kept_file(path: Path) -> Callable[[], None]:
    # Whoever closes the last connection moves the write-ahead log into the file.
    beside = [path.with_name(f"{path.name}-{end}") for end in ("wal", "shm", "journal")]
    assert not any(each.exists() for each in beside)
    data = path.read_bytes()

    def put_back() -> None:
        for each in beside:
            each.unlink(missing_ok=True)
        path.write_bytes(data)

    return put_back


def _kept_rows(connection: Connection) -> Callable[[], None]:
    connection.exec_driver_sql(_UNCHECKED[connection.dialect.name])
    kept_rows = _rows(connection)
    connection.commit()

    def put_back() -> None:
        for table, rows in _rows(connection).items():
            if rows != kept_rows[table]:
                connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608
                _insert(connection, table, kept_rows[table])
        connection.commit()

    return put_back


def _rows(connection: Connection) -> Rows:
    found = connection.exec_driver_sql(_TABLES[connection.dialect.name])
    return {
        name: sorted(
            map(tuple, connection.exec_driver_sql(f"SELECT * FROM {name}")),  # noqa: S608
            key=repr,
        )
        for name in sorted(found.scalars())
    }


def _insert(connection: Connection, table: str, rows: list[Any]) -> None:
    if rows:
        marks = ", ".join(["%s"] * len(rows[0]))
        connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608
