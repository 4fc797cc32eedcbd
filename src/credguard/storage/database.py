"""One database: its engine, its transactions, and what its errors mean to us."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.pool import PoolProxiedConnection

from credguard.errors import (
    CredguardError,
    MissingExtraError,
    StorageSetupError,
    StorageUnavailableError,
)

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

DEFAULT_PATIENCE = timedelta(seconds=10)  # how long to wait for another's lock

_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mariadb+pymysql",
    "mariadb": "mariadb+pymysql",
}
_EXTRAS = {"psycopg": "postgres", "pymysql": "mariadb"}


class Database:
    """
    A database and the transactions that are made in it.

    Args:
        url: A SQLAlchemy URL. PostgreSQL is reached through psycopg, MariaDB
            through PyMySQL, whether the URL names them or not.

        ours: False for a database that belongs to the forum alone: its journal
            mode is then left as it is.

        patience: How long to wait for a lock that another process holds.

    Raises:
        StorageSetupError: *url* is not a database URL that is supported.
        MissingExtraError: The driver is not installed.
    """

    def __init__(
        self, url: str, *, ours: bool = True, patience: timedelta = DEFAULT_PATIENCE
    ) -> None:
        self._url = _read_url(url)
        self._ours = ours
        self._engine = _make_engine(self._url, patience)
        if self.is_sqlite:
            event.listen(self._engine, "connect", self._set_up_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        self._patience = patience
        self._reader = self._engine.execution_options(credguard_reads=True)

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
            name = self._url.database or ""
            return ("sqlite", os.path.realpath(name) if name else str(id(self)))
        host = self._url.host or "localhost"
        host = "localhost" if host in {"127.0.0.1", "::1"} else host
        port = str(self._url.port or self._engine.dialect.name)
        return (self.dialect, host, port, self._url.database or "")

    @property
    def engine(self) -> Engine:
        """The engine, for reflection and migrations."""
        return self._engine

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """
        Open a transaction that writes; it commits when the block ends well.

        Raises:
            StorageUnavailableError: The database is away, locked or full. The
                transaction was rolled back.
        """
        with _named_failures(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads; it takes no write lock on SQLite."""
        with _named_failures(), self._reader.begin() as connection:
            yield connection

    def close(self) -> None:
        """Let go of all pooled connections."""
        self._engine.dispose()

    def __repr__(self) -> str:
        return f"Database({self._url.render_as_string(hide_password=True)!r})"

    def _set_up_sqlite(
        self,
        connection: "DBAPIConnection",
        _entry: "ConnectionPoolEntry | PoolProxiedConnection",
    ) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_milliseconds(self._patience)}")
        cursor.execute("PRAGMA foreign_keys = ON")
        if self._ours:
            cursor.execute("PRAGMA journal_mode = WAL")
            # A reset that was confirmed to a member must survive a power cut.
            cursor.execute("PRAGMA synchronous = FULL")
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
        connection.execute(table.insert().prefix_with("IGNORE"), list(rows))


def _read_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    if parsed is None:
        message = "a database URL looks like sqlite:///forum.db or postgresql://host/db"
        raise StorageSetupError(message)
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        message = "supported databases are sqlite, postgresql and mariadb"
        raise StorageSetupError(message)
    return parsed.set(drivername=driver)


def _make_engine(url: URL, patience: timedelta) -> Engine:
    options: dict[str, object] = {"hide_parameters": True}
    seconds = max(1, int(patience.total_seconds()))
    if url.get_backend_name() != "sqlite":
        options |= {"isolation_level": "READ COMMITTED", "pool_pre_ping": True}
        options["connect_args"] = {"connect_timeout": seconds}
    try:
        return create_engine(url, **options)
    except ModuleNotFoundError as missing:
        name = missing.name or ""
    except (ArgumentError, NoSuchModuleError):
        name = ""
    if name in _EXTRAS:
        raise MissingExtraError(_EXTRAS[name], needed_for="This database")
    message = "this database URL is not understood"
    raise StorageSetupError(message)


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns into a writer fails at once with
    # "database is locked", busy timeout or not; an immediate one waits.
    reads = connection.get_execution_options().get("credguard_reads")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


@contextmanager
def _named_failures() -> Iterator[None]:
    """Turn a driver's error into ours, without its statement or parameters."""
    failure: CredguardError | None = None
    try:
        yield
    except IntegrityError as error:
        failure = StorageUnavailableError(
            f"The database refused a row ({type(error.orig).__name__}); "
            "nothing was written."
        )
    except DBAPIError as error:
        failure = StorageUnavailableError(_explain(error))
    if failure is not None:
        # Raised here and not in the except block: the driver's error holds rows.
        raise failure


def _explain(error: DBAPIError) -> str:
    text = str(error.orig).lower()
    if "full" in text or "no space" in text:
        return "The disk of the database is full; free some room and run it again."
    if "locked" in text or "lock wait" in text or "deadlock" in text:
        return "The database is locked by another process; run it again."
    if "readonly" in text or "read-only" in text:
        return "The database is read-only; check its permissions."
    if "no such table" in text or "doesn't exist" in text or "does not exist" in text:
        return "A table is missing in the database; check its URL."
    name = type(error.orig).__name__
    return f"The database does not answer ({name}); nothing was written. Try again."


def _milliseconds(duration: timedelta) -> int:
    return int(duration.total_seconds() * 1000)
