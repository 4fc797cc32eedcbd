"""The head of the audit log as a line of text, to be kept elsewhere. Pure."""

import re

from credguard.errors import AuditBrokenError
from credguard.storage.audit import AuditHead

_LINE = re.compile(r"cga1 (0|[1-9][0-9]{0,17}) ([0-9a-f]{64})", re.ASCII)
MAX_LINE_CHARACTERS = 1000


def to_line(head: AuditHead) -> str:
    """Return the line that `read_line` reads back."""
    return f"cga1 {head.number} {head.mac}"


def read_line(text: str) -> AuditHead:
    """
    Read a line that was kept.

    Args:
        text: The line; anything may be given.

    Raises:
        AuditBrokenError: It is none.
    """
    found = _LINE.fullmatch(text[:MAX_LINE_CHARACTERS].strip())
    if found is None:
        message = "what was kept is no head of an audit log: cga1, a number, and a code"
        raise AuditBrokenError(message)
    return AuditHead(int(found[1]), found[2])
