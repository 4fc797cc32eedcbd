"""What the credguard_* tables are made of."""

from sqlalchemy import Column, Index, MetaData, String, Table, text
from sqlalchemy.schema import SchemaItem

ACCOUNT_ID_CHARACTERS = 255


metadata = MetaData()


def table(name: str, *items: SchemaItem, rowid: bool = True) -> Table:
    """Return a table of ours, whose texts are compared byte for byte."""
    # Ids are compared byte for byte: MariaDB's default collation would take 'a' for
    # 'A' and for 'á', and one that pads would take it for 'a '.
    return Table(
        name,
        metadata,
        *items,
        # On SQLite a table without row numbers is its key: one tree and not two.
        sqlite_with_rowid=rowid,
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_nopad_bin",
    )


def account_id(*, key: bool = False) -> Column[str]:
    """Return the column of the forum's own ids, as text."""
    return Column(
        "account_id", String(ACCOUNT_ID_CHARACTERS), primary_key=key, nullable=False
    )


def partial_index(name: str, *columns: str, rows: str) -> Index:
    """Return an index of some rows; of all on MariaDB, which knows no partial ones."""
    where = text(rows)
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)
