"""
Screening: is this password known, is it about this person, is it easy to guess?

`PasswordPolicy` asks; blocklists answer with one of three outcomes (listed, not
listed, could not ask), and none of them is ever taken for another.
"""

from credguard.screening.blocklists import AnyOf, Blocklist, FirstAvailable, Words
from credguard.screening.common_passwords import CommonPasswords
from credguard.screening.corpus import Corpus
from credguard.screening.corpus.layout import Kind
from credguard.screening.hints import Hint
from credguard.screening.policy import Accepted, PasswordPolicy, WhenUnasked
from credguard.screening.range_cache import FolderCache, MemoryCache
from credguard.screening.range_service import RangeService
from credguard.screening.reasons import Reason, ReasonCode
from credguard.screening.strength import Strength, estimate
from credguard.screening.verdicts import (
    Listed,
    NotListed,
    Unasked,
    UnaskedReason,
    Verdict,
)
from credguard.screening.wording import ENGLISH, Wording

__all__ = [
    "ENGLISH",
    "Accepted",
    "AnyOf",
    "Blocklist",
    "CommonPasswords",
    "Corpus",
    "FirstAvailable",
    "FolderCache",
    "Hint",
    "Kind",
    "Listed",
    "MemoryCache",
    "NotListed",
    "PasswordPolicy",
    "RangeService",
    "Reason",
    "ReasonCode",
    "Strength",
    "Unasked",
    "UnaskedReason",
    "Verdict",
    "WhenUnasked",
    "Wording",
    "Words",
    "estimate",
]
