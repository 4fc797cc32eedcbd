"""The credguard_* tables of incidents; a row is written once and never changed."""

from sqlalchemy import Column, ForeignKey, Integer, String, Text

from credguard.storage.instants import Instant
from credguard.storage.table_parts import account_id, table


def _of() -> Column[str]:
    whose = ForeignKey("credguard_incident.id")
    return Column("incident_id", String(16), whose, primary_key=True)


def _number() -> Column[int]:
    return Column("number", Integer, primary_key=True, autoincrement=False)


incident = table(
    "credguard_incident",
    Column("id", String(16), primary_key=True),
    Column("title", String(200), nullable=False),
    Column("aware_at", Instant, nullable=False),
    Column("opened_at", Instant, nullable=False),
)

incident_revision = table(
    "credguard_incident_revision",
    _of(),
    _number(),
    Column("field", String(32), nullable=False),
    Column("value", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(100), nullable=False),
    Column("why", Text, nullable=False),
)

incident_cohort = table(
    "credguard_incident_cohort",
    _of(),
    Column("name", String(64), primary_key=True),
    Column("source", String(200), nullable=False),
    Column("accounts", Integer, nullable=False),
    Column("at", Instant, nullable=False),
)

incident_member = table(
    "credguard_incident_member",
    _of(),
    Column("cohort", String(64), primary_key=True),
    account_id(key=True),
)

incident_measure = table(
    "credguard_incident_measure",
    _of(),
    _number(),
    Column("text", Text, nullable=False),
    Column("campaign_id", String(16), nullable=True),
    Column("at", Instant, nullable=False),
)

incident_report = table(
    "credguard_incident_report",
    _of(),
    _number(),
    Column("at", Instant, nullable=False),
    Column("answers", Text, nullable=False),
)
