"""Make or upgrade the tables through Alembic, once, whoever comes first."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection, inspect, text

from credguard.errors import StorageSetupError, StorageUnavailableError
from credguard.storage.database import Database

VERSION_TABLE = "credguard_version"
VERSIONS = (  # every revision, oldest first
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
)

_ONE_THREAD = Lock()
_LOCK_NAME = "credguard_schema"  # MariaDB's named locks are the server's
_LOCK_WAIT = 60  # seconds
_LOCK_NUMBER = 0x63726564  # "cred", for PostgreSQL's advisory lock


def prepare(database: Database) -> None:
    """
    Bring the credguard_* tables of *database* to this release.

    Args:
        database: Where the tables are to be. Nothing else in it is touched.

    Raises:
        StorageSetupError: The tables are newer than this release.
        StorageUnavailableError: The database is away, locked or full.
    """
    with database.read() as connection:
        version = _version(connection)
    if version == VERSIONS[-1]:
        return
    if version is not None and version not in VERSIONS:
        message = (
            "the credguard tables are newer than this release; install the release "
            "that made them, or a later one"
        )
        raise StorageSetupError(message)
    with _alone(database), database.begin() as connection:
        _upgrade(connection)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    query = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608  # a constant
    return connection.execute(query).scalar()


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """
    Let one process upgrade at a time, until what it did is committed.

    On servers a connection of its own holds the lock; SQLite's writing
    transaction is a lock already.
    """
    # Alembic keeps its context in a module, for all threads of a process.
    with _ONE_THREAD:
        if database.is_sqlite:
            yield
            return
        with database.begin() as connection:
            _lock(connection)
            try:
                yield
            finally:
                _unlock(connection)


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK_NUMBER})"))
    elif not connection.scalar(text(f"SELECT GET_LOCK('{_LOCK_NAME}', {_LOCK_WAIT})")):
        message = "Another process is upgrading the tables; run it again."
        raise StorageUnavailableError(message)


def _unlock(connection: Connection) -> None:
    # PostgreSQL lets go of the lock when its transaction ends.
    if connection.dialect.name != "postgresql":
        connection.execute(text(f"SELECT RELEASE_LOCK('{_LOCK_NAME}')"))


def _upgrade(connection: Connection) -> None:
    # Alembic is only loaded when there is something to upgrade.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    # Read as a format string by Alembic.
    place = str(Path(__file__).parent / "migrations").replace("%", "%%")
    config.set_main_option("script_location", place)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
