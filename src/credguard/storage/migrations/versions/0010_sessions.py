"""The log-in journal, and the swapped sessions that were found."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_BYTE_FOR_BYTE = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_nopad_bin",
}


def upgrade() -> None:
    """Make the tables."""
    _make(
        "credguard_login",
        sa.Column("id", sa.String(22), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.String(255), nullable=False),
        sa.Column("owner", sa.String(22), nullable=False),
        sa.Column("browser", sa.String(22), nullable=False),
        sa.Column("network", sa.String(22), nullable=True),
        sa.Column("network_range", sa.String(43), nullable=True),
    )
    _index("credguard_login_at", "credguard_login", "at", "id")
    _index("credguard_login_owner", "credguard_login", "owner")
    _index("credguard_login_browser", "credguard_login", "browser")
    _make(
        "credguard_journal",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("begun_at", sa.BigInteger, nullable=False),
        sa.Column("purged_until", sa.BigInteger, nullable=True),
        sa.Column("retention_days", sa.Integer, nullable=False),
        sa.Column("skew_seconds", sa.Integer, nullable=False),
    )
    _make(
        "credguard_swap",
        sa.Column("id", sa.String(22), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("owner_id", sa.String(255), nullable=True),
        sa.Column("other_id", sa.String(255), nullable=True),
        sa.Column("owner", sa.String(22), nullable=False),
        sa.Column("browser", sa.String(22), nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    _index("credguard_swap_at", "credguard_swap", "at", "id")
    _make(
        "credguard_swap_alarm",
        sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )


def _make(name: str, *columns: sa.Column[object]) -> None:
    # On MariaDB a migration that was killed leaves its tables behind.
    op.create_table(name, *columns, if_not_exists=True, **_BYTE_FOR_BYTE)


def _index(name: str, table: str, *columns: str) -> None:
    op.create_index(name, table, list(columns), if_not_exists=True)


def downgrade() -> None:
    """Refuse: which sessions were swapped could not be told again."""
    message = "credguard's tables are not downgraded; restore a backup"
    raise RuntimeError(message)
