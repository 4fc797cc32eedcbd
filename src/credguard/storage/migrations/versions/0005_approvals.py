"""Approvals of plans, by the plan's digest."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "credguard_approval",
        sa.Column("plan", sa.String(64), primary_key=True),
        sa.Column("approver", sa.String(64), primary_key=True),
        sa.Column("approved_at", sa.BigInteger, nullable=False),
        sa.Column("proof", sa.String(128), nullable=False),
        # On MariaDB a migration that was killed leaves its table behind.
        if_not_exists=True,
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_nopad_bin",
    )


def downgrade() -> None:
    """Refuse: a downgrade would throw away who approved what."""
    message = "credguard's tables are not downgraded; restore a backup"
    raise RuntimeError(message)
