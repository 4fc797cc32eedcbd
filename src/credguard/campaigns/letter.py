"""
The notice: what it says, whom it can reach, and a message made of both.

Pure: no clock, no storage, no network. The same notice composed twice is the same
message, with the same Message-ID, date and link. It is plain text without tracking,
attachment or urgency, because members are told to distrust mail that has them (NCSC,
Data breaches: guidance for individuals and families).
"""

import hashlib
import re
from binascii import b2a_qp
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from credguard._clock import in_utc
from credguard._text import from_base64url, to_base64url
from credguard.campaigns.letter_checks import (
    NOT_IN_HEADER,
    NOT_IN_TEXT,
    TOKEN_PLACE,
    check_fields,
    check_link,
    check_text,
)
from credguard.campaigns.letter_texts import (
    DEFAULT_BODY,
    DEFAULT_BODY_WITHOUT_LINK,
    DEFAULT_SUBJECT,
)
from credguard.campaigns.reachable import is_domain, is_reachable
from credguard.errors import DeliverySetupError

MAX_LINE_OCTETS = 998  # RFC 5322 section 2.1.1, without CRLF
MAX_NAME_CHARACTERS = 100
MAX_SUBJECT_CHARACTERS = 200
MAX_REASON_CHARACTERS = 2_000
MAX_BODY_CHARACTERS = 10_000
MAX_TOKEN_CHARACTERS = 400
NOTICE_ID_BYTES = 16

__all__ = [
    "DEFAULT_BODY",
    "DEFAULT_SUBJECT",
    "LetterTemplate",
    "compose",
    "is_reachable",
    "message_id",
]

_URL_SAFE = re.compile(r"[A-Za-z0-9._~-]+", re.ASCII)  # RFC 3986 section 2.3
_NAME = re.compile(r"(?<![0-9a-f])([0-9a-f]{32})(?![0-9a-f])", re.ASCII)
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._-]{1,64}@([^<>]+)>", re.ASCII)
_LAST_INSTANT = datetime.max.replace(tzinfo=UTC)
_BODY_FIELDS = frozenset({"site", "reason"})
_LINK_FIELDS = _BODY_FIELDS | {"link", "until"}
_SUBJECT_FIELDS = frozenset({"site"})


def message_id(notice_id: str, domain: str) -> str:
    """
    Return the Message-ID of a notice, always the same for the same notice.

    Args:
        notice_id: What names the notice among all; it is no secret.

        domain: The sender's domain.

    Raises:
        DeliverySetupError: *domain* is not a domain.

    Source:
        RFC 5322 section 3.6.4.
    """
    if not is_domain(domain):
        message = "a Message-ID needs a domain such as forum.example"
        raise DeliverySetupError(message)
    named = from_base64url(notice_id)
    if named is None or len(named) != NOTICE_ID_BYTES:
        named = hashlib.sha256(notice_id.encode("utf-8", "surrogatepass")).digest()
    return f"<{named[:NOTICE_ID_BYTES].hex()}.credguard@{domain}>"


def notice_named(text: str) -> str | None:
    """Return the id of the notice that a Message-ID or idempotency key names."""
    named = _NAME.search(text[:MAX_LINE_OCTETS])
    return to_base64url(bytes.fromhex(named[1])) if named else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterTemplate:
    """
    What all notices of a campaign have in common; checked when it is made.

    Args:
        site: The forum's name, as its members know it.

        reason: What happened, in plain words; may have several lines.

        sender_name: The name beside the sender's address; may be empty.

        sender_address: The address that the notices come from.

        link: The page that redeems a token, with ``{token}`` in one place. It
            is https, except on this machine. Empty for notices without a link,
            which is the default: members go to the forum themselves.

        subject: May name the field ``{site}``.

        body: May name the fields ``{site}`` and ``{reason}``. With a link, it may
            name ``{until}`` and must name ``{link}``.

    Raises:
        DeliverySetupError: One of these cannot work; the text says which.
    """

    site: str
    reason: str
    sender_name: str
    sender_address: str
    link: str = ""
    subject: str = DEFAULT_SUBJECT
    body: str = DEFAULT_BODY
    _headers: EmailMessage = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.link and self.body == DEFAULT_BODY:
            object.__setattr__(self, "body", DEFAULT_BODY_WITHOUT_LINK)
        for what, text, longest in (
            ("site", self.site, MAX_NAME_CHARACTERS),
            ("sender name", self.sender_name or "-", MAX_NAME_CHARACTERS),
            ("subject", self.subject, MAX_SUBJECT_CHARACTERS),
        ):
            check_text(what, text, forbidden=NOT_IN_HEADER, longest=longest)
        for what, text, longest in (
            ("reason", self.reason, MAX_REASON_CHARACTERS),
            ("body", self.body, MAX_BODY_CHARACTERS),
        ):
            check_text(what, text, forbidden=NOT_IN_TEXT, longest=longest)
        if not is_reachable(self.sender_address):
            message = "the sender must be one address such as help@forum.example"
            raise DeliverySetupError(message)
        check_fields("subject", self.subject, _SUBJECT_FIELDS)
        if not self.link:
            check_fields("body", self.body, _BODY_FIELDS)
        else:
            check_link(self.link)
            if "link" not in check_fields("body", self.body, _LINK_FIELDS):
                message = "the body must name the field {link}"
                raise DeliverySetupError(message)
        object.__setattr__(self, "_headers", self._shared_headers())

    @property
    def domain(self) -> str:
        """The sender's domain, for `message_id`."""
        return self.sender_address.partition("@")[2]

    def _shared_headers(self) -> EmailMessage:
        # Building and folding headers costs more than the rest of a message, so
        # those that all notices share are built once and kept as they were folded.
        message = EmailMessage(policy=SMTP)
        message["From"] = Address(self.sender_name, addr_spec=self.sender_address)
        message["Subject"] = self.subject.format(site=self.site)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5
        message = message_from_bytes(message.as_bytes(), EmailMessage, policy=SMTP)
        longest = self._text(token="x" * MAX_TOKEN_CHARACTERS, until=_LAST_INSTANT)
        message.set_content("", cte=_transfer_encoding(longest))
        return message

    def _text(self, *, token: str, until: datetime) -> str:
        return self.body.format(
            site=self.site,
            reason=self.reason,
            link=self.link.replace(TOKEN_PLACE, token),
            until=in_utc(until).strftime("%Y-%m-%d, %H:%M UTC"),
        )


def compose(
    template: LetterTemplate,
    *,
    recipient: str,
    token: str,
    until: datetime,
    queued_at: datetime,
    message_id: str,
) -> EmailMessage:
    """
    Return the notice to one member.

    Args:
        template: What all notices of the campaign have in common.

        recipient: The stored address, which `is_reachable` accepts.

        token: The reset token; it stands in the link and nowhere else. Not used
            for a letter without a link.

        until: The instant after which the link no longer works.

        queued_at: The date of the message. Hand in the same instant when the
            notice is composed again, so that it is the same message.

        message_id: What `message_id` returned for this notice.

    Returns:
        A message for `Delivery.send`, to exactly *recipient*.

    Raises:
        DeliverySetupError: *recipient*, *token* or *message_id* is not one.

    Source:
        RFC 3834 (Auto-Submitted); RFC 2045 section 6.7 (quoted-printable).
    """
    if not is_reachable(recipient):
        text = "a notice was to go to an address that is not reachable"
        raise DeliverySetupError(text)
    is_safe = len(token) <= MAX_TOKEN_CHARACTERS and _URL_SAFE.fullmatch(token)
    if template.link and not is_safe:
        text = "a token has characters that do not fit into a link"
        raise DeliverySetupError(text)
    named = _MESSAGE_ID.fullmatch(message_id)
    if named is None or not is_domain(named[1]):
        text = "a Message-ID is not of the form <name@domain>"
        raise DeliverySetupError(text)
    shared = template._headers  # noqa: SLF001  # ours, this module
    message = EmailMessage(policy=SMTP)
    for name, value in shared.raw_items():
        message.set_raw(name, value)
    # These three were checked above or are made here, so that they are kept as a
    # parser would keep them: word for word.
    message.set_raw("To", recipient)
    message.set_raw("Date", format_datetime(in_utc(queued_at)))
    message.set_raw("Message-ID", message_id)
    text = template._text(token=token, until=until)  # noqa: SLF001  # as above
    if shared["Content-Transfer-Encoding"] == "quoted-printable":
        text = b2a_qp(text.encode()).decode("ascii")
    message.set_payload(text)
    return message


def _transfer_encoding(text: str) -> str:
    # A relay that cannot carry 8-bit text would recode it; both of these pass
    # everywhere unchanged, and 7bit leaves the link readable in the raw message.
    longest = max(len(line) for line in text.split("\n"))
    fits = text.isascii() and longest <= MAX_LINE_OCTETS
    return "7bit" if fits else "quoted-printable"
