"""
Connections whose every step burns a fuse: connect, each statement, and each commit.

The fuse sits in the driver, below all of SQLAlchemy, so that nothing passes it by. A
commit is two steps: before it nothing is in the database, after it everything is and
only the answer is lost. Where a server can raise the real error, it does.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import psycopg
import pymysql
import pymysql.cursors
from fuses import CANARY, Fuse, Trouble
from sqlalchemy import Engine, event
from sqlalchemy.engine import Dialect

# SQLite's result codes; of the last bits each is the primary one.
_SQLITE = {
    Trouble.LOST: (sqlite3.SQLITE_CANTOPEN, "unable to open database file"),
    Trouble.DEADLOCK: (sqlite3.SQLITE_BUSY, "database is locked"),
    Trouble.FULL: (sqlite3.SQLITE_FULL, "database or disk is full"),
    Trouble.IO: (sqlite3.SQLITE_IOERR_FSYNC, "disk I/O error"),
    Trouble.READ_ONLY: (
        sqlite3.SQLITE_READONLY,
        "attempt to write a readonly database",
    ),
}
# What SQLite rolls back by itself (www.sqlite.org/lang_transaction.html, 2.4).
_ROLLED_BACK = {Trouble.FULL, Trouble.IO}
# PostgreSQL's documentation, appendix A.
_POSTGRESQL = {
    Trouble.DEADLOCK: "40P01",
    Trouble.FULL: "53100",
    Trouble.IO: "58030",
    Trouble.READ_ONLY: "25006",
}
# MariaDB's documentation, "Error Codes".
_MARIADB = {
    Trouble.DEADLOCK: 1213,
    Trouble.FULL: 1114,
    Trouble.IO: 1030,
    Trouble.READ_ONLY: 1290,
}
_GONE = 2013  # CR_SERVER_LOST


class _SqliteCursor(sqlite3.Cursor):
    connection: "_Sqlite"

    def execute(self, sql: str, parameters: Any = ()) -> Any:
        self.connection.burn(sql)
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any) -> Any:
        self.connection.burn(sql)
        return super().executemany(sql, parameters)


class _Sqlite(sqlite3.Connection):
    fuse: Fuse

    def burn(self, name: str) -> None:
        self.fuse.burn(self._fail, name)

    def cursor(self, factory: Any = _SqliteCursor) -> Any:
        return super().cursor(factory)

    def commit(self) -> None:
        if not self.in_transaction:
            super().commit()
            return
        self.burn("commit")
        super().commit()
        self.burn("committed")

    def _fail(self, trouble: Trouble) -> NoReturn:
        if trouble in _ROLLED_BACK and self.in_transaction:
            super().rollback()
        raise _sqlite_error(trouble)


def _sqlite_error(trouble: Trouble) -> sqlite3.OperationalError:
    code, text = _SQLITE[trouble]
    error = sqlite3.OperationalError(f"{text}: {CANARY}")
    error.sqlite_errorcode = code
    return error


class _PostgresCursor(psycopg.Cursor[Any]):
    def _burn(self, query: object) -> None:
        # The pool's question whether a connection is alive has no words.
        if isinstance(self.connection, _Postgres) and query != ";":
            self.connection.burn(str(query))

    def execute(self, query: Any, *args: Any, **named: Any) -> Any:
        self._burn(query)
        return super().execute(query, *args, **named)

    def executemany(self, query: Any, *args: Any, **named: Any) -> Any:
        self._burn(query)
        return super().executemany(query, *args, **named)


class _Postgres(psycopg.Connection[Any]):
    fuse: Fuse = Fuse()

    def burn(self, name: str) -> None:
        self.fuse.burn(self._fail, name)

    def commit(self) -> None:
        self.burn("commit")
        super().commit()
        self.burn("committed")

    def _fail(self, trouble: Trouble) -> None:
        if trouble is Trouble.LOST:
            self.pgconn.finish()
            raise psycopg.OperationalError(CANARY)
        with psycopg.ClientCursor(self) as cursor:
            cursor.execute(
                f"DO $$ BEGIN RAISE EXCEPTION '{CANARY}' "
                f"USING ERRCODE = '{_POSTGRESQL[trouble]}'; END $$"
            )


class _MariadbCursor(pymysql.cursors.Cursor):  # type: ignore[misc]  # has no types
    connection: "_Mariadb"

    # All of the driver's ways to run something end here.
    def _query(self, q: Any) -> Any:
        self.connection.burn(str(q))
        return super()._query(q)


class _Mariadb(pymysql.connections.Connection):  # type: ignore[misc]  # as above
    fuse: Fuse = Fuse()

    def burn(self, name: str) -> None:
        self.fuse.burn(self._fail, name)

    def commit(self) -> None:
        self.burn("commit")
        super().commit()
        self.burn("committed")

    def _fail(self, trouble: Trouble) -> None:
        if trouble is Trouble.LOST:
            self._force_close()
            raise pymysql.err.OperationalError(_GONE, CANARY)
        if trouble is Trouble.DEADLOCK:
            self.rollback()  # as the server does
        number = _MARIADB[trouble]
        with pymysql.cursors.Cursor(self) as cursor:
            cursor.execute(
                f"SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {number}, "
                f"MESSAGE_TEXT = '{CANARY}'"
            )


def _connected_sqlite(args: list[Any], named: dict[str, Any], fuse: Fuse) -> _Sqlite:
    def away(trouble: Trouble) -> None:
        raise _sqlite_error(trouble)

    fuse.burn(away, "connect")
    made: _Sqlite = sqlite3.connect(*args, **named, factory=_Sqlite)
    made.fuse = fuse
    return made


def _connected_postgres(
    args: list[Any], named: dict[str, Any], fuse: Fuse
) -> _Postgres:
    def away(_: Trouble) -> None:
        raise psycopg.OperationalError(CANARY)

    fuse.burn(away, "connect")
    with _dark(fuse):
        made = _Postgres.connect(*args, **named, cursor_factory=_PostgresCursor)
    made.fuse = fuse
    return made


def _connected_mariadb(args: list[Any], named: dict[str, Any], fuse: Fuse) -> _Mariadb:
    def away(_: Trouble) -> None:
        raise pymysql.err.OperationalError(_GONE, CANARY)

    fuse.burn(away, "connect")
    with _dark(fuse):
        made = _Mariadb(*args, **named, cursorclass=_MariadbCursor)
    made.fuse = fuse
    return made


@contextmanager
def _dark(fuse: Fuse) -> Iterator[None]:
    """Let the driver greet the server unseen."""
    was, fuse.is_lit = fuse.is_lit, False
    try:
        yield
    finally:
        fuse.is_lit = was


_CONNECTED: dict[str, Callable[[list[Any], dict[str, Any], Fuse], object]] = {
    "sqlite": _connected_sqlite,
    "postgresql": _connected_postgres,
    "mysql": _connected_mariadb,
    "mariadb": _connected_mariadb,
}


@contextmanager
def wired(fuse: Fuse) -> Iterator[Fuse]:
    """Wire every connection that is opened in this block to *fuse*."""

    def connect(
        dialect: Dialect, _record: object, args: list[Any], named: dict[str, Any]
    ) -> object:
        return _CONNECTED[dialect.name](args, named, fuse)

    event.listen(Engine, "do_connect", connect)
    try:
        yield fuse
    finally:
        with suppress(Exception):
            event.remove(Engine, "do_connect", connect)
