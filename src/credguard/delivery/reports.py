"""
Mails that came back, read: delivery reports and complaints. Pure.

Anybody can send such a mail, of any size and shape. Only the first part of it is
looked at, its structure is bounded before it is parsed, and whose notice it is about
stands in a return path whose tag nobody else can make; that tag is checked by the
campaign, not here.

Source:
    RFC 3462 (multipart/report), RFC 3464 (delivery status), RFC 5965 (feedback).
"""

import re
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.policy import compat32

from credguard.campaigns.bounces import EventKind, MailEvent

MAX_MAIL_OCTETS = 262_144  # read of one mail; a report's own part comes early
MAX_PARTS = 20
MAX_HEADERS_OCTETS = 65_536
MAX_FIELDS_OCTETS = 16_384

_NESTED = re.compile(rb"(?i)boundary\s*=|content-type:\s*message/")
_ACTION = re.compile(r"(?im)^Action:[ \t]*([a-z]+)")
_STATUS = re.compile(r"(?im)^Status:[ \t]*([245]\.[0-9]{1,3}\.[0-9]{1,3})\b")
_FEEDBACK = re.compile(r"(?im)^Feedback-Type:[ \t]*([a-z-]+)")
_FAILED = "failed"
# What the standard parser, and the writing of what it made, raise on bad mail.
_MISREAD = (
    *(MessageError, LookupError, ValueError, TypeError, AttributeError),
    RecursionError,
)
_COMPLAINTS = frozenset({"abuse", "fraud"})


def read_report(mail: bytes) -> MailEvent | None:
    """
    Read a mail that came back.

    Args:
        mail: Its octets; past the first 256 KiB nothing is looked at.

    Returns:
        What it tells, for `Campaigns.take_mail`; None if it tells of no delivery
        that failed for good and of no complaint.
    """
    mail = mail[:MAX_MAIL_OCTETS]
    # A parser follows parts into parts; so many is no report.
    if len(_NESTED.findall(mail)) > MAX_PARTS:
        return None
    try:
        message = message_from_bytes(mail, policy=compat32)
        if message.get_content_type() != "multipart/report":
            return None
        return _read(message, mail)
    except _MISREAD:
        return None


def _read(message: Message, mail: bytes) -> MailEvent | None:
    head = mail[:MAX_HEADERS_OCTETS].decode("latin-1")
    for number, part in enumerate(message.walk()):
        if number > MAX_PARTS:
            break
        kind = part.get_content_type()
        if kind in {"message/delivery-status", "message/global-delivery-status"}:
            return _failure(_fields(part), head)
        if kind == "message/feedback-report":
            return _complaint(_fields(part), mail.decode("latin-1"))
    return None


def _failure(fields: str, head: str) -> MailEvent | None:
    actions = [each.lower() for each in _ACTION.findall(fields)]
    if _FAILED not in actions:
        return None  # delayed, delivered, relayed or expanded: nothing is over
    statuses = _STATUS.findall(fields)
    # A report may be about several recipients; ours went to one.
    permanent = [each for each in statuses if each.startswith("5")]
    status = next(iter(permanent or statuses), "5.0.0")
    return MailEvent(EventKind.BOUNCED, head, status)


def _complaint(fields: str, whole: str) -> MailEvent | None:
    found = _FEEDBACK.search(fields)
    if found is None or found[1].lower() not in _COMPLAINTS:
        return None
    # The complaint is about the message in its third part: its return path counts.
    return MailEvent(EventKind.COMPLAINED, whole)


def _fields(part: Message) -> str:
    """Return the fields of a report's own part, which the parser took for headers."""
    return part.as_bytes()[:MAX_FIELDS_OCTETS].decode("latin-1")
