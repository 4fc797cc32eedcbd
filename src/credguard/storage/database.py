"""One database: its engine, its transactions, and who waits how long for a lock."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table, event
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.pool import PoolProxiedConnection

from credguard._secret import keeping_no_locals, never_copied
from credguard.errors import StorageSetupError
from credguard.storage.engines import (
    make_engine,
    milliseconds,
    read_url,
    sqlite_file,
    whole_seconds,
)
from credguard.storage.failures import naming_failures
from credguard.storage.quick import QuickConnection
from credguard.storage.turns import take_turn
from credguard.storage.write_ahead import WriteAheadLog

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

DEFAULT_PATIENCE = timedelta(seconds=10)  # how long to wait for another's lock
_PORTS = {"postgresql": 5432, "mariadb": 3306}  # where a URL names none
_LOCAL_HOSTS = {"", "127.0.0.1", "::1"}
# Where each statement is a transaction of its own, nothing is left to roll back.
_ALONE = {"pool_reset_on_return": None}


@never_copied
@keeping_no_locals
class Database:
    """
    A database and the transactions that are made in it.

    Args:
        url: A SQLAlchemy URL; drivers are psycopg and PyMySQL, named or not.

        ours: False for one that is the forum's alone: its journal mode is kept.

        patience: How long to wait for a lock that another process holds.

    Raises:
        StorageSetupError: *url* is not a database URL that is supported.
        MissingExtraError: The driver is not installed.
    """

    def __init__(
        self, url: str, *, ours: bool = True, patience: timedelta = DEFAULT_PATIENCE
    ) -> None:
        self._url = read_url(url)
        self._ours = ours
        self._patience = patience
        self._engine = make_engine(self._url, patience)
        set_up = self._set_up_sqlite if self.is_sqlite else self._set_up_server
        event.listen(self._engine, "connect", set_up)
        event.listen(self._engine, "begin", self._begin)
        self._reader = self._engine.execution_options(credguard_reads=True)
        self._quick_engine, self._log = self._engine, None
        if ours and (file := sqlite_file(self._url)):
            self._log = WriteAheadLog(file, patience)
            # To wait for the disk would take ten times as long as the rest.
            self._quick_engine = make_engine(self._url, patience, **_ALONE)
            quick = partial(self._set_up_sqlite, synchronous="NORMAL")
            event.listen(self._quick_engine, "connect", quick)

    @property
    def is_sqlite(self) -> bool:
        """True if this is an embedded SQLite database."""
        return self._url.get_backend_name() == "sqlite"

    @property
    def dialect(self) -> str:
        """The name of the dialect: sqlite, postgresql or mariadb."""
        return self._url.get_backend_name()

    @property
    def identity(self) -> tuple[str, ...]:
        """What tells whether two URLs lead to one database; holds no password."""
        if self.is_sqlite:
            file = sqlite_file(self._url)
            return ("sqlite", os.path.realpath(file) if file else str(id(self)))
        # The driver's own reading: a host may stand in the query of the URL too.
        _, read = self._engine.dialect.create_connect_args(self._url)
        host = str(read.get("host") or read.get("unix_socket") or "").lower()
        host = "localhost" if host in _LOCAL_HOSTS else host
        port = str(read.get("port") or _PORTS[self.dialect])
        # libpq takes the user's name for the database's if there is none.
        name = read.get("dbname") or read.get("database") or read.get("user")
        return (self.dialect, host, port, str(name))

    def begin(self) -> AbstractContextManager[Connection]:
        """
        Open a transaction that writes; it commits when the block ends well.

        Raises:
            StorageUnavailableError: The database is away, locked or full. The
                transaction was rolled back.
            StorageSetupError: The URL leads to no database that is supported.
        """
        return self._transaction(reads=False)

    def read(self) -> AbstractContextManager[Connection]:
        """
        Open a transaction that only reads; it takes no write lock on SQLite.

        All that is read in it stood in the database at one instant.

        Raises:
            StorageUnavailableError: The database is away or locked.
            StorageSetupError: The URL leads to no database that is supported.
        """
        return self._transaction(reads=True)

    def quick(self) -> QuickConnection:
        """
        Open a connection for single statements that are run at each log-in.

        On SQLite each is a transaction of its own; a crash of the process loses
        none of them, but a power cut may lose the last ones.

        Raises:
            StorageUnavailableError: The database is away, locked or full.
        """
        return QuickConnection(self._quick_engine)

    def close(self) -> None:
        """Let go of all pooled connections."""
        self._engine.dispose()
        self._quick_engine.dispose()

    def __repr__(self) -> str:
        # The query is left out: it may hold a password too.
        shown = self._url.set(query={}).render_as_string(hide_password=True)
        return f"Database({shown!r})"

    @contextmanager
    def _transaction(self, *, reads: bool) -> Iterator[Connection]:
        with naming_failures(), self._connect(reads=reads) as connection:
            with connection.begin():
                yield connection
            if self._log is not None and not reads:
                self._log.shorten(connection)

    # No engine is a local variable here: it shows the query of its URL.
    def _connect(self, *, reads: bool) -> Connection:
        file = sqlite_file(self._url)
        if file and not self._ours and not Path(file).exists():
            # SQLite would make an empty file, and the forum's table be missing.
            message = "the forum's database file does not exist; check its URL"
            raise StorageSetupError(message)
        try:
            return (self._reader if reads else self._engine).connect()
        except (TypeError, ValueError, InvalidRequestError):
            pass  # the URL's query is not understood, or the server is none of ours
        message = "the database URL does not lead to a database that is supported"
        raise StorageSetupError(message)

    def _begin(self, connection: Connection) -> None:
        reads = connection.get_execution_options().get("credguard_reads")
        if not self.is_sqlite:
            if reads:
                # What is counted in several statements must add up, as on SQLite.
                statement = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
                connection.exec_driver_sql(statement)
        elif reads:
            connection.exec_driver_sql("BEGIN")
        else:
            take_turn(connection, self._patience)

    def _set_up_server(
        self,
        connection: "DBAPIConnection",
        _entry: "ConnectionPoolEntry | PoolProxiedConnection",
    ) -> None:
        cursor = connection.cursor()
        if self.dialect == "postgresql":
            cursor.execute(f"SET lock_timeout = {milliseconds(self._patience)}")
        else:
            seconds = whole_seconds(self._patience)
            cursor.execute(f"SET innodb_lock_wait_timeout = {seconds}")
            cursor.execute(f"SET lock_wait_timeout = {seconds}")
        cursor.close()
        connection.commit()

    def _set_up_sqlite(
        self,
        connection: "DBAPIConnection",
        _entry: "ConnectionPoolEntry | PoolProxiedConnection",
        synchronous: str = "FULL",  # what was confirmed survives a power cut
    ) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {milliseconds(self._patience)}")
        cursor.execute("PRAGMA foreign_keys = ON")
        if self._ours:
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute(f"PRAGMA synchronous = {synchronous}")
        cursor.close()


def insert_new(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert *rows*, passing over those whose key stands in the table already."""
    if not rows:
        return
    dialect = connection.dialect.name
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite  # noqa: PLC0415

        connection.execute(sqlite.insert(table).on_conflict_do_nothing(), list(rows))
    elif dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415

        connection.execute(
            postgresql.insert(table).on_conflict_do_nothing(), list(rows)
        )
    else:
        from sqlalchemy.dialects import mysql  # noqa: PLC0415

        # INSERT IGNORE would also cut what is too long and drop what has no parent.
        key = next(iter(table.primary_key))
        unchanged = mysql.insert(table).on_duplicate_key_update({key.name: key})
        connection.execute(unchanged, list(rows))
