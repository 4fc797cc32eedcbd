"""Retired hashes are sealed by the page, and a member's row has one key."""

from functools import partial

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_MEMBER, _NEW = "credguard_member", "credguard_member_new"
_KEPT = (
    *("account_id", "campaign_id", "state", "how", "retired", "pending"),
    *("changed_at", "version"),
)

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


def upgrade() -> None:
    """Make the table of pages, that of the members anew, and room for the rest."""
    _make_table(
        "credguard_retired_page",
        sa.Column("campaign_id", sa.String(16), primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("sealed", sa.Text, nullable=False),
    )
    tables = sa.inspect(op.get_bind()).get_table_names()
    if _MEMBER in tables and "page" not in _columns(_MEMBER):
        _copy_members(tables)
        op.drop_table(_MEMBER)
        op.rename_table(_NEW, _MEMBER)
    elif _MEMBER not in tables:
        op.rename_table(_NEW, _MEMBER)
    if op.get_bind().dialect.name in {"mysql", "mariadb"}:
        op.alter_column(
            "credguard_audit_leaves",
            "leaves",
            type_=mysql.MEDIUMBLOB(),
            existing_type=sa.LargeBinary(),
            existing_nullable=False,
        )
    if "queued_to" not in _columns("credguard_sending"):
        cursor = sa.Column("queued_to", sa.String(255), nullable=True)
        op.add_column("credguard_sending", cursor)


def _columns(table: str) -> set[str]:
    return {each["name"] for each in sa.inspect(op.get_bind()).get_columns(table)}


def _copy_members(tables: list[str]) -> None:
    """Write the members into a table of the new form; they keep their own hashes."""
    if _NEW in tables:
        op.drop_table(_NEW)
    _make_table(
        _NEW,
        sa.Column("account_id", sa.String(255), primary_key=True),
        sa.Column("campaign_id", sa.String(16), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("how", sa.String(16), nullable=True),
        sa.Column("retired", sa.Text, nullable=True),
        sa.Column("page", sa.BigInteger, nullable=True),
        sa.Column("pending", sa.Text, nullable=True),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column(
            "is_reachable", sa.Boolean, nullable=False, server_default=sa.false()
        ),
        sa.Column("epochs", sa.Integer, nullable=False, server_default="0"),
        sqlite_with_rowid=False,
    )
    old, new = (
        sa.table(name, *(sa.column(each) for each in _KEPT)) for name in (_MEMBER, _NEW)
    )
    copied = sa.select(*(old.c[name] for name in _KEPT))
    op.execute(new.insert().from_select(list(_KEPT), copied))


def downgrade() -> None:
    """Refuse: hashes that are sealed by the page could not be put back."""
    message = "credguard's tables are not downgraded; restore a backup"
    raise RuntimeError(message)
