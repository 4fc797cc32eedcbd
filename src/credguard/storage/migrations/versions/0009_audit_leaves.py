"""Which accounts a record of the audit log is about, as keyed pseudonyms."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "credguard_audit_leaves",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("leaves", sa.LargeBinary, nullable=False),
        # On MariaDB a migration that was killed leaves its table behind.
        if_not_exists=True,
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_nopad_bin",
    )


def downgrade() -> None:
    """Refuse: whose history it proves could not be told again."""
    message = "credguard's tables are not downgraded; restore a backup"
    raise RuntimeError(message)
