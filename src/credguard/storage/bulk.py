"""
Many rows in one statement, as each database takes them quickest.

SQLAlchemy spends more on a row than the databases do. Where a sweep writes millions
of them, values go to the driver as they are: an instant as its microseconds.
"""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import Column, Connection, Table

_MARKS = {"sqlite": "?", "mysql": "%s", "mariadb": "%s", "postgresql": "%s"}
# The texts of one parameter, with their places from 0 on.
_LISTED = {
    "sqlite": "SELECT value AS given, key AS place FROM json_each(?)",
    "postgresql": "SELECT given, place - 1 AS place FROM "
    "json_array_elements_text(%s::json) WITH ORDINALITY AS listed(given, place)",
    "mariadb": "SELECT given, place - 1 AS place FROM JSON_TABLE(%s, '$[*]' COLUMNS "
    "(place FOR ORDINALITY, given VARCHAR(255) PATH '$')) AS listed",
}


def insert_rows(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    or_raise: str | None = None,
    or_keep: str | None = None,
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

        or_keep: Any column, to pass over rows of which one of that key stands.

    Raises:
        IntegrityError: A row with that key stands already.
    """
    if not rows:
        return
    preparer = connection.dialect.identifier_preparer
    listed = ", ".join(preparer.quote(name) for name in names)
    begin = f"INSERT INTO {preparer.format_table(table)} ({listed})"
    end = ""
    if or_raise is not None:
        end = _raising(connection, table, or_raise)
    elif or_keep is not None:
        end = _keeping(connection, or_keep)
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


def insert_alike(
    connection: Connection,
    table: Table,
    alike: Mapping[str, object],
    *,
    given: tuple[str, list[str]],
    counted: tuple[str, int, int] | None = None,
) -> None:
    """
    Insert rows that differ in one text, and are numbered in groups of equal size.

    Args:
        connection: A transaction that writes.

        table: The table.

        alike: What all rows have in common, as the driver takes it.

        given: The column that differs, and its texts of at most 255 characters.

        counted: The numbered column, the first group's number, and how many rows a
            group has; None for none.

    Raises:
        IntegrityError: A row with that key stands already.
    """
    column, texts = given
    if not texts:
        return
    dialect = connection.dialect.name
    sources = {column: "given", **dict.fromkeys(alike, _MARKS[dialect])}
    if counted is not None:
        number, first, size = counted
        over = "/" if dialect in {"sqlite", "postgresql"} else "DIV"
        sources[number] = f"{first:d} + place {over} {size:d}"
    statement = (
        f"INSERT INTO {table.name} ({', '.join(sources)}) "  # noqa: S608  # our names
        f"SELECT {', '.join(sources.values())} FROM ({_LISTED[dialect]}) AS texts"
    )
    connection.exec_driver_sql(statement, (*alike.values(), json.dumps(texts)))


def as_arrays(connection: Connection, columns: Sequence[Column[object]]) -> str:
    """Return PostgreSQL's ``unnest`` of one array for each of *columns*."""
    # Without its length: a cast to VARCHAR(16) would cut what is longer.
    kinds = [
        column.type.compile(connection.dialect).partition("(")[0] for column in columns
    ]
    return f"unnest({', '.join(f'%s::{kind}[]' for kind in kinds)})"


def _keeping(connection: Connection, name: str) -> str:
    if connection.dialect.name in {"mysql", "mariadb"}:
        # INSERT IGNORE would also cut what is too long and drop what has no parent.
        return f" ON DUPLICATE KEY UPDATE {name} = {name}"
    return " ON CONFLICT DO NOTHING"


def _raising(connection: Connection, table: Table, name: str) -> str:
    number = connection.dialect.identifier_preparer.quote(name)
    if connection.dialect.name in {"mysql", "mariadb"}:
        return f" ON DUPLICATE KEY UPDATE {number} = {number} + 1"
    key = ", ".join(column.name for column in table.primary_key)
    return f" ON CONFLICT ({key}) DO UPDATE SET {number} = {table.name}.{number} + 1"
