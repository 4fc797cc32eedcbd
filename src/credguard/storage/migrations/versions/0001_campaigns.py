"""Tables of the first release: credentials, campaigns, sweeps, audit."""

from functools import partial

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# On MariaDB a migration that was killed leaves the tables that it made: they are
# passed over when it runs again.
_make_index = partial(op.create_index, if_not_exists=True)
_make_table = partial(
    op.create_table,
    if_not_exists=True,
    mysql_charset="utf8mb4",
    mysql_collate="utf8mb4_bin",
    mariadb_charset="utf8mb4",
    mariadb_collate="utf8mb4_nopad_bin",
)


def upgrade() -> None:
    """Make the tables."""
    _make_credentials()
    _make_campaigns()
    _make_members()
    _make_notices()
    _make_audit()


def _make_credentials() -> None:
    _make_table(
        "credguard_key_canary",
        sa.Column("key_id", sa.String(8), primary_key=True),
        sa.Column("sealed", sa.String(255), nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    _make_table(
        "credguard_credential",
        sa.Column("account_id", sa.String(255), primary_key=True),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("set_at", sa.BigInteger, nullable=True),
    )


def _make_campaigns() -> None:
    _make_table(
        "credguard_campaign",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        sa.Column("sealed_key", sa.Text, nullable=True),
        sa.Column("rate", sa.Float, nullable=False),
        sa.Column("next_slot_at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    _make_table(
        "credguard_list_entry",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("account_id", sa.String(255), primary_key=True),
    )
    _make_table(
        "credguard_sweep_range",
        sa.Column("sweep", sa.String(32), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("low", sa.String(255), nullable=True),
        sa.Column("high", sa.String(255), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("owner", sa.String(64), nullable=True),
        sa.Column("lease_until", sa.BigInteger, nullable=True),
        sa.Column("touched", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )


def _make_members() -> None:
    _make_table(
        "credguard_member",
        sa.Column(
            "campaign_id",
            sa.String(16),
            sa.ForeignKey("credguard_campaign.id"),
            primary_key=True,
        ),
        sa.Column("account_id", sa.String(255), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("how", sa.String(16), nullable=True),
        sa.Column("retired", sa.Text, nullable=True),
        sa.Column("pending", sa.Text, nullable=True),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    _make_index("credguard_member_account", "credguard_member", ["account_id"])
    _make_index("credguard_member_state", "credguard_member", ["campaign_id", "state"])


def _make_notices() -> None:
    _make_table(
        "credguard_notice",
        sa.Column("id", sa.String(22), primary_key=True),
        sa.Column(
            "campaign_id",
            sa.String(16),
            sa.ForeignKey("credguard_campaign.id"),
            nullable=False,
        ),
        sa.Column("account_id", sa.String(255), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("key_id", sa.String(8), nullable=False),
        sa.Column("queued_at", sa.BigInteger, nullable=False),
        sa.Column("written_at", sa.BigInteger, nullable=True),
        sa.Column("expires_at", sa.BigInteger, nullable=True),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("told_at", sa.BigInteger, nullable=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reply", sa.String(32), nullable=True),
        sa.Column("owner", sa.String(64), nullable=True),
        sa.Column("lease_until", sa.BigInteger, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
    )
    _make_index(
        "credguard_notice_account",
        "credguard_notice",
        ["campaign_id", "account_id"],
        unique=True,
    )
    _make_index(
        "credguard_notice_due", "credguard_notice", ["campaign_id", "state", "due_at"]
    )


def _make_audit() -> None:
    _make_table(
        "credguard_audit",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("key_id", sa.String(8), nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
    )
    _make_table(
        "credguard_audit_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
    )


def downgrade() -> None:
    """Refuse: a downgrade would throw away retired hashes."""
    message = "credguard's tables are not downgraded; restore a backup"
    raise RuntimeError(message)
