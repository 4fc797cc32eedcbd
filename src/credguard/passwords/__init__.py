"""
Password hashes: Argon2id for new ones, comparison for what forums already hold.

This room stands alone: it takes text and gives text, and needs no database.
"""

from credguard.passwords.describing import Description
from credguard.passwords.hasher import PasswordHasher, Verified
from credguard.passwords.legacy import DJANGO, WERKZEUG, LegacyScheme
from credguard.passwords.preparing import Flaw
from credguard.passwords.sealing import WriteFormat
from credguard.passwords.work_factor import (
    CHEAPEST,
    OWASP_7_MIB,
    OWASP_9_MIB,
    OWASP_12_MIB,
    OWASP_19_MIB,
    OWASP_46_MIB,
    RFC_9106_LOW_MEMORY,
    Ceilings,
    WorkFactor,
)

__all__ = [
    "CHEAPEST",
    "DJANGO",
    "OWASP_7_MIB",
    "OWASP_9_MIB",
    "OWASP_12_MIB",
    "OWASP_19_MIB",
    "OWASP_46_MIB",
    "RFC_9106_LOW_MEMORY",
    "WERKZEUG",
    "Ceilings",
    "Description",
    "Flaw",
    "LegacyScheme",
    "PasswordHasher",
    "Verified",
    "WorkFactor",
    "WriteFormat",
]
