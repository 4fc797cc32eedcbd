"""How the tables that the migrations make differ from those of the code."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from credguard.storage.schema import VERSION_TABLE
from credguard.storage.tables import metadata

ONLY_PARTIAL = {"credguard_notice_unplaced"}
"""Indexes that are not made where the database knows no partial ones."""


def differences(connection: Connection) -> list[object]:
    """Return them, as Alembic tells them: columns, types, indexes."""
    knows_partial = connection.dialect.name in {"sqlite", "postgresql"}

    def is_ours(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or name != VERSION_TABLE

    def is_here(_found: object, name: str | None, *_: object) -> bool:
        # Alembic does not ask on which databases an index is made.
        return knows_partial or name not in ONLY_PARTIAL

    options = {
        "include_name": is_ours,
        "include_object": is_here,
        "compare_type": True,
    }
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, metadata))
