"""An index of the notices that have no place in the waves yet."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index where the database knows partial ones; others have another."""
    if op.get_bind().dialect.name not in {"sqlite", "postgresql"}:
        return
    where = sa.text("lane IS NULL")
    op.create_index(
        "credguard_notice_unplaced",
        "credguard_notice",
        ["campaign_id", "state"],
        sqlite_where=where,
        postgresql_where=where,
        if_not_exists=True,
    )


def downgrade() -> None:
    """Refuse, as every migration does: what is stored is never thrown away."""
    message = "credguard's tables are not downgraded; restore a backup"
    raise RuntimeError(message)
