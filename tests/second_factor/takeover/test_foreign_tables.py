"""Rows out of another system's table."""

import pytest
from reading import SEED, came_in, seed_of
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from credguard.errors import StorageSetupError
from credguard.second_factor.takeover import read_django_otp, rows_of_table
from credguard.second_factor.takeover.tables import PAGE

COLUMNS = (
    "id INTEGER PRIMARY KEY, user_id INTEGER, confirmed BOOLEAN, "
    "last_t BIGINT, {key} VARCHAR(80), t0 BIGINT"
)


def make(url: str, rows: int) -> None:
    """Make a table as django-otp has it, with so many devices."""
    engine = create_engine(url, poolclass=NullPool)
    key = engine.dialect.identifier_preparer.quote("key")
    columns = COLUMNS.format(key=key)
    insert = text("INSERT INTO otp_totp_totpdevice VALUES (:n, :n, :y, 7, :key, 0)")
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE otp_totp_totpdevice ({columns})"))
        connection.execute(text("CREATE TABLE keyless (id INTEGER)"))
        values = [{"n": number, "y": True, "key": SEED.hex()} for number in range(rows)]
        connection.execute(insert, values)


@pytest.mark.parametrize("rows", [1, PAGE, PAGE + 1])
def test_a_table_is_read_whole(database_url: str, rows: int) -> None:
    """Every row comes once, in the order of the key, whatever the page size."""
    make(database_url, rows)
    found = rows_of_table(database_url, "otp_totp_totpdevice")
    records = came_in(read_django_otp(found))
    assert [record.account_id for record in records] == list(map(str, range(rows)))
    assert seed_of(records[-1]) == SEED
    assert records[0].last_step == 7


@pytest.mark.parametrize("table", ["nowhere", "keyless"])
def test_a_table_that_cannot_be_paged_is_refused(sqlite_url: str, table: str) -> None:
    """A table that is not there, or without a key, raises the declared error."""
    make(sqlite_url, 1)
    with pytest.raises(StorageSetupError, match=table):
        list(rows_of_table(sqlite_url, table))
