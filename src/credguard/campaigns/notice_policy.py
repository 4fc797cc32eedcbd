"""How notices go out: order, rates, back-off, reminders, texts. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from credguard.campaigns import breaker
from credguard.campaigns.letter import LetterTemplate
from credguard.campaigns.letter_checks import check_link
from credguard.campaigns.mail_groups import Lanes, is_group_name, is_pattern
from credguard.campaigns.quiet_hours import QuietHours
from credguard.campaigns.reachable import is_reachable
from credguard.campaigns.wording import Texts, Wording, wording_of
from credguard.errors import DeliverySetupError

DEFAULT_REMINDER_DAYS = (3, 14)
LEAST_RATE = 1 / 3600
MOST_RATE = 1_000_000.0  # above what any mail server takes
MOST_REMINDERS = 9
MAX_DAYS = 366
MAX_DAY_QUOTA = 1_000_000_000
MAX_BOUNCE_LOCAL_CHARACTERS = 20  # with the tag it fits RFC 5321's 64


class StaffWave(StrEnum):
    """When the forum's own people are told."""

    LAST = "last"
    """After everybody else, so that they can answer questions in the meantime."""

    FIRST = "first"
    """Before everybody else."""

    AS_OTHERS = "as others"
    """By their last log-in, as members are."""


class Ambiguous(StrEnum):
    """What is done with a message that may be out or not."""

    RESEND = "resend"
    """Send it again: in a breach, a second copy does less harm than none."""

    HOLD = "hold"
    """Keep it until the operator decides."""


@dataclass(frozen=True, slots=True)
class Group:
    """
    A group of mail exchangers.

    Attributes:
        domains: Its domains, beside those that are known; ``yahoo.*`` is yahoo
            under any country's ending.

        rate: Messages a second, None for no limit but the campaign's.
    """

    domains: tuple[str, ...] = ()
    rate: float | None = None


@dataclass(frozen=True, kw_only=True)
class NoticePolicy:
    """
    How the notices of a campaign go out; checked when it is made.

    Args:
        day_quota: Messages in any 24 hours over all campaigns, None for no limit.

        groups: Groups of mail exchangers by name; those of `mail_groups.GROUPS`
            are known without being named here.

        other_rate: Messages a second to each domain of no group, None for no limit.

        staff: When the forum's own people are told.

        ambiguous: What is done with a message that may be out or not.

        reminder_days: After how many days those who have not answered are told
            again; empty for never.

        quiet: Hours in which nothing goes out.

        max_bounces: The share of bounces among the last 1,000 at which sending
            pauses; at most 0.1.

        max_complaints: The share of complaints among the last 10,000; at most 0.005.

        bounce_address: Where bounces come back to, with a tag for each notice
            (VERP); empty for the sender's address without a tag.

        link_on_request: The page for links that members ask for, with ``{token}``
            in one place; empty for the letter's, or for none.

        texts: Texts by language, and ``default`` for the others.

    Raises:
        DeliverySetupError: One of these cannot work; the text says which.
    """

    day_quota: int | None = None
    groups: Mapping[str, Group] = field(default_factory=dict)
    other_rate: float | None = None
    staff: StaffWave = StaffWave.LAST
    ambiguous: Ambiguous = Ambiguous.RESEND
    reminder_days: tuple[int, ...] = DEFAULT_REMINDER_DAYS
    quiet: QuietHours | None = None
    max_bounces: float = breaker.REVIEW_BOUNCES
    max_complaints: float = breaker.REVIEW_COMPLAINTS
    bounce_address: str = ""
    link_on_request: str = ""
    texts: Mapping[str, Texts] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._check_rates()
        self._check_reminders()
        for what, share, most in (
            ("bounces", self.max_bounces, breaker.PAUSE_BOUNCES),
            ("complaints", self.max_complaints, breaker.PAUSE_COMPLAINTS),
        ):
            if not 0 < share <= most:
                message = f"the share of {what} must be above 0 and at most {most:g}"
                raise DeliverySetupError(message)
        if self.bounce_address:
            local = self.bounce_address.partition("@")[0]
            fits = len(local) <= MAX_BOUNCE_LOCAL_CHARACTERS and "+" not in local
            if not (fits and is_reachable(self.bounce_address)):
                message = (
                    "the bounce address is one such as bounces@forum.example, with "
                    f"at most {MAX_BOUNCE_LOCAL_CHARACTERS} characters before the @ "
                    "and no +"
                )
                raise DeliverySetupError(message)
        if self.link_on_request:
            check_link(self.link_on_request)

    @cached_property
    def lanes(self) -> Lanes:
        """Finds the group of an address."""
        return Lanes({name: each.domains for name, each in self.groups.items()})

    def rate_of(self, lane: str) -> float | None:
        """Return the rate of a named group, or of each other domain."""
        if not lane:
            return self.other_rate
        found = self.groups.get(lane)
        return found.rate if found else None

    def quiet_until(self, now: datetime) -> datetime | None:
        """Return when the quiet hours end, None if *now* is in none."""
        return self.quiet.over_at(now) if self.quiet else None

    def reminders(self) -> Mapping[str, timedelta]:
        """Return the kinds of reminders, and how long after a notice each is due."""
        return {
            f"remind{number}": timedelta(days=days)
            for number, days in enumerate(self.reminder_days, 1)
        }

    def wording(self, letter: LetterTemplate) -> Wording:
        """
        Return all letters of a campaign.

        Raises:
            DeliverySetupError: A text cannot be sent.
        """
        return wording_of(letter, tuple(self.texts.items()), self.link_on_request)

    def _check_rates(self) -> None:
        quota = self.day_quota
        if quota is not None and not 1 <= quota <= MAX_DAY_QUOTA:
            message = f"the day's quota is a number from 1 to {MAX_DAY_QUOTA:,}"
            raise DeliverySetupError(message)
        rates = [each.rate for each in self.groups.values()]
        for rate in (*rates, self.other_rate):
            if rate is not None and not LEAST_RATE <= rate <= MOST_RATE:
                message = (
                    "the rate of a group is a number of messages a second, at least "
                    f"one an hour and at most {MOST_RATE:,.0f} a second"
                )
                raise DeliverySetupError(message)
        for name, each in self.groups.items():
            if not is_group_name(name) or not all(map(is_pattern, each.domains)):
                message = (
                    "a group has a name of small letters, and domains such as "
                    "mail.example or yahoo.*"
                )
                raise DeliverySetupError(message)

    def _check_reminders(self) -> None:
        days = self.reminder_days
        in_order = list(days) == sorted(set(days))
        in_range = all(1 <= each <= MAX_DAYS for each in days)
        if not in_order or not in_range or len(days) > MOST_REMINDERS:
            message = (
                f"reminders are at most {MOST_REMINDERS} numbers of days from 1 to "
                f"{MAX_DAYS}, each later than the one before"
            )
            raise DeliverySetupError(message)
