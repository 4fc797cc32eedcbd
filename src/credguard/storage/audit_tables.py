"""The credguard_* tables of the audit log; a record is written once."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Text
from sqlalchemy.dialects import mysql

from credguard.storage.instants import Instant
from credguard.storage.table_parts import table

# 16 bytes for each account of a range: more than a BLOB of MariaDB holds.
_LEAVES = LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")

audit = table(
    "credguard_audit",
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("event", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Column("key_id", String(8), nullable=False),
    Column("mac", String(64), nullable=False),
)

audit_head = table(
    "credguard_audit_head",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("mac", String(64), nullable=False),
)

audit_leaves = table(
    "credguard_audit_leaves",
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("leaves", _LEAVES, nullable=False),
)
