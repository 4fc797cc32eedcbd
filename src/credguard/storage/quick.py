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
        statement: Any statement; its parameters are given by name.
    """

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: dict[str, Compiled] = {}

    def compiled(self, dialect: Dialect) -> "Compiled":
        """Return what the driver of *dialect* runs."""
        found = self._compiled.get(dialect.name)
        if found is None:
            made: SQLCompiler = self._statement.compile(dialect=dialect)  # type: ignore[attr-defined]  # every statement of ours compiles
            found = Compiled(made)
            self._compiled[dialect.name] = found
        return found


class Compiled:
    """
    A statement's text for one driver, and how that takes its parameters.

    Args:
        made: What SQLAlchemy made of it.
    """

    __slots__ = ("_fixed", "_order", "text")

    def __init__(self, made: "SQLCompiler") -> None:
        self.text = made.string
        self._order = None if made.positiontup is None else tuple(made.positiontup)
        # Values that stand in the statement itself, such as SQLite's offset of 0.
        self._fixed = {k: v for k, v in made.params.items() if v is not None}

    def given(self, values: Mapping[str, object]) -> Sequence[Any] | Mapping[str, Any]:
        """Return *values* as the driver takes them."""
        known = values if not self._fixed else {**self._fixed, **values}
        if self._order is None:
            return known
        return [known[name] for name in self._order]


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
        compiled = statement.compiled(self._engine.dialect)
        given: Sequence[Any] = [compiled.given(each) for each in values]
        is_sqlite = self._engine.dialect.name == "sqlite"
        if is_sqlite:
            self._cursor.execute("BEGIN IMMEDIATE")
        self._cursor.executemany(compiled.text, given)
        count: int = self._cursor.rowcount
        if is_sqlite:
            # A failure before this leaves the connection to be closed.
            self._cursor.execute("COMMIT")
        return count

    def _run(self, statement: Statement, values: Mapping[str, object]) -> None:
        compiled = statement.compiled(self._engine.dialect)
        self._cursor.execute(compiled.text, compiled.given(values))

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
