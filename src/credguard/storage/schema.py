"""Make or upgrade the tables through Alembic, once, whoever comes first."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from credguard.errors import StorageSetupError
from credguard.storage.database import Database

VERSION_TABLE = "credguard_version"
VERSIONS = ("0001",)  # every revision, oldest first

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
    with database.begin() as connection, _alone(connection):
        _upgrade(connection)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    query = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608  # a constant
    return connection.execute(query).scalar()


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Hold a lock for the upgrade; SQLite's transaction is one already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK_NUMBER})"))
        yield
    elif connection.dialect.name == "sqlite":
        yield
    else:
        connection.execute(text("SELECT GET_LOCK('credguard_schema', 60)"))
        try:
            yield
        finally:
            connection.execute(text("SELECT RELEASE_LOCK('credguard_schema')"))


def _upgrade(connection: Connection) -> None:
    # Alembic is only loaded when there is something to upgrade.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
