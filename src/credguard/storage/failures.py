"""What a driver's error means to us, told by its code: texts are translated."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from credguard.errors import CredguardError, StorageUnavailableError

_FULL = (
    "The disk of the database is full; nothing was lost. Free some room and run it "
    "again."
)
_LOCKED = "The database is locked by another process; run it again."
_READ_ONLY = "The database is read-only; check its permissions."
_NO_TABLE = "A table is missing in the database; check its URL."
_NO_FILE = "The database file cannot be opened; check its URL and permissions."
_NO_DATABASE = "There is no such database on the server; check its URL."
_NO_ENTRY = "The database server refused the user or the password; check its URL."
_NOT_ONE = "The file is damaged, or is not a database; check its URL."

_SQLITE_PRIMARY_CODE = 0xFF  # an extended code carries its primary one there

# The codes are from SQLite's documentation, "Result and Error Codes".
_SQLITE = {
    5: _LOCKED,  # SQLITE_BUSY
    6: _LOCKED,  # SQLITE_LOCKED
    8: _READ_ONLY,  # SQLITE_READONLY
    11: _NOT_ONE,  # SQLITE_CORRUPT
    13: _FULL,  # SQLITE_FULL
    14: _NO_FILE,  # SQLITE_CANTOPEN
    26: _NOT_ONE,  # SQLITE_NOTADB
}
# From PostgreSQL's documentation, appendix A.
_POSTGRESQL = {
    "25006": _READ_ONLY,  # read_only_sql_transaction
    "28000": _NO_ENTRY,  # invalid_authorization_specification
    "28P01": _NO_ENTRY,  # invalid_password
    "3D000": _NO_DATABASE,  # invalid_catalog_name
    "3F000": _NO_TABLE,  # invalid_schema_name
    "40001": _LOCKED,  # serialization_failure
    "40P01": _LOCKED,  # deadlock_detected
    "42P01": _NO_TABLE,  # undefined_table
    "53100": _FULL,  # disk_full
    "55P03": _LOCKED,  # lock_not_available
}
# From MariaDB's documentation, "Error Codes".
_MARIADB = {
    1020: _LOCKED,  # ER_CHECKREAD
    1021: _FULL,  # ER_DISK_FULL
    1044: _NO_ENTRY,  # ER_DBACCESS_DENIED_ERROR
    1045: _NO_ENTRY,  # ER_ACCESS_DENIED_ERROR
    1049: _NO_DATABASE,  # ER_BAD_DB_ERROR
    1114: _FULL,  # ER_RECORD_FILE_FULL
    1146: _NO_TABLE,  # ER_NO_SUCH_TABLE
    1205: _LOCKED,  # ER_LOCK_WAIT_TIMEOUT
    1213: _LOCKED,  # ER_LOCK_DEADLOCK
    1290: _READ_ONLY,  # ER_OPTION_PREVENTS_STATEMENT
    1792: _READ_ONLY,  # ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
}


@contextmanager
def naming_failures() -> Iterator[None]:
    """
    Turn a driver's error into ours, without its statement or parameters.

    Raises:
        StorageUnavailableError: The database is away, locked or full, or refused
            what it was given.
    """
    failure: CredguardError | None = None
    try:
        yield
    except IntegrityError as error:
        failure = StorageUnavailableError(
            f"The database refused a row ({type(error.orig).__name__}); "
            "nothing was written."
        )
    except PoolTimeoutError:
        message = "All connections to the database are in use; try again."
        failure = StorageUnavailableError(message)
    except DBAPIError as error:
        failure = StorageUnavailableError(explain(error.orig))
    if failure is not None:
        try:
            raise failure
        finally:
            # The driver's error quotes rows; nobody may find it behind ours.
            failure.__context__ = None


def explain(error: BaseException | None) -> str:
    """
    Return what a driver's *error* means, in a sentence that quotes nothing of it.

    Args:
        error: What the driver raised.

    Returns:
        A sentence for the person who runs the forum, with a remedy if one is known.
    """
    return _by_code(error) or _by_text(error)


def _by_code(error: BaseException | None) -> str | None:
    code: object = getattr(error, "sqlite_errorcode", None)
    if isinstance(code, int):
        return _SQLITE.get(code & _SQLITE_PRIMARY_CODE)
    number: object = error.args[0] if error is not None and error.args else None
    if isinstance(number, int):
        return _MARIADB.get(number)
    state: object = getattr(error, "sqlstate", None)
    return _POSTGRESQL.get(state) if isinstance(state, str) else None


def _by_text(error: BaseException | None) -> str:
    """Explain what has no code: SQLite's own texts, which are not translated."""
    text = str(error).lower()
    if "no such table" in text or "unknown database" in text:
        return _NO_TABLE
    if "could not decode" in text:
        return "A row of the database holds a text that is not UTF-8; mend it."
    name = type(error).__name__
    return f"The database does not answer ({name}); nothing was written. Try again."
