"""Leaks of second factors, and who is to renew theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "credguard_factor_leak",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("leaked", sa.String(128), nullable=False),
        sa.Column("selection", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("deadline", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        # On MariaDB a migration that was killed leaves its table behind.
        if_not_exists=True,
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_nopad_bin",
    )
    op.create_table(
        "credguard_factor_renewal",
        sa.Column("leak_id", sa.String(16), primary_key=True),
        sa.Column("account_id", sa.String(255), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("factor_id", sa.String(22), nullable=True),
        sa.Column("reason", sa.String(255), nullable=True),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        # On MariaDB a migration that was killed leaves its table behind.
        if_not_exists=True,
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_nopad_bin",
    )
    op.create_index(
        "credguard_factor_renewal_state",
        "credguard_factor_renewal",
        ["leak_id", "state", "account_id"],
        if_not_exists=True,
    )


def downgrade() -> None:
    """Refuse: a downgrade would throw away whose second factor is to be renewed."""
    message = "credguard's tables are not downgraded; restore a backup"
    raise RuntimeError(message)
