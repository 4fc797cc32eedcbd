"""
The dry run: what a campaign would do, counted before anything is written.

Pure: a tally is fed one account at a time; a plan is the tally with the scope,
the letter and the rates that were counted for.
"""

import heapq
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from credguard.campaigns.accounts import Account
from credguard.campaigns.letter import LetterTemplate, is_reachable
from credguard.campaigns.notice_policy import NoticePolicy
from credguard.campaigns.scope import Facts, Scope
from credguard.campaigns.scope_text import check_size
from credguard.errors import CampaignStateError, ScopeError

SAMPLE_SIZE = 20
DEFAULT_RATE = 14.0  # notices a second: a usual quota of mail providers
LEAST_RATE = 1 / 3600
MOST_RATE = 1_000_000.0  # above what any mail server takes
DEFAULT_LINK_LIFETIME = timedelta(days=14)
LEAST_LINK_LIFETIME = timedelta(minutes=5)
MOST_LINK_LIFETIME = timedelta(days=366)
MAX_RETIRED_CHARACTERS = 1024  # sealed, it fits what `Keyring.open` reads
# Members come and go between a plan and its start; more than this is news.
TOLERATED_CHANGE = 0.01
TOLERATED_ACCOUNTS = 10


@dataclass(slots=True)
class Tally:
    """
    What was counted over the forum's user table.

    Attributes:
        accounts: All accounts.

        in_scope: Those that the scope includes.

        to_tell: Those in scope that have a password and a reachable address.

        unreachable: Those in scope with a password and no reachable address.

        no_password: Those in scope without a usable password.

        inactive: Those in scope that the forum has closed.

        staff: Those in scope that are the forum's own people.

        never_logged_in: Those in scope without a last log-in.

        schemes: How many in scope have which scheme of hash.
    """

    accounts: int = 0
    in_scope: int = 0
    to_tell: int = 0
    unreachable: int = 0
    no_password: int = 0
    inactive: int = 0
    staff: int = 0
    never_logged_in: int = 0
    schemes: Counter[str] = field(default_factory=Counter)
    _sample: list[tuple[int, str]] = field(default_factory=list, repr=False)

    def add(self, account: Account, facts: Facts, scope: Scope) -> None:
        """Count one account."""
        self.accounts += 1
        if not scope.includes(facts):
            return
        self.in_scope += 1
        self.schemes[facts.scheme] += 1
        self.inactive += not account.is_active
        self.staff += account.is_staff
        self.never_logged_in += account.last_login_at is None
        if not has_password(account.password, facts.scheme):
            self.no_password += 1
        elif is_reachable(account.address):
            self.to_tell += 1
        else:
            self.unreachable += 1
        self._draw(account.id)

    @property
    def sample(self) -> list[str]:
        """Up to 20 account ids in scope, spread evenly and the same every time."""
        return [account_id for _, account_id in sorted(self._sample, reverse=True)]

    def _draw(self, account_id: str) -> None:
        text = account_id.encode("utf-8", "surrogatepass")
        # The ids with the smallest digests are as good as drawn by lot.
        ticket = (-int.from_bytes(sha256(text).digest()[:8], "big"), account_id)
        if len(self._sample) < SAMPLE_SIZE:
            heapq.heappush(self._sample, ticket)
        else:
            heapq.heappushpop(self._sample, ticket)


def has_password(stored: str | None, scheme: str) -> bool:
    """
    Return True if an account has a password to retire.

    A text that is too long to be sealed is too long to be a hash: nobody logs in
    with it.
    """
    if stored is None or scheme == "unusable":
        return False
    return len(stored) <= MAX_RETIRED_CHARACTERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    A campaign that can be started.

    Attributes:
        scope: Who is affected.

        letter: What members are told.

        rate: Notices a second, over all runs together.

        link_lifetime: How long a link works once its notice is written.

        made_at: When the tally was taken.

        tally: What was counted.

        notices: How the notices go out.
    """

    scope: Scope
    letter: LetterTemplate
    rate: float
    link_lifetime: timedelta
    made_at: datetime
    tally: Tally
    notices: NoticePolicy = field(default_factory=NoticePolicy)

    def __post_init__(self) -> None:
        self.notices.wording(self.letter)  # every text is checked now
        if not LEAST_RATE <= self.rate <= MOST_RATE:
            message = (
                "the rate is a number of notices a second, at least one an hour and "
                f"at most {MOST_RATE:,.0f} a second"
            )
            raise CampaignStateError(message)
        if not LEAST_LINK_LIFETIME <= self.link_lifetime <= MOST_LINK_LIFETIME:
            message = "a link must work for at least 5 minutes and at most 366 days"
            raise CampaignStateError(message)
        check_size(self.scope)
        if self.tally.in_scope == 0:
            message = "the scope selects nobody"
            raise ScopeError(message)

    @property
    def telling_takes(self) -> timedelta:
        """How long the notices take at the rate; mail that is put off comes on top."""
        return timedelta(seconds=self.tally.to_tell / self.rate)

    def check_still_true(self, now: Tally) -> None:
        """
        Check that the table has not become another since the plan was made.

        Raises:
            CampaignStateError: The number in scope changed by more than 1 % and
                more than 10 accounts.
        """
        before, after = self.tally.in_scope, now.in_scope
        tolerated = max(TOLERATED_ACCOUNTS, before * TOLERATED_CHANGE)
        if abs(after - before) > tolerated:
            message = (
                f"the plan counted {before} accounts in scope, now there are {after}; "
                "make a new plan and look at it"
            )
            raise CampaignStateError(message)
