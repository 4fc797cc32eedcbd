"""Run by Alembic: the connection is handed in, the version table is our own."""

from alembic import context

from credguard.storage.schema import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"], version_table=VERSION_TABLE
)
context.run_migrations()
