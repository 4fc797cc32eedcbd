"""Rows out of another system's table, in pages and short transactions."""

from collections.abc import Iterator

from sqlalchemy import Connection, MetaData, Table, select
from sqlalchemy.exc import NoSuchTableError

from credguard.errors import StorageSetupError
from credguard.second_factor.takeover.records import Row
from credguard.storage.database import Database

PAGE = 500


def rows_of_table(url: str, table: str) -> Iterator[Row]:
    """
    Read a whole table in the order of its key, as many rows as there are.

    Each page is read in a transaction of its own, so that nothing waits for it.

    Args:
        url: The SQLAlchemy URL of the other system's database.

        table: The table, such as ``otp_totp_totpdevice``.

    Yields:
        The rows, each as a mapping of its columns.

    Raises:
        StorageSetupError: There is no such table, or it has no key of one column.
        StorageUnavailableError: The database is away or locked.
    """
    database = Database(url, ours=False)
    try:
        yield from _pages(database, table)
    finally:
        database.close()


def _pages(database: Database, name: str) -> Iterator[Row]:
    with database.read() as connection:
        table = _reflected(connection, name)
    (key,) = table.primary_key.columns
    query = select(table).order_by(key).limit(PAGE)
    page = query
    while True:
        with database.read() as connection:
            rows = connection.execute(page).mappings().all()
        yield from (dict(row) for row in rows)
        if len(rows) < PAGE:
            return
        page = query.where(key > rows[-1][key])


def _reflected(connection: Connection, name: str) -> Table:
    try:
        table = Table(name, MetaData(), autoload_with=connection)
    except NoSuchTableError:
        message = f"there is no table named '{name}' in this database"
    else:
        if len(table.primary_key.columns) == 1:
            return table
        message = f"the table '{name}' has no key of one column"
    raise StorageSetupError(message)
