"""A message as the bytes that are sent or filed."""

import re
from email.errors import MessageError
from email.message import EmailMessage

_ANY_LINE_END = re.compile(rb"\r\n|\r|\n")


def to_bytes(message: EmailMessage, *, line_end: bytes) -> bytes | None:
    """
    Return *message* as ASCII bytes, None if it holds what no mail can carry.

    Every line end becomes *line_end*. A lone CR or LF that got through to a mail
    server could pass for the end of the message and smuggle in another one.

    Source:
        RFC 5321 section 2.3.8 (lines end with CRLF and with nothing else).
    """
    try:
        policy = message.policy.clone(cte_type="7bit", linesep="\r\n")
        written = message.as_bytes(policy=policy)
    except (MessageError, UnicodeError, LookupError):
        return None
    if not written.isascii() or b"\0" in written:
        return None
    lines = _ANY_LINE_END.sub(line_end, written)
    return lines if lines.endswith(line_end) else lines + line_end
