"""Password columns that are written over what stood there, and over nothing else."""

from collections.abc import Sequence
from itertools import chain

from sqlalchemy import (
    TEXT,
    VARCHAR,
    Connection,
    Integer,
    LargeBinary,
    String,
    Uuid,
    bindparam,
    cast,
    update,
)

from credguard.accounts.reflection import Reflected

Key = object
Values = tuple[Key, str, str]
"""The row's id as its column has it, the old text and the new one."""

_AT_ONCE = 250  # rows of three values: SQLite may be built to take 999

_PLAIN_TEXTS = (String, VARCHAR, TEXT)


def swap(connection: Connection, reflected: Reflected, rows: Sequence[Values]) -> int:
    """Write each new text over its old one; return how many stood there."""
    if not rows:
        return 0
    dialect = connection.dialect.name
    if dialect == "sqlite":
        return _by_values(connection, reflected, rows)
    if dialect == "postgresql" and _compares_plainly(reflected):
        return _by_arrays(connection, reflected, rows)
    return _by_columns(connection, reflected, rows)


def _compares_plainly(reflected: Reflected) -> bool:
    """Return True if an array's elements compare as the columns' own values do."""
    # CHAR pads and CITEXT folds: those are left to the column's own type.
    is_number = isinstance(reflected.id_kind, Integer | Uuid)
    is_text = type(reflected.id_kind) in _PLAIN_TEXTS
    return (is_number or is_text) and type(reflected.password_kind) in _PLAIN_TEXTS


def _by_values(
    connection: Connection, reflected: Reflected, rows: Sequence[Values]
) -> int:
    table, key, password = _names(connection, reflected)
    if isinstance(reflected.id_kind, Uuid):
        rows = [(str(whose), old, new) for whose, old, new in rows]
    done = 0
    # To begin a statement anew for each row takes SQLite longer than to find the row.
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        values = ", ".join(["(?, ?, ?)"] * len(some))
        statement = (
            f"UPDATE {table} SET {password} = given.column3 "  # noqa: S608  # quoted names
            f"FROM (VALUES {values}) AS given "
            f"WHERE {table}.{key} = given.column1 "
            f"AND {table}.{password} = given.column2"
        )
        flat = tuple(chain.from_iterable(some))
        done += connection.exec_driver_sql(statement, flat).rowcount
    return done


def _by_arrays(
    connection: Connection, reflected: Reflected, rows: Sequence[Values]
) -> int:
    table, key, password = _names(connection, reflected)
    kind = reflected.id_kind.compile(connection.dialect).partition("(")[0]
    statement = (
        f"UPDATE {table} SET {password} = given.new "  # noqa: S608  # quoted names
        f"FROM unnest(%s::{kind}[], %s::text[], %s::text[]) AS given(id, old, new) "
        f"WHERE {table}.{key} = given.id AND {table}.{password} = given.old"
    )
    columns = tuple(list(each) for each in zip(*rows, strict=True))
    return connection.exec_driver_sql(statement, columns).rowcount


def _by_columns(
    connection: Connection, reflected: Reflected, rows: Sequence[Values]
) -> int:
    password = reflected.password
    still = [reflected.id == bindparam("b_id"), password == bindparam("b_old")]
    if connection.dialect.name != "postgresql":
        # MariaDB's collations take 'a' for 'A'; two hashes may differ in no more.
        old = bindparam("b_old", type_=String())
        still.append(cast(password, LargeBinary) == cast(old, LargeBinary))
    statement = (
        update(reflected.table).where(*still).values({password: bindparam("b_new")})
    )
    values = [{"b_id": whose, "b_old": old, "b_new": new} for whose, old, new in rows]
    return connection.execute(statement, values).rowcount


def _names(connection: Connection, reflected: Reflected) -> tuple[str, str, str]:
    preparer = connection.dialect.identifier_preparer
    return (
        preparer.format_table(reflected.table),
        preparer.quote(reflected.id.name),
        preparer.quote(reflected.password.name),
    )
