"""
What a campaign will cost: time, bounces, support mails, work at log-in. Pure.

Every rate has a source and can be replaced by one of the forum's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from credguard.campaigns.mail_groups import OTHERS
from credguard.campaigns.notice_forecast import limits
from credguard.campaigns.notice_policy import NoticePolicy
from credguard.campaigns.tally import Band, Tally
from credguard.errors import CampaignStateError

DECAY_A_YEAR = 0.225
"""
The share of addresses that cease to work within a year.

Source: HubSpot, email database decay, after MarketingSherpa (22.5 % a year); other
trade figures for consumer lists lie between 15 and 25 %.
"""

FRESH_BOUNCES = 0.005
"""
The share of addresses that bounce though their owner was there this month.

Source: mail providers' trade figure for clean transactional lists, below 0.5 %.
"""

SUPPORT_SHARE = 0.01
"""
The share of the mailed who write back at once.

Source: cluepusher, 2007: 75 confused replies to 7,462 mails within two hours.
"""

FIRST_HOURS_SHARE = 0.054
"""
The share of the mailed who come within the first two hours.

Source: as above: 400 new passwords after 7,462 mails.
"""

HASHES_A_RETURN = 4
"""
Hashes computed for a member who comes back: the log-in that is refused, the new
password against the old hash, the new hash, and the log-in with it.
"""

HASH_SECONDS = 0.05
"""
How long one hash takes: Argon2id of 19 MiB and two passes on a usual core.

`credguard passwords calibrate` measures the machine's own figure.
"""

_FIRST_HOURS = timedelta(hours=2)
_YEARS = {
    # The age of the last sign of life, in years: the middle of each band.
    Band.HALF_YEAR: 0.3,
    Band.YEAR: 0.75,
    Band.TWO_YEARS: 1.5,
    Band.FIVE_YEARS: 3.5,
    Band.EARLIER: 7.0,
    Band.NEVER: 7.0,  # nobody knows; as if it were old
}
_DAY = 86_400  # seconds


def usual_bounces() -> dict[str, float]:
    """Return the share of addresses that bounce, by band of last log-in."""
    shares = {Band.MONTH.value: FRESH_BOUNCES}
    for band, years in _YEARS.items():
        shares[band.value] = round(1 - (1 - DECAY_A_YEAR) ** years, 4)
    return shares


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """
    What a forecast takes for granted.

    Attributes:
        bounces: The share of addresses that bounce, 0 to 1, by `Band` value.

        support: The share of the mailed who write back, 0 to 1.

        hash_seconds: How long one hash takes, in seconds.

    Raises:
        CampaignStateError: A share is not one, or a band is not known.
    """

    bounces: Mapping[str, float] = field(default_factory=usual_bounces)
    support: float = SUPPORT_SHARE
    hash_seconds: float = HASH_SECONDS

    def __post_init__(self) -> None:
        shares = (*self.bounces.values(), self.support)
        known = {band.value for band in Band}
        if not all(0 <= share <= 1 for share in shares) or self.bounces.keys() - known:
            message = (
                f"a forecast has shares from 0 to 1, by {', '.join(sorted(known))}"
            )
            raise CampaignStateError(message)
        if not 0 <= self.hash_seconds <= _DAY:
            message = "a hash takes between no time and a day"
            raise CampaignStateError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """
    How fast notices may go out.

    Attributes:
        rate: Notices a second, over all runs together.

        notices: How they go out; it has the other limits.
    """

    rate: float
    notices: NoticePolicy = field(default_factory=NoticePolicy)

    def at_least(self, tally: Tally) -> tuple[timedelta, str]:
        """
        Return how long telling takes at the least, and which limit says so.

        No sender that keeps to the limits is faster: N/R, the day's quota, and n/r
        of each group of mail exchangers with a rate of its own.
        """
        lanes = self.notices.lanes
        waiting = {OTHERS: tally.to_tell - tally.groups.total(), **tally.groups}
        most_in_one = max(
            (
                count
                for domain, count in tally.domains.items()
                if lanes.of_domain(domain) == OTHERS
            ),
            default=0,
        )
        found = limits(waiting, self.notices, rate=self.rate, most_in_one=most_in_one)
        slowest = max(found, key=lambda name: found[name])
        return found[slowest], slowest


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """
    What is to be expected of a campaign.

    Attributes:
        notices: How many notices will be sent.

        takes_at_least: How long that takes, with the fastest sender there can be.

        limited_by: Which limit says so.

        bounces: How many will bounce, by band of last log-in.

        support_mails: How many members will write to the forum's support.

        hash_seconds: Seconds of one core for hashing, if everybody comes back.

        first_hours_cores: Cores that are busy with hashing in the first two hours
            after a notice, on average, if all were told at once.
    """

    notices: int
    takes_at_least: timedelta
    limited_by: str
    bounces: Mapping[str, int]
    support_mails: int
    hash_seconds: float
    first_hours_cores: float


def forecast(tally: Tally, pace: Pace, assumed: Assumptions) -> Forecast:
    """Return what is to be expected of telling those whom *tally* counts."""
    takes, limit = pace.at_least(tally)
    returning = tally.to_tell + tally.unreachable + tally.known_bad
    each = HASHES_A_RETURN * assumed.hash_seconds
    early = tally.to_tell * FIRST_HOURS_SHARE * each
    return Forecast(
        notices=tally.to_tell,
        takes_at_least=takes,
        limited_by=limit,
        bounces={
            band.value: round(
                tally.told_bands.get(band.value, 0) * assumed.bounces.get(band.value, 0)
            )
            for band in Band
        },
        support_mails=round(tally.to_tell * assumed.support),
        hash_seconds=returning * each,
        first_hours_cores=early / _FIRST_HOURS.total_seconds(),
    )
