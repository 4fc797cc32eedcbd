"""
What a dry run counts, and how: each account once, in one group. Pure.

Nothing of an account is kept but a sample of ids, so that a table of any size is
counted in the same memory.
"""

import heapq
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import NamedTuple
from zlib import crc32

from credguard.campaigns.accounts import Sight
from credguard.campaigns.atoms import domain_of
from credguard.campaigns.mail_groups import OTHERS, Lanes
from credguard.campaigns.reachable import is_reachable

SAMPLE_SIZE = 20
MOST_DOMAINS = 20  # that are told by name; the rest is told as one
MAX_RETIRED_CHARACTERS = 1024  # sealed, it fits what `Keyring.open` reads


class Band(StrEnum):
    """When a member last logged in."""

    MONTH = "in the last 30 days"
    HALF_YEAR = "in the last 180 days"
    YEAR = "in the last year"
    TWO_YEARS = "in the last 2 years"
    FIVE_YEARS = "in the last 5 years"
    EARLIER = "earlier"
    NEVER = "never, or unknown"


BANDS = tuple(Band)
NEVER = BANDS.index(Band.NEVER)
_DAYS = (30, 180, 365, 730, 1825)


class Way(IntEnum):
    """What becomes of an account in scope."""

    TO_TELL = 0
    """It has a password and an address that a notice can go to."""

    UNREACHABLE = 1
    """It has a password and no such address."""

    NO_PASSWORD = 2
    """It has no password to reset."""

    KNOWN_BAD = 3
    """It has a password and an address that is not written to any more."""


class Group(NamedTuple):
    """What is counted of an account; all with the same are counted together."""

    scheme: str
    way: Way
    band: Band
    is_active: bool
    is_staff: bool
    has_second_factor: bool


_TO_TELL, _UNREACHABLE, _NO_PASSWORD, _KNOWN_BAD = (
    int(each) for each in (Way.TO_TELL, Way.UNREACHABLE, Way.NO_PASSWORD, Way.KNOWN_BAD)
)

PlainGroup = tuple[str, int, int, bool, bool, bool]
"""A group with the places of its way and band; a million of them are made."""


def _named(group: PlainGroup) -> Group:
    scheme, way, band, *rest = group
    return Group(scheme, Way(way), BANDS[band], *rest)


def band_starts(now: datetime) -> tuple[datetime, ...]:
    """Return from when on a last log-in is in each band but the last two."""
    return tuple(now - timedelta(days=days) for days in _DAYS)


def band_of(last_login_at: datetime | None, starts: tuple[datetime, ...]) -> int:
    """Return the place in `BANDS` of a last log-in; *starts* are `band_starts`."""
    if last_login_at is None:
        return NEVER
    for place, start in enumerate(starts):
        if last_login_at >= start:
            return place
    return len(starts)


def has_password(stored: str | None, scheme: str) -> bool:
    """
    Return True if an account has a password to retire.

    A text that is too long to be sealed is too long to be a hash: nobody logs in
    with it.
    """
    if stored is None or scheme == "unusable":
        return False
    return len(stored) <= MAX_RETIRED_CHARACTERS


@dataclass(slots=True)
class Tally:
    """
    What was counted over the forum's user table.

    Attributes:
        accounts: All accounts.

        in_scope: Those that the scope includes.

        to_tell: Those in scope that have a password and a reachable address which is
            not known to be bad.

        unreachable: Those in scope with a password and no reachable address.

        known_bad: Those in scope with a password and an address that is not written
            to: it bounced in an earlier campaign, its owner complained, or you said so.

        no_password: Those in scope without a usable password.

        inactive: Those in scope that the forum has closed.

        staff: Those in scope that are the forum's own people.

        second_factor: Those in scope that have a second factor.

        never_logged_in: Those in scope without a last log-in.

        unmatched: How many addresses on the scope's lists no account has.

        schemes: How many in scope have which scheme of hash.

        bands: How many in scope last logged in when.

        told_bands: The same of those to tell.

        domains: How many of those to tell have an address in which domain: the
            largest, and the largest that is in no group; *to_tell* has the rest.

        groups: How many of those to tell are served by which named group of mail
            exchangers; *to_tell* has the rest.

        sample: Up to 20 account ids in scope, as if drawn by lot, and the same
            every time.
    """

    accounts: int = 0
    in_scope: int = 0
    to_tell: int = 0
    unreachable: int = 0
    known_bad: int = 0
    no_password: int = 0
    inactive: int = 0
    staff: int = 0
    second_factor: int = 0
    never_logged_in: int = 0
    unmatched: int = 0
    schemes: Counter[str] = field(default_factory=Counter)
    bands: Counter[str] = field(default_factory=Counter)
    told_bands: Counter[str] = field(default_factory=Counter)
    domains: Counter[str] = field(default_factory=Counter, repr=False)
    groups: Counter[str] = field(default_factory=Counter, repr=False)
    sample: tuple[str, ...] = field(default=(), repr=False, compare=False)

    @classmethod
    def of(cls, accounts: int, groups: Mapping[Group, int]) -> "Tally":
        """Add *groups* up."""
        tally = cls(accounts=accounts)
        for group, count in groups.items():
            tally.in_scope += count
            tally.schemes[group.scheme] += count
            tally.bands[group.band.value] += count
            tally.inactive += count * (not group.is_active)
            tally.staff += count * group.is_staff
            tally.second_factor += count * group.has_second_factor
            if group.way is Way.TO_TELL:
                tally.to_tell += count
                tally.told_bands[group.band.value] += count
            elif group.way is Way.UNREACHABLE:
                tally.unreachable += count
            elif group.way is Way.KNOWN_BAD:
                tally.known_bad += count
            else:
                tally.no_password += count
        tally.never_logged_in = tally.bands[Band.NEVER.value]
        tally.bands = +tally.bands
        return tally


def _by_size(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


class Sheet:
    """
    Takes one account in scope after the other, and adds them up.

    Args:
        lanes: Finds the group of mail exchangers of a domain.
    """

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._groups: Counter[PlainGroup] = Counter()
        self._domains: Counter[str] = Counter()
        self._drawn: list[tuple[int, str]] = []

    def take(self, sight: Sight, scheme: str, bad: Collection[str]) -> None:
        """
        Count one account.

        Args:
            sight: What was read of it.

            scheme: The scheme of its hash.

            bad: Addresses that are not written to.
        """
        way, domain = _NO_PASSWORD, ""
        if has_password(sight.password, scheme):
            way = _UNREACHABLE
            if sight.address in bad:
                way = _KNOWN_BAD
            elif is_reachable(sight.address):
                way, domain = _TO_TELL, domain_of(sight.address or "")
        group = (
            scheme,
            way,
            NEVER if sight.band is None else sight.band,
            sight.is_active is True,
            sight.is_staff is True,
            sight.has_second_factor is True,
        )
        self.add(sight.account_id, group, domain)

    def add(self, account_id: str, group: PlainGroup, domain: str) -> None:
        """
        Count one account.

        Args:
            account_id: Its id.

            group: What is counted of it, as `Group` has it, without the names.

            domain: The domain that it is told at; empty if it is not told.
        """
        self._groups[group] += 1
        if domain:
            self._domains[domain] += 1
        # The ids with the smallest checksums are as good as drawn by lot.
        ticket = -crc32(account_id.encode("utf-8", "surrogatepass"))
        if len(self._drawn) < SAMPLE_SIZE:
            heapq.heappush(self._drawn, (ticket, account_id))
        elif ticket >= self._drawn[0][0]:
            heapq.heappushpop(self._drawn, (ticket, account_id))

    def tally(self, *, accounts: int, unmatched: int = 0) -> Tally:
        """
        Return what was counted.

        Args:
            accounts: How many accounts there are in all.

            unmatched: How many listed addresses no account has.
        """
        groups = {_named(group): count for group, count in self._groups.items()}
        tally = Tally.of(accounts, groups)
        tally.unmatched = unmatched
        others: list[tuple[str, int]] = []
        for domain, count in self._domains.items():
            lane = self._lanes.of_domain(domain)
            if lane == OTHERS:
                others.append((domain, count))
            else:
                tally.groups[lane] += count
        largest = heapq.nsmallest(MOST_DOMAINS, self._domains.items(), key=_by_size)
        tally.domains = Counter(dict(largest + heapq.nsmallest(1, others, _by_size)))
        tally.sample = tuple(each for _, each in sorted(self._drawn, reverse=True))
        return tally
