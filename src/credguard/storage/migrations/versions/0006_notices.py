"""Notices: kinds, waves, groups of mail exchangers, rates, suppression."""

from functools import partial

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# On MariaDB a migration that was killed leaves what it made behind: that is passed
# over when it runs again.
_make_table = partial(
    op.create_table,
    if_not_exists=True,
    mysql_charset="utf8mb4",
    mysql_collate="utf8mb4_bin",
    mariadb_charset="utf8mb4",
    mariadb_collate="utf8mb4_nopad_bin",
)
_make_index = partial(op.create_index, if_not_exists=True)


def upgrade() -> None:
    """Widen the outbox and make the tables beside it."""
    _widen_notices()
    _make_table(
        "credguard_pace",
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("next_slot_at", sa.BigInteger, nullable=False),
        sa.Column("rests_until", sa.BigInteger, nullable=True),
        sa.Column("rest_seconds", sa.Integer, nullable=False),
        sa.Column("deferrals", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    _make_table(
        "credguard_sent_hour",
        sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("sent", sa.Integer, nullable=False),
    )
    _make_table(
        "credguard_sending",
        sa.Column(
            "campaign_id",
            sa.String(16),
            sa.ForeignKey("credguard_campaign.id"),
            primary_key=True,
        ),
        sa.Column("paused_at", sa.BigInteger, nullable=True),
        sa.Column("why", sa.String(255), nullable=True),
        sa.Column("resumed_at", sa.BigInteger, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
    )
    _make_table(
        "credguard_suppression",
        sa.Column("digest", sa.String(22), primary_key=True),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )


def _widen_notices() -> None:
    present = {
        column["name"]
        for column in sa.inspect(op.get_bind()).get_columns("credguard_notice")
    }
    for column in (
        sa.Column("kind", sa.String(16), nullable=False, server_default="first"),
        sa.Column("is_current", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("lane", sa.String(32), nullable=True),
        sa.Column("place", sa.BigInteger, nullable=True),
        sa.Column("mail_group", sa.String(255), nullable=True),
        sa.Column("language", sa.String(16), nullable=True),
        sa.Column("sent_to", sa.String(22), nullable=True),
        sa.Column("decided_at", sa.BigInteger, nullable=True),
        sa.Column("complained_at", sa.BigInteger, nullable=True),
    ):
        if column.name not in present:
            op.add_column("credguard_notice", column)
    _make_index(
        "credguard_notice_once",
        "credguard_notice",
        ["account_id", "campaign_id", "kind"],
        unique=True,
    )
    _make_index(
        "credguard_notice_place",
        "credguard_notice",
        ["campaign_id", "state", "lane", "place"],
    )
    _make_index(
        "credguard_notice_decided", "credguard_notice", ["campaign_id", "decided_at"]
    )
    op.drop_index("credguard_notice_account", "credguard_notice", if_exists=True)


def downgrade() -> None:
    """Refuse: a downgrade would tell members a second time."""
    message = "credguard's tables are not downgraded; restore a backup"
    raise RuntimeError(message)
