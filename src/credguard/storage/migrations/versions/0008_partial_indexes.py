"""Indexes of notices without the rows that a sweep has only just queued."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INDEXES = {
    "credguard_notice_place": (
        ["campaign_id", "state", "lane", "place"],
        "lane IS NOT NULL",
    ),
    "credguard_notice_decided": (
        ["campaign_id", "decided_at"],
        "decided_at IS NOT NULL",
    ),
}


def upgrade() -> None:
    """Make the two indexes anew, where the database knows partial ones."""
    if op.get_bind().dialect.name not in {"sqlite", "postgresql"}:
        return
    for name, (columns, rows) in _INDEXES.items():
        op.drop_index(name, "credguard_notice", if_exists=True)
        where = sa.text(rows)
        op.create_index(
            name,
            "credguard_notice",
            columns,
            sqlite_where=where,
            postgresql_where=where,
        )


def downgrade() -> None:
    """Refuse, as every migration does: what is stored is never thrown away."""
    message = "credguard's tables are not downgraded; restore a backup"
    raise RuntimeError(message)
