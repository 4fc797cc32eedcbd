"""
Many rows in one statement, as each database takes them quickest.

SQLAlchemy spends more on a row than the databases do. Where a sweep writes millions
of them, values go to the driver as they are: an instant as its microseconds.
"""

from collections.abc import Sequence

from sqlalchemy import Column, Connection, Table

_MARKS = {"sqlite": "?", "mysql": "%s", "mariadb": "%s"}


def insert_rows(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    or_raise: str | None = None,
) -> None:
    """
    Insert *rows* in one statement.

    Args:
        connection: A transaction that writes.

        table: The table.

        names: Its columns, in the order of each row's values.

        rows: What to insert, as the driver takes it.

        or_raise: The column of whole numbers that is raised by one where a row with
            that key stands already; None to insert new rows alone.

    Raises:
        IntegrityError: A row with that key stands already.
    """
    if not rows:
        return
    preparer = connection.dialect.identifier_preparer
    listed = ", ".join(preparer.quote(name) for name in names)
    begin = f"INSERT INTO {preparer.format_table(table)} ({listed})"
    end = "" if or_raise is None else _raising(connection, table, or_raise)
    if connection.dialect.name == "postgresql":
        arrays = as_arrays(connection, [table.c[name] for name in names])
        columns = tuple(list(each) for each in zip(*rows, strict=True))
        statement = f"{begin} SELECT * FROM {arrays}{end}"  # noqa: S608  # our names
        connection.exec_driver_sql(statement, columns)
        return
    marks = ", ".join(_MARKS[connection.dialect.name] for _ in names)
    connection.exec_driver_sql(
        f"{begin} VALUES ({marks}){end}", [tuple(row) for row in rows]
    )


def as_arrays(connection: Connection, columns: Sequence[Column[object]]) -> str:
    """Return PostgreSQL's ``unnest`` of one array for each of *columns*."""
    # Without its length: a cast to VARCHAR(16) would cut what is longer.
    kinds = [
        column.type.compile(connection.dialect).partition("(")[0] for column in columns
    ]
    return f"unnest({', '.join(f'%s::{kind}[]' for kind in kinds)})"


def _raising(connection: Connection, table: Table, name: str) -> str:
    number = connection.dialect.identifier_preparer.quote(name)
    if connection.dialect.name in {"mysql", "mariadb"}:
        return f" ON DUPLICATE KEY UPDATE {number} = {number} + 1"
    key = ", ".join(column.name for column in table.primary_key)
    return f" ON CONFLICT ({key}) DO UPDATE SET {number} = {table.name}.{number} + 1"
