"""What was found of each account's password, and with which edition of the lists."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "credguard_screening",
        sa.Column("account_id", sa.String(255), primary_key=True),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(32), nullable=True),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.Column("stamp", sa.String(32), nullable=False),
        sa.Column("hash_tag", sa.String(40), nullable=False),
        sa.Column("screened_at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        # On MariaDB a migration that was killed leaves its table behind.
        if_not_exists=True,
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_nopad_bin",
    )
    op.create_index(
        "credguard_screening_outcome",
        "credguard_screening",
        ["outcome", "account_id"],
        if_not_exists=True,
    )


def downgrade() -> None:
    """Refuse: a downgrade would forget who is to be screened again."""
    message = "credguard's tables are not downgraded; restore a backup"
    raise RuntimeError(message)
