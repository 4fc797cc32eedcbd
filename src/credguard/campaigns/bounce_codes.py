"""What a reply or status code says about an address. Pure."""

# RFC 5321 section 4.2.3: mailbox unavailable, not local, name not allowed.
_BAD_REPLIES = frozenset({"550", "551", "553"})
# RFC 3463 section 3.2 (bad destination mailbox) and 3.3 (mailbox disabled); Exchange
# has 5.1.10 for a recipient that is not found.
_BAD_STATUSES = ("5.1.", "5.2.1")
# 5.1.7 and 5.1.8 are about the sender's address, 5.1.9 about a list's.
_NOT_THEIRS = frozenset({"5.1.7", "5.1.8", "5.1.9"})

BAD_PATTERNS = ("550", "551", "553", "5.1.%", "5.2.1")
"""The same, as SQL's LIKE has it; what is about the sender is in it too."""


def is_permanent(code: str) -> bool:
    """Return True if a message with this reply or status will never be taken."""
    return code.startswith("5")


def is_bad_address(code: str) -> bool:
    """Return True if the address itself is bad, so that no mail goes there again."""
    if code in _BAD_REPLIES:
        return True
    return code.startswith(_BAD_STATUSES) and code not in _NOT_THEIRS
