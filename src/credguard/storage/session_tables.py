"""The credguard_* tables of sessions: the log-in journal, and swaps that were found."""

from sqlalchemy import BigInteger, Column, Index, Integer, String

from credguard.storage.instants import Instant
from credguard.storage.table_parts import ACCOUNT_ID_CHARACTERS, account_id, table

login = table(
    "credguard_login",
    Column("id", String(22), primary_key=True),
    Column("at", Instant, nullable=False),
    account_id(),
    Column("owner", String(22), nullable=False),
    Column("browser", String(22), nullable=False),
    Column("network", String(22), nullable=True),
    Column("network_range", String(43), nullable=True),
    Index("credguard_login_at", "at", "id"),
    Index("credguard_login_owner", "owner"),
    Index("credguard_login_browser", "browser"),
)

journal = table(
    "credguard_journal",
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("begun_at", Instant, nullable=False),
    Column("purged_until", Instant, nullable=True),
    Column("retention_days", Integer, nullable=False),
    Column("skew_seconds", Integer, nullable=False),
)

swap = table(
    "credguard_swap",
    Column("id", String(22), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("owner_id", String(ACCOUNT_ID_CHARACTERS), nullable=True),
    Column("other_id", String(ACCOUNT_ID_CHARACTERS), nullable=True),
    Column("owner", String(22), nullable=False),
    Column("browser", String(22), nullable=False),
    Column("made_at", Instant, nullable=False),
    Index("credguard_swap_at", "at", "id"),
)

swap_alarm = table(
    "credguard_swap_alarm",
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
)
