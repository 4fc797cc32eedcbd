"""What a factor's codes are made of, recovery codes, and trusted devices."""

from functools import partial

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None

_FACTOR = "credguard_second_factor"
# MariaDB does not undo what a migration that was killed has made.
_make_table = partial(
    op.create_table,
    if_not_exists=True,
    mysql_charset="utf8mb4",
    mysql_collate="utf8mb4_bin",
    mariadb_charset="utf8mb4",
    mariadb_collate="utf8mb4_nopad_bin",
)


def upgrade() -> None:
    """Add the columns and make the tables."""
    _extend_factors()
    _make_recovery_codes()
    _make_trusted_devices()


def _extend_factors() -> None:
    connection = op.get_bind()
    there = {each["name"] for each in sa.inspect(connection).get_columns(_FACTOR)}
    # The defaults are what every factor was made of before there was a choice.
    for column in (
        sa.Column("key_id", sa.String(8), nullable=True),
        sa.Column("algorithm", sa.String(8), nullable=False, server_default="SHA1"),
        sa.Column("digits", sa.Integer, nullable=False, server_default="6"),
        sa.Column("period_seconds", sa.Integer, nullable=False, server_default="30"),
        sa.Column("seed_bits", sa.Integer, nullable=False, server_default="160"),
        sa.Column("source", sa.String(32), nullable=False, server_default="enrolled"),
        sa.Column("replaces", sa.String(22), nullable=True),
        sa.Column("recovery_left", sa.Integer, nullable=False, server_default="0"),
        sa.Column("recovery_saved_at", sa.BigInteger, nullable=True),
    ):
        if column.name not in there:
            op.add_column(_FACTOR, column)
    factor = sa.table(_FACTOR, sa.column("key_id"), sa.column("sealed", sa.String))
    # A sealed text is "cgs1.", then the eight characters of the key's id.
    key_id = sa.func.substr(factor.c.sealed, 6, 8)
    op.execute(
        sa.update(factor).where(factor.c.sealed.is_not(None)).values(key_id=key_id)
    )


def _make_recovery_codes() -> None:
    _make_table(
        "credguard_recovery_code",
        sa.Column("account_id", sa.String(255), primary_key=True),
        sa.Column("slot", sa.String(8), primary_key=True),
        sa.Column("factor_id", sa.String(22), nullable=False),
        sa.Column("hashed", sa.String(255), nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=True),
    )


def _make_trusted_devices() -> None:
    _make_table(
        "credguard_trusted_device",
        sa.Column("id", sa.String(22), primary_key=True),
        sa.Column("account_id", sa.String(255), nullable=False),
        sa.Column("factor_id", sa.String(22), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("previous", sa.String(64), nullable=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("rotated_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index(
        "credguard_trusted_device_account",
        "credguard_trusted_device",
        ["account_id"],
        if_not_exists=True,
    )


def downgrade() -> None:
    """Refuse: a downgrade would throw away everybody's recovery codes."""
    message = "credguard's tables are not downgraded; restore a backup"
    raise RuntimeError(message)
