"""
Sessions: whose they are, when they end, who logged in, and which were swapped.

On 7 February 2019 a forum's members who logged in at the same moment got into each
other's accounts, for three days. A stamp finds that at the next request; the journal
says afterwards who logged in, and which log-ins may have been crossed.
"""

from credguard.sessions.crossing import Crossing, Entry
from credguard.sessions.epochs import (
    FIRST_EPOCH,
    Credential,
    credential_of,
    credentials_of,
    epoch_of,
    password_was_set,
    raise_epochs,
)
from credguard.sessions.journal import Journal, Window
from credguard.sessions.journal_policy import JournalPolicy
from credguard.sessions.stamps import (
    MAX_STAMP_CHARACTERS,
    Stamp,
    check_stamp,
    make_stamp,
    open_stamp,
    read_stamp,
)
from credguard.sessions.swaps import Alarm, Swap, SwapPolicy, Swaps, found_safely

__all__ = [
    "FIRST_EPOCH",
    "MAX_STAMP_CHARACTERS",
    "Alarm",
    "Credential",
    "Crossing",
    "Entry",
    "Journal",
    "JournalPolicy",
    "Stamp",
    "Swap",
    "SwapPolicy",
    "Swaps",
    "Window",
    "check_stamp",
    "credential_of",
    "credentials_of",
    "epoch_of",
    "found_safely",
    "make_stamp",
    "open_stamp",
    "password_was_set",
    "raise_epochs",
    "read_stamp",
]
