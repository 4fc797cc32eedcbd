"""
The credguard_* tables.

Instants are integers, microseconds since 1970 in UTC: one meaning and one order
in every database. Account ids are the forum's own, as text. Migrations make
these tables; a test compares the two.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    false,
    true,
)

from credguard.storage import (  # noqa: F401  # known from here on
    audit_tables,
    incident_tables,
    session_tables,
)
from credguard.storage.instants import Instant
from credguard.storage.table_parts import (
    ACCOUNT_ID_CHARACTERS,
    account_id,
    metadata,
    partial_index,
    table,
)

__all__ = ["ACCOUNT_ID_CHARACTERS", "metadata"]

key_canary = table(
    "credguard_key_canary",
    Column("key_id", String(8), primary_key=True),
    Column("sealed", String(255), nullable=False),
    Column("made_at", Instant, nullable=False),
)

credential = table(
    "credguard_credential",
    account_id(key=True),
    Column("epoch", Integer, nullable=False),
    Column("set_at", Instant, nullable=True),
)

campaign = table(
    "credguard_campaign",
    Column("id", String(16), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("scope", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=True),
    Column("sealed_key", Text, nullable=True),
    Column("rate", Float, nullable=False),
    Column("next_slot_at", Instant, nullable=False),
    Column("version", Integer, nullable=False),
)

list_entry = table(
    "credguard_list_entry",
    Column("digest", String(64), primary_key=True),
    account_id(key=True),
)

approval = table(
    "credguard_approval",
    Column("plan", String(64), primary_key=True),
    Column("approver", String(64), primary_key=True),
    Column("approved_at", Instant, nullable=False),
    Column("proof", String(128), nullable=False),
)

sweep_range = table(
    "credguard_sweep_range",
    Column("sweep", String(32), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("low", String(ACCOUNT_ID_CHARACTERS), nullable=True),
    Column("high", String(ACCOUNT_ID_CHARACTERS), nullable=False),
    Column("state", String(16), nullable=False),
    Column("owner", String(64), nullable=True),
    Column("lease_until", Instant, nullable=True),
    Column("touched", Integer, nullable=False),
    Column("version", Integer, nullable=False),
)

# No foreign key and no other index: each is looked up once for a million rows. What
# is asked for is the account's, or goes through them all in order of their ids.
member = table(
    "credguard_member",
    account_id(key=True),
    Column("campaign_id", String(16), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("how", String(16), nullable=True),
    Column("retired", Text, nullable=True),
    Column("page", BigInteger, nullable=True),
    Column("pending", Text, nullable=True),
    Column("changed_at", Instant, nullable=False),
    Column("version", Integer, nullable=False),
    Column("is_reachable", Boolean, nullable=False, server_default=false()),
    Column("epochs", Integer, nullable=False, server_default="0"),
    rowid=False,
)

retired_page = table(
    "credguard_retired_page",
    Column("campaign_id", String(16), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("sealed", Text, nullable=False),
)

notice = table(
    "credguard_notice",
    Column("id", String(22), primary_key=True),
    Column(
        "campaign_id", String(16), ForeignKey("credguard_campaign.id"), nullable=False
    ),
    account_id(),
    Column("state", String(16), nullable=False),
    Column("key_id", String(8), nullable=False),
    Column("queued_at", Instant, nullable=False),
    Column("written_at", Instant, nullable=True),
    Column("expires_at", Instant, nullable=True),
    Column("due_at", Instant, nullable=False),
    Column("told_at", Instant, nullable=True),
    Column("attempts", Integer, nullable=False),
    Column("reply", String(32), nullable=True),
    Column("owner", String(64), nullable=True),
    Column("lease_until", Instant, nullable=True),
    Column("version", Integer, nullable=False),
    Column("kind", String(16), nullable=False, server_default="first"),
    Column("is_current", Boolean, nullable=False, server_default=true()),
    Column("lane", String(32), nullable=True),
    Column("place", BigInteger, nullable=True),
    Column("mail_group", String(255), nullable=True),
    Column("language", String(16), nullable=True),
    Column("sent_to", String(22), nullable=True),
    Column("decided_at", Instant, nullable=True),
    Column("complained_at", Instant, nullable=True),
    Index("credguard_notice_once", "account_id", "campaign_id", "kind", unique=True),
    Index("credguard_notice_due", "campaign_id", "state", "due_at"),
    # A million rows are queued that these do not list yet: half of that work.
    partial_index(
        "credguard_notice_place",
        *("campaign_id", "state", "lane", "place"),
        rows="lane IS NOT NULL",
    ),
    # Asked before each batch: without it, all that are queued are looked through.
    # On MariaDB the index of places, which is of all rows there, answers it.
    partial_index(
        "credguard_notice_unplaced",
        *("campaign_id", "state"),
        rows="lane IS NULL",
    ),
    partial_index(
        "credguard_notice_decided",
        *("campaign_id", "decided_at"),
        rows="decided_at IS NOT NULL",
    ),
)

pace = table(
    "credguard_pace",
    Column("name", String(255), primary_key=True),
    Column("next_slot_at", Instant, nullable=False),
    Column("rests_until", Instant, nullable=True),
    Column("rest_seconds", Integer, nullable=False),
    Column("deferrals", Integer, nullable=False),
    Column("version", Integer, nullable=False),
)

sent_hour = table(
    "credguard_sent_hour",
    Column("hour", Instant, primary_key=True, autoincrement=False),
    Column("sent", Integer, nullable=False),
)

sending = table(
    "credguard_sending",
    Column(
        "campaign_id", String(16), ForeignKey("credguard_campaign.id"), primary_key=True
    ),
    Column("paused_at", Instant, nullable=True),
    Column("why", String(255), nullable=True),
    Column("resumed_at", Instant, nullable=True),
    Column("version", Integer, nullable=False),
    Column("queued_to", String(ACCOUNT_ID_CHARACTERS), nullable=True),
)

suppression = table(
    "credguard_suppression",
    Column("digest", String(22), primary_key=True),
    Column("reason", String(16), nullable=False),
    Column("since", Instant, nullable=False),
)

second_factor = table(
    "credguard_second_factor",
    account_id(key=True),
    Column("place", String(8), primary_key=True),
    Column("id", String(22), nullable=False),
    Column("state", String(16), nullable=False),
    Column("sealed", String(255), nullable=True),
    Column("last_step", BigInteger, nullable=True),
    Column("failures", Integer, nullable=False),
    Column("retry_at", Instant, nullable=True),
    Column("expires_at", Instant, nullable=True),
    Column("made_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("version", Integer, nullable=False),
    Column("key_id", String(8), nullable=True),
    Column("algorithm", String(8), nullable=False),
    Column("digits", Integer, nullable=False),
    Column("period_seconds", Integer, nullable=False),
    Column("seed_bits", Integer, nullable=False),
    Column("source", String(32), nullable=False),
    Column("replaces", String(22), nullable=True),
    Column("recovery_left", Integer, nullable=False),
    Column("recovery_saved_at", Instant, nullable=True),
)

recovery_code = table(
    "credguard_recovery_code",
    account_id(key=True),
    Column("slot", String(8), primary_key=True),
    Column("factor_id", String(22), nullable=False),
    Column("hashed", String(255), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("used_at", Instant, nullable=True),
)

trusted_device = table(
    "credguard_trusted_device",
    Column("id", String(22), primary_key=True),
    account_id(),
    Column("factor_id", String(22), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("previous", String(64), nullable=True),
    Column("name", String(64), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("rotated_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("version", Integer, nullable=False),
    Index("credguard_trusted_device_account", "account_id"),
)

factor_leak = table(
    "credguard_factor_leak",
    Column("id", String(16), primary_key=True),
    Column("leaked", String(128), nullable=False),
    Column("selection", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("deadline", Instant, nullable=False),
    Column("ended_at", Instant, nullable=True),
)

factor_renewal = table(
    "credguard_factor_renewal",
    Column("leak_id", String(16), primary_key=True),
    account_id(key=True),
    Column("state", String(16), nullable=False),
    Column("factor_id", String(22), nullable=True),
    Column("reason", String(255), nullable=True),
    Column("changed_at", Instant, nullable=False),
    Index("credguard_factor_renewal_state", "leak_id", "state", "account_id"),
)

screening = table(
    "credguard_screening",
    account_id(key=True),
    Column("outcome", String(16), nullable=False),
    Column("reason", String(32), nullable=True),
    Column("times", BigInteger, nullable=False),
    Column("stamp", String(32), nullable=False),
    Column("hash_tag", String(40), nullable=False),
    Column("screened_at", Instant, nullable=False),
    Column("version", Integer, nullable=False),
    Index("credguard_screening_outcome", "outcome", "account_id"),
)
