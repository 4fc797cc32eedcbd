"""
The credguard_* tables, copied whole into another database.

What is read is one instant of the source; what is written is one transaction, so that a
copy is there whole or not at all.
"""

from collections.abc import Callable, Iterator

from sqlalchemy import Connection, Table, func, insert, select

from credguard.errors import StorageSetupError
from credguard.storage.database import Database
from credguard.storage.schema import prepare
from credguard.storage.tables import metadata

_AT_ONCE = 1_000  # rows in memory


def copy_tables(
    source: Database,
    target: Database,
    *,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> dict[str, int]:
    """
    Copy all rows, and make the tables in *target* first.

    Nobody may write to *source* meanwhile: what is written after the copy began is
    not in it.

    Args:
        source: Where the rows are, in tables of this release.

        target: Where they are to be; it has no row of ours yet.

        on_progress: Called with how many rows are copied, of how many.

    Returns:
        How many rows each table has.

    Raises:
        StorageSetupError: Both are one database, or *target* has rows of ours.
        StorageUnavailableError: One of them is away, locked or full; nothing was
            written.
    """
    if source.identity == target.identity:
        message = "source and target are the same database"
        raise StorageSetupError(message)
    prepare(target)
    tables = metadata.sorted_tables
    with source.read() as reading, target.begin() as writing:
        for table in tables:
            if _count(writing, table):
                message = (
                    "the target has credguard tables with rows in them; name an "
                    "empty database"
                )
                raise StorageSetupError(message)
        counts = {table.name: _count(reading, table) for table in tables}
        total, done = sum(counts.values()), 0
        for table in tables:
            for copied in _copy(reading, writing, table):
                done += copied
                on_progress(done, total)
    return counts


def _count(connection: Connection, table: Table) -> int:
    query = select(func.count()).select_from(table)
    return int(connection.execute(query).scalar_one())


def _copy(reading: Connection, writing: Connection, table: Table) -> Iterator[int]:
    rows = reading.execute(select(table).execution_options(yield_per=_AT_ONCE))
    for part in rows.mappings().partitions(_AT_ONCE):
        writing.execute(insert(table), [dict(row) for row in part])
        yield len(part)
