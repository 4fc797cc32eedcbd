"""Incidents: answers and their revisions, cohorts, measures, reports that were sent."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make(
        "credguard_incident",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("aware_at", sa.BigInteger, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
    )
    _make(
        "credguard_incident_revision",
        _of(),
        _number(),
        sa.Column("field", sa.String(32), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
    )
    _make(
        "credguard_incident_cohort",
        _of(),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("accounts", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    _make(
        "credguard_incident_member",
        _of(),
        sa.Column("cohort", sa.String(64), primary_key=True),
        sa.Column("account_id", sa.String(255), primary_key=True),
    )
    _make(
        "credguard_incident_measure",
        _of(),
        _number(),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("campaign_id", sa.String(16), nullable=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    _make(
        "credguard_incident_report",
        _of(),
        _number(),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("answers", sa.Text, nullable=False),
    )


def _of() -> sa.Column[str]:
    whose = sa.ForeignKey("credguard_incident.id")
    return sa.Column("incident_id", sa.String(16), whose, primary_key=True)


def _number() -> sa.Column[int]:
    return sa.Column("number", sa.Integer, primary_key=True, autoincrement=False)


def _make(name: str, *columns: SchemaItem) -> None:
    op.create_table(
        name,
        *columns,
        # On MariaDB a migration that was killed leaves its tables behind.
        if_not_exists=True,
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_nopad_bin",
    )


def downgrade() -> None:
    """Refuse: what a regulator was told could not be shown again."""
    message = "credguard's tables are not downgraded; restore a backup"
    raise RuntimeError(message)
