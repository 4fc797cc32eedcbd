"""
Mail exchangers that behave as they do on a bad day, in virtual time.

Limits for each group, lines that are closed (421), greylisting (450), addresses that
are gone (550), reports that come back late, and a server that takes its time. What a
sender must not do is counted: a message over a limit, one to an address that was
refused for good, a second copy that is not the first.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from heapq import heappop, heappush

from credguard.campaigns.delivering import Outcome, Receipt
from credguard.campaigns.mail_groups import Lanes
from credguard.drill.virtual_time import VirtualTime

_AT_ONCE = timedelta(milliseconds=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanger:
    """
    How a group of mail exchangers behaves.

    Attributes:
        rate: Messages a second that it takes, None for any number.

        burst: How many it takes at once on top.

        latency: How long a message takes; much for a tar pit.

        greylists: How long a first attempt is put off, None if it is not.

        closed: From when until when it closes every line, None if it never does.

        is_gone: Says which addresses are refused at once.

        is_gone_late: Says which are taken, and reported to be gone after a while.

        reports_after: After how long.
    """

    rate: float | None = None
    burst: float = 1.0
    latency: timedelta = _AT_ONCE
    greylists: timedelta | None = None
    closed: tuple[datetime, datetime] | None = None
    is_gone: Callable[[str], bool] = lambda _: False
    is_gone_late: Callable[[str], bool] = lambda _: False
    reports_after: timedelta = timedelta(minutes=10)


@dataclass(slots=True)
class Bucket:
    """
    What a limit leaves: so many a second, and some more at once.

    Attributes:
        rate: How many a second.

        burst: How many more.

        level: How many may come now.

        at: When that was counted.
    """

    rate: float
    burst: float
    level: float
    at: datetime

    def takes(self, now: datetime) -> bool:
        """Return True if one more may come."""
        gained = (now - self.at).total_seconds() * self.rate
        self.level = min(self.rate + self.burst, self.level + gained)
        self.at = now
        if self.level < 1 - 1e-6:
            return False
        self.level -= 1
        return True


@dataclass(slots=True)
class MailFarm:
    """
    A `Delivery` to many mail exchangers at once; a connection for each sender.

    Args:
        time: The virtual time.

        exchangers: How each named group behaves.

        others: How every other domain behaves, each for itself.

        rate: Messages a second over all, None for any number.

        day_quota: Messages in any 24 hours, None for any number.

        lanes: Finds the named group of an address.
    """

    time: VirtualTime
    exchangers: Mapping[str, Exchanger] = field(default_factory=dict)
    others: Exchanger = field(default_factory=Exchanger)
    rate: float | None = None
    day_quota: int | None = None
    lanes: Lanes = field(default_factory=lambda: Lanes({}))
    taken: dict[str, int] = field(default_factory=dict, init=False)
    refused: Counter[str] = field(default_factory=Counter, init=False)
    attempts: Counter[str] = field(default_factory=Counter, init=False)
    faults: Counter[str] = field(default_factory=Counter, init=False)
    order: list[str] = field(default_factory=list, init=False)
    last_at: datetime | None = field(default=None, init=False)
    _buckets: dict[str, Bucket] = field(default_factory=dict, init=False)
    _seen: dict[str, datetime] = field(default_factory=dict, init=False)
    _copies: dict[str, bytes] = field(default_factory=dict, init=False)
    _day: list[datetime] = field(default_factory=list, init=False)
    _reports: list[tuple[datetime, int, bytes]] = field(
        default_factory=list, init=False
    )

    def send(
        self,
        message: EmailMessage,
        *,
        recipient: str,
        return_path: str | None = None,
        idempotency_key: str = "",
    ) -> Receipt:
        """Answer as the recipient's exchanger would."""
        del idempotency_key
        group = self.lanes.of(recipient)[1]
        exchanger = self.exchangers.get(group, self.others)
        self._look_for_faults(message, recipient, group, exchanger)
        self.time.pause(exchanger.latency)
        self.attempts[recipient] += 1
        self.order.append(recipient)
        receipt = self._answer(recipient, exchanger)
        if receipt.outcome is Outcome.ACCEPTED:
            self.taken[recipient] = self.taken.get(recipient, 0) + 1
            self.last_at = self.time.clock()
            if exchanger.is_gone_late(recipient) and return_path is not None:
                due = self.last_at + exchanger.reports_after
                report = delivery_report(return_path, recipient, status="5.1.1")
                heappush(self._reports, (due, len(self.order), report))
        elif receipt.outcome is Outcome.REFUSED:
            self.refused[recipient] += 1
        return receipt

    def close(self) -> None:
        """Do nothing: there is no line."""

    def returned(self) -> list[bytes]:
        """Return the reports that have come back since the last time."""
        found = []
        while self._reports and self._reports[0][0] <= self.time.clock():
            found.append(heappop(self._reports)[2])
        return found

    def _look_for_faults(
        self, message: EmailMessage, recipient: str, group: str, exchanger: Exchanger
    ) -> None:
        now = self.time.clock()
        for name, rate, burst in (
            ("*", self.rate, 1.0),
            (group, exchanger.rate, exchanger.burst),
        ):
            if rate is not None:
                first = Bucket(rate, burst, rate + burst, now)
                if not self._buckets.setdefault(name, first).takes(now):
                    self.faults[f"over the limit of {name}"] += 1
        self._count_day(now)
        if self.refused[recipient]:
            self.faults["sent again after a refusal"] += 1
        name = str(message["Message-ID"])
        if self._copies.setdefault(name, message.as_bytes()) != message.as_bytes():
            self.faults["a second copy that is another message"] += 1

    def _count_day(self, now: datetime) -> None:
        if self.day_quota is None:
            return
        self._day.append(now)
        before = len(self._day) - 1 - self.day_quota
        if before >= 0 and now - self._day[before] < timedelta(days=1):
            self.faults["over the day's quota"] += 1

    def _answer(self, recipient: str, exchanger: Exchanger) -> Receipt:
        now = self.time.clock()
        if exchanger.closed and exchanger.closed[0] <= now < exchanger.closed[1]:
            return Receipt(Outcome.DEFERRED, "421")
        if exchanger.is_gone(recipient):
            return Receipt(Outcome.REFUSED, "550")
        if exchanger.greylists is not None:
            first = self._seen.setdefault(recipient, now)
            if now - first < exchanger.greylists:
                return Receipt(Outcome.DEFERRED, "450")
        return Receipt(Outcome.ACCEPTED, "250")


def delivery_report(return_path: str, recipient: str, *, status: str) -> bytes:
    """Return the mail that a server sends when it could not deliver (RFC 3464)."""
    lines = [
        "From: Mail Delivery System <MAILER-DAEMON@mx.example>",
        f"To: {return_path}",
        "Subject: Undelivered Mail Returned to Sender",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status;",
        ' boundary="=_report"',
        "",
        "--=_report",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        "Your message could not be delivered.",
        "",
        "--=_report",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        "Action: failed",
        f"Status: {status}",
        "",
        "--=_report--",
        "",
    ]
    return "\r\n".join(lines).encode("ascii")
