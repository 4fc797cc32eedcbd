"""The table of second factors comes to databases that are in use already."""

from collections.abc import Iterator
from importlib import resources

import pytest
from alembic import command
from alembic.config import Config
from authenticators import CHEAP, NOON, enrolled, keeper
from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    RowMapping,
    String,
    column,
    insert,
    inspect,
    select,
    table,
    text,
)

from credguard import Keyring, SecondFactors
from credguard.second_factor.totp import code_at, step_at
from credguard.storage import Database
from credguard.storage.schema import VERSION_TABLE, VERSIONS, prepare
from credguard.storage.tables import second_factor
from credguard.testing import FrozenClock
from migrated import differences

SAMPLES: dict[type, object] = {str: "ключ", int: 7, float: 1.5}


def make_old_tables(connection: Connection, revision: str) -> None:
    """Make the tables as an older version made them."""
    config = Config()
    folder = resources.files("credguard.storage") / "migrations"
    config.set_main_option("script_location", str(folder))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


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
        make_old_tables(connection, "0001")
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
        assert differences(connection) == []


def test_factors_of_before_there_were_recovery_codes_work(
    database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """A row of the second version knows what it is made of, and logs its owner in."""
    seed = b"12345678901234567890"
    sealed = keyring.seal(seed, purpose="totp seed", owner="17/a-factor")
    row = {
        "account_id": "17",
        "place": "current",
        "id": "a-factor",
        "state": "active",
        "sealed": sealed,
        "failures": 0,
        "made_at": 0,
        "changed_at": 0,
        "version": 0,
    }
    with database.begin() as connection:
        make_old_tables(connection, "0002")
        old = table("credguard_second_factor", *map(column, row))
        connection.execute(insert(old).values(row))
    prepare(database)
    factors = keeper(database, keyring, clock=clock)
    assert factors.key_counts() == {keyring.current.id: 1}
    assert list(factors.weak_factors()) == []
    code = code_at(seed, step_at(int(NOON.timestamp())))
    verified = factors.verify("17", code)
    assert (verified.recovery_left, verified.should_reenroll) == (0, False)
    codes = factors.replace_recovery_codes("17", proof=verified.proof).codes
    assert factors.verify("17", codes[0]).recovery_left == 9


def test_a_migration_that_was_cut_short_is_gone_on_with(database: Database) -> None:
    """Columns that a killed migration left behind are not made twice."""
    with database.begin() as connection:
        make_old_tables(connection, "0002")
        connection.execute(
            text("ALTER TABLE credguard_second_factor ADD key_id VARCHAR(8) NULL")
        )
    prepare(database)
    with database.read() as connection:
        assert differences(connection) == []
