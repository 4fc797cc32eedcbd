"""Second factors: one pending and one current row for each account."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "credguard_second_factor",
        sa.Column("account_id", sa.String(255), primary_key=True),
        sa.Column("place", sa.String(8), primary_key=True),
        sa.Column("id", sa.String(22), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("sealed", sa.String(255), nullable=True),
        sa.Column("last_step", sa.BigInteger, nullable=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("retry_at", sa.BigInteger, nullable=True),
        sa.Column("expires_at", sa.BigInteger, nullable=True),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        # On MariaDB a migration that was killed leaves its table behind.
        if_not_exists=True,
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_nopad_bin",
    )


def downgrade() -> None:
    """Refuse: a downgrade would throw away everybody's second factor."""
    message = "credguard's tables are not downgraded; restore a backup"
    raise RuntimeError(message)
