"""The table of second factors comes to databases that are in use already."""

from collections.abc import Iterator
from importlib import resources

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from authenticators import CHEAP, NOON, enrolled
from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    RowMapping,
    String,
    column,
    inspect,
    select,
    table,
)

from credguard import Keyring, SecondFactors
from credguard.storage import Database
from credguard.storage.schema import VERSION_TABLE, VERSIONS, prepare
from credguard.storage.tables import metadata, second_factor
from credguard.testing import FrozenClock

SAMPLES: dict[type, object] = {str: "ключ", int: 7, float: 1.5}


def make_first_tables(connection: Connection) -> None:
    """Make the tables as the first version made them."""
    config = Config()
    folder = resources.files("credguard.storage") / "migrations"
    config.set_main_option("script_location", str(folder))
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")


def sample(of: Column[object]) -> object:
    """Return a value for a column; equal for columns that refer to each other."""
    return SAMPLES[of.type.python_type]


def everything(connection: Connection, old: MetaData) -> list[RowMapping]:
    """Return all rows of the *old* tables, by the columns that they had."""
    return [
        row
        for each in old.sorted_tables
        for row in connection.execute(select(*each.columns)).mappings()
    ]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with no tables, on SQLite, PostgreSQL and MariaDB in turn."""
    database = Database(database_url)
    yield database
    database.close()


def test_a_database_in_use_is_upgraded(database: Database) -> None:
    """From the first version to this one no row of any table is lost or changed."""
    old = MetaData()
    with database.begin() as connection:
        make_first_tables(connection)
        old.reflect(connection)
    assert second_factor.name not in old.tables
    old.remove(old.tables[VERSION_TABLE])
    with database.begin() as connection:
        for each in old.sorted_tables:
            values = {at.name: sample(at) for at in each.columns}
            connection.execute(each.insert().values(values))
        before = everything(connection, old)
    assert len(before) == len(old.tables) > 5
    prepare(database)
    with database.read() as connection:
        assert everything(connection, old) == before
        found = select(column("version_num", String)).select_from(table(VERSION_TABLE))
        assert connection.scalar(found) == VERSIONS[-1]
    keyring = Keyring.generate()
    phone = enrolled(database, keyring, "17")
    clock = FrozenClock(NOON)
    factors = SecondFactors(
        database, keyring, issuer="Forum", hasher=CHEAP, clock=clock
    )
    assert factors.verify("17", phone.code(NOON)).at == NOON


def test_the_migrated_tables_are_the_ones_that_are_used(database: Database) -> None:
    """What the migrations make is what the code says, on every database."""
    prepare(database)
    with database.read() as connection:
        assert inspect(connection).has_table(second_factor.name)
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE, "compare_type": True}
        )
        assert compare_metadata(context, metadata) == []
