"""
Single statements, compiled once and run by the driver: for what is done at each log-in.

SQLAlchemy's own execution takes several times as long as a small statement does.
Nothing is lost by passing it by where there is one row, read by its key, and one
compare-and-set.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Engine, Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from credguard.errors import StorageUnavailableError
from credguard.storage.failures import explain

if TYPE_CHECKING:
    from sqlalchemy.pool import PoolProxiedConnection
    from sqlalchemy.sql.compiler import SQLCompiler


class Statement:
    """
    A statement with named parameters, compiled once for each dialect.

    Values are handed to the driver as they are: an instant as its microseconds, a
    state as its text.

    Args:
        statement: Any statement whose parameters are all given by name.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, tuple[str, ...] | None]] = {}

    def compiled(self, dialect: Dialect) -> tuple[str, tuple[str, ...] | None]:
        """Return the text, and the names by position; None if it has names in it."""
        found = self._compiled.get(dialect.name)
        if found is None:
            made: SQLCompiler = self._statement.compile(dialect=dialect)  # type: ignore[attr-defined]  # every statement of ours compiles
            order = made.positiontup
            found = (made.string, None if order is None else tuple(order))
            self._compiled[dialect.name] = found
        return found


class QuickConnection:
    """
    A connection for a ``with`` block in which single statements are run.

    On SQLite each of them is a transaction of its own, so that no lock is held
    between them; on a server all are one, which commits when the block ends well.

    The block raises `StorageUnavailableError` where the database is away, locked or
    full.
    """

    __slots__ = ("_connection", "_cursor", "_engine")

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: PoolProxiedConnection

    def first(
        self, statement: Statement, values: Mapping[str, object]
    ) -> Sequence[Any] | None:
        """Run *statement* and return its first row, None if there is none."""
        self._run(statement, values)
        found: Sequence[Any] | None = self._cursor.fetchone()
        return found

    def every(
        self, statement: Statement, values: Mapping[str, object]
    ) -> Sequence[Sequence[Any]]:
        """Run *statement* and return all its rows."""
        self._run(statement, values)
        return list(self._cursor.fetchall())

    def change(self, statement: Statement, values: Mapping[str, object]) -> int:
        """Run *statement* and return how many rows it matched."""
        self._run(statement, values)
        count: int = self._cursor.rowcount
        return count

    def change_many(
        self, statement: Statement, values: Sequence[Mapping[str, object]]
    ) -> int:
        """Run *statement* once for each of *values*, in one transaction."""
        text, order = statement.compiled(self._engine.dialect)
        given: Sequence[Any] = values
        if order is not None:
            given = [[each[name] for name in order] for each in values]
        is_sqlite = self._engine.dialect.name == "sqlite"
        if is_sqlite:
            self._cursor.execute("BEGIN IMMEDIATE")
        self._cursor.executemany(text, given)
        count: int = self._cursor.rowcount
        if is_sqlite:
            # A failure before this leaves the connection to be closed.
            self._cursor.execute("COMMIT")
        return count

    def _run(self, statement: Statement, values: Mapping[str, object]) -> None:
        text, order = statement.compiled(self._engine.dialect)
        given = values if order is None else [values[name] for name in order]
        self._cursor.execute(text, given)

    def __enter__(self) -> Self:
        failure = None
        try:
            self._connection = self._engine.raw_connection()
        except (PoolTimeoutError, self._engine.dialect.loaded_dbapi.Error) as error:
            failure = _named(error)
        if failure is not None:
            raise failure
        self._cursor = self._connection.cursor()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _at: object) -> None:
        failure = None
        try:
            if error is None:
                self._connection.commit()
        except self._engine.dialect.loaded_dbapi.Error as late:
            failure = _named(late)
        if isinstance(error, self._engine.dialect.loaded_dbapi.Error):
            failure = _named(error)
        if failure is None:
            self._connection.close()
            return
        # Whatever state it is in, nobody is handed it again.
        self._connection.invalidate()
        try:
            raise failure
        finally:
            # The driver's error quotes rows; nobody may find it behind ours.
            failure.__context__ = None


def _named(error: BaseException) -> StorageUnavailableError:
    if isinstance(error, PoolTimeoutError):
        message = "All connections to the database are in use; try again."
        return StorageUnavailableError(message)
    return StorageUnavailableError(explain(error))
