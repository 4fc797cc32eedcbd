"""
The dry run: what a campaign would do, counted before anything is written.

Pure: a plan is a tally with the scope, the letter and the rates that were
counted for.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from credguard.campaigns.expressions import Scope
from credguard.campaigns.forecast import Assumptions, Forecast, Pace, forecast
from credguard.campaigns.letter import LetterTemplate
from credguard.campaigns.notice_policy import NoticePolicy
from credguard.campaigns.scope_text import check_size
from credguard.campaigns.tally import Tally
from credguard.errors import CampaignStateError, ScopeError

DEFAULT_RATE = 14.0  # notices a second: a usual quota of mail providers
LEAST_RATE = 1 / 3600
MOST_RATE = 1_000_000.0  # above what any mail server takes
DEFAULT_LINK_LIFETIME = timedelta(days=14)
LEAST_LINK_LIFETIME = timedelta(minutes=5)
MOST_LINK_LIFETIME = timedelta(days=366)
# Members come and go between a plan and its start; more than this is news.
TOLERATED_CHANGE = 0.01
TOLERATED_ACCOUNTS = 10


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
    def pace(self) -> Pace:
        """How fast the notices may go out."""
        return Pace(rate=self.rate, notices=self.notices)

    @property
    def telling_takes(self) -> timedelta:
        """How long the notices take at the least; mail that is put off comes on top."""
        return self.pace.at_least(self.tally)[0]

    def forecast(self, assumed: Assumptions | None = None) -> Forecast:
        """
        Return what is to be expected.

        Args:
            assumed: Shares and times; the default has published figures.
        """
        return forecast(self.tally, self.pace, assumed or Assumptions())

    def check_still_true(self, in_scope: int) -> None:
        """
        Check that the table has not become another since the plan was made.

        Args:
            in_scope: How many accounts are in scope now.

        Raises:
            CampaignStateError: The number in scope changed by more than 1 % and
                more than 10 accounts.
        """
        before = self.tally.in_scope
        tolerated = max(TOLERATED_ACCOUNTS, before * TOLERATED_CHANGE)
        if abs(in_scope - before) > tolerated:
            message = (
                f"the plan counted {before} accounts in scope, now there are "
                f"{in_scope}; make a new plan and look at it"
            )
            raise CampaignStateError(message)
