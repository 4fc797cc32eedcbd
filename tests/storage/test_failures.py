import sqlite3
from collections.abc import Callable

import psycopg
import pymysql
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from credguard.errors import StorageUnavailableError
from credguard.storage.failures import explain, naming_failures


class CodedError(sqlite3.OperationalError):
    """An SQLite error with a code, such as the driver raises."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.sqlite_errorcode = code


def of_postgresql(state: str) -> Exception:
    """Return psycopg's error for an SQLSTATE, in a server's own language."""
    return psycopg.errors.lookup(state)("FEHLER: Relation »full« existiert nicht")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (CodedError("full", sqlite3.SQLITE_FULL), "disk"),
        (CodedError("busy", sqlite3.SQLITE_BUSY), "locked"),
        (CodedError("busy", sqlite3.SQLITE_BUSY_SNAPSHOT), "locked"),
        (CodedError("locked", sqlite3.SQLITE_LOCKED), "locked"),
        (CodedError("read", sqlite3.SQLITE_READONLY_DBMOVED), "read-only"),
        (CodedError("open", sqlite3.SQLITE_CANTOPEN), "cannot be opened"),
        (CodedError("malformed", sqlite3.SQLITE_CORRUPT), "damaged"),
        (CodedError("no such table: full", sqlite3.SQLITE_ERROR), "table is missing"),
        (of_postgresql("53100"), "disk"),
        (of_postgresql("40P01"), "locked"),
        (of_postgresql("55P03"), "locked"),
        (of_postgresql("25006"), "read-only"),
        (of_postgresql("42P01"), "table is missing"),
        (of_postgresql("28P01"), "the user or the password"),
        (pymysql.OperationalError(1021, "Disk full (/tmp)"), "disk"),
        (pymysql.OperationalError(1114, "The table 'x' is full"), "disk"),
        (pymysql.OperationalError(1205, "Verklemmung"), "locked"),
        (pymysql.OperationalError(1213, "Deadlock"), "locked"),
        (pymysql.OperationalError(1290, "--read-only"), "read-only"),
        (pymysql.ProgrammingError(1146, "no table"), "table is missing"),
        (pymysql.OperationalError(1045, "Access denied"), "the user or the password"),
        (pymysql.OperationalError(1049, "Unknown database"), "no such database"),
    ],
    ids=repr,
)
def test_a_failure_is_told_by_its_code(error: Exception, words: str) -> None:
    """What a driver reports is told in our words, whatever its own language is."""
    assert words in explain(error)
    assert "full »" not in explain(error)


@pytest.mark.parametrize(
    "error",
    [
        of_postgresql("42703"),
        pymysql.OperationalError(1054, "Unknown column 'disk full of locks'"),
        CodedError("no such column: full_name", sqlite3.SQLITE_ERROR),
        psycopg.OperationalError("connection refused"),
        pymysql.OperationalError(),
        None,
    ],
    ids=repr,
)
def test_what_is_not_known_is_not_guessed(error: Exception | None) -> None:
    """A failure without a known code is named by its class, not by words in it."""
    assert "does not answer" in explain(error)
    assert type(error).__name__ in explain(error)


def orig(message: str) -> sqlite3.Error:
    """Return a driver's error."""
    return sqlite3.OperationalError(message)


def fail(error: Exception) -> None:
    """Raise *error* where failures are named."""
    with naming_failures():
        raise error


@pytest.mark.parametrize(
    "make",
    [
        lambda: DBAPIError("SELECT canary", {"a": "canary"}, orig("canary")),
        lambda: IntegrityError("INSERT canary", {"a": "canary"}, orig("canary")),
        PoolTimeoutError,
    ],
    ids=["statement", "row", "pool"],
)
def test_nothing_stands_behind_our_error(make: Callable[[], Exception]) -> None:
    """The driver's error, which quotes rows, cannot be reached from ours."""
    with pytest.raises(StorageUnavailableError) as caught:
        fail(make())
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert "canary" not in f"{caught.value!r} {vars(caught.value)}"


def test_other_errors_pass() -> None:
    """What the caller's own code raises is passed on as it is."""
    error = KeyError("mine")
    with pytest.raises(KeyError) as caught:
        fail(error)
    assert caught.value is error
