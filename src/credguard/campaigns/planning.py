"""The dry run: reads the forum's table and writes nothing, no table of ours either."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, inspect

from credguard._text import counted
from credguard.campaigns import plan_file, suppression
from credguard.campaigns.accounts import Account, Accounts, CountsBySet, Sight
from credguard.campaigns.atoms import CredentialSetBefore, HasSecondFactor
from credguard.campaigns.expressions import Facts, Scope
from credguard.campaigns.forecast import Pace
from credguard.campaigns.letter import LetterTemplate
from credguard.campaigns.lists import ListKind, address_hash
from credguard.campaigns.means import Identify, Kept, facts_of, kept_of
from credguard.campaigns.notice_policy import NoticePolicy
from credguard.campaigns.plan import Plan
from credguard.campaigns.scope import everyone
from credguard.campaigns.scope_text import check_size
from credguard.campaigns.tally import (
    Sheet,
    Tally,
    band_of,
    band_starts,
)
from credguard.errors import ScopeError
from credguard.storage import Database
from credguard.storage.tables import credential, second_factor

WIDEST_HASH = 128  # characters: Argon2id with a pepper fits Django's column
PAGE_SIZE = 5000

_SHOWN_IDS = 5
_NOTHING_KEPT = Kept()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """
    What a dry run reads.

    Attributes:
        accounts: The forum's user table.

        identify: Tells what a stored hash is.

        now: The present instant.

        kept_in: Where credguard's own tables are, if there are any yet.
    """

    accounts: Accounts
    identify: Identify
    now: datetime
    kept_in: Database | None = field(default=None)


def survey(inputs: Inputs) -> Tally:
    """
    Count the whole table: accounts, schemes, addresses.

    Raises:
        AccountsTableError: The table or a column does not exist.
        ColumnTooNarrowError: The password column cannot hold our hashes.
        AccountIdError: An id is empty, or stands in the table twice.
    """
    inputs.accounts.check(widest=WIDEST_HASH)
    return _counted(inputs, everyone, NoticePolicy())


def plan(
    inputs: Inputs,
    scope: Scope,
    *,
    letter: LetterTemplate,
    pace: Pace,
    link_lifetime: timedelta,
) -> Plan:
    """
    Count what a campaign would do.

    Args:
        inputs: What to read.

        scope: Who is affected.

        letter: What members are told.

        pace: How fast notices may go out.

        link_lifetime: How long a link works, from 5 minutes to 366 days.

    Raises:
        ScopeError: The scope selects nobody, is too long, or names ids that no
            account has.
        CampaignStateError: The pace or *link_lifetime* is out of range.
        AccountsTableError, ColumnTooNarrowError, AccountIdError: See `survey`.
        DeliverySetupError: The texts are too long together.
    """
    check_size(scope)
    inputs.accounts.check(widest=WIDEST_HASH)
    _check_ids(inputs.accounts, scope)
    made = Plan(
        scope=scope,
        letter=letter,
        rate=pace.rate,
        link_lifetime=link_lifetime,
        made_at=inputs.now,
        tally=_counted(inputs, scope, pace.notices),
        notices=pace.notices,
    )
    plan_file.check_fits(made)
    return made


def count_in_scope(inputs: Inputs, scope: Scope) -> int:
    """Count who is in scope and nothing else, in SQL as far as it goes."""
    with _ours(inputs.kept_in) as ours, inputs.accounts.reading() as forum:
        return count_within(inputs, scope, forum=forum, ours=ours)


def count_within(
    inputs: Inputs, scope: Scope, *, forum: Connection, ours: Connection | None
) -> int:
    """
    Count who is in scope, within transactions of the caller's.

    Args:
        inputs: What to read.
        scope: Who is affected; its lists have their entries.
        forum: A transaction in the forum's database.
        ours: One where our own tables are, None if there are none.
    """
    accounts, kept_in = inputs.accounts, inputs.kept_in
    if isinstance(accounts, CountsBySet):
        count, asked = accounts.count_scope(forum, scope, kept_in=kept_in)
        if not asked:
            return count
        pages = accounts.unsure(forum, scope, kept_in=kept_in, size=PAGE_SIZE)
    else:
        count, pages = 0, accounts.pages(forum, size=PAGE_SIZE)
    own = ours if _asks_us(scope) else None
    return count + sum(
        scope.includes(facts_of(account, kept, identify=inputs.identify))
        for page in pages
        for account, kept in _with_kept(own, page)
    )


def _check_ids(accounts: Accounts, scope: Scope) -> None:
    """Check that the ids on the scope's lists are ids of accounts."""
    unknown: set[str] = set()
    with accounts.reading() as forum:
        for entries in scope.lists():
            if entries.kind is ListKind.IDS:
                ids = sorted(entries.ids or ())
                unknown.update(set(ids) - accounts.find(forum, ids).keys())
    if unknown:
        shown = ", ".join(sorted(unknown)[:_SHOWN_IDS])
        more = ", …" if len(unknown) > _SHOWN_IDS else ""
        belong = counted(len(unknown), "id belongs", "ids belong")
        message = (
            f"on the list {belong} to no account ({shown}{more}); take them off it"
        )
        raise ScopeError(message)


def _counted(inputs: Inputs, scope: Scope, notices: NoticePolicy) -> Tally:
    """Count the table, mail domains by the groups of *notices*."""
    sheet, starts = Sheet(notices.lanes), band_starts(inputs.now)
    unseen: set[str] = set()
    for entries in scope.lists():
        if entries.kind is ListKind.ADDRESSES:
            unseen |= entries.ids or frozenset()
    with _ours(inputs.kept_in) as ours, inputs.accounts.reading() as forum:
        knows_bad = ours is not None and suppression.is_any(ours)
        run = _DryRun(inputs, scope, starts, ours, ours if knows_bad else None)
        for page in run.sights(forum):
            bad = run.known_bad(page)
            for sight, scheme in run.judged(page):
                sheet.take(sight, scheme, bad)
                if unseen and sight.address is not None:
                    unseen.discard(address_hash(sight.address))
        total = inputs.accounts.count(forum)
    return sheet.tally(accounts=total, unmatched=len(unseen))


@dataclass(frozen=True, slots=True)
class _DryRun:
    """Looks at each account that may be in scope."""

    inputs: Inputs
    scope: Scope
    starts: tuple[datetime, ...]
    ours: Connection | None
    suppressing: Connection | None

    def known_bad(self, page: Sequence[Sight]) -> set[str]:
        """Return the addresses of a page that are not written to."""
        if self.suppressing is None:
            return set()
        addresses = {each.address for each in page if each.address}
        return suppression.suppressed(self.suppressing, addresses)

    def sights(self, forum: Connection) -> Iterator[list[Sight]]:
        """Read who may be in scope; a table that cannot count asks for each account."""
        accounts, kept_in = self.inputs.accounts, self.inputs.kept_in
        if isinstance(accounts, CountsBySet):
            yield from accounts.sights(
                forum, self.scope, kept_in=kept_in, starts=self.starts, size=PAGE_SIZE
            )
            return
        for page in accounts.pages(forum, size=PAGE_SIZE):
            yield [
                Sight(each.id, each.password, each.address, asks=each) for each in page
            ]

    def judged(self, page: Sequence[Sight]) -> Iterator[tuple[Sight, str]]:
        """Give those who are in scope, each with the scheme of its hash."""
        identify, asks_us = self.inputs.identify, _asks_us(self.scope)
        asking = [
            sight.asks
            for sight in page
            if sight.asks is not None and (asks_us or sight.has_second_factor is None)
        ]
        kept = {account.id: kept for account, kept in _with_kept(self.ours, asking)}
        for sight in page:
            account = sight.asks
            if account is None:
                kind = identify(
                    sight.password, salt=sight.salt, username=sight.username
                )
                yield sight, kind.scheme
                continue
            known = kept.get(account.id, _NOTHING_KEPT)
            facts = facts_of(account, known, identify=identify)
            if sight.is_in_scope or self.scope.includes(facts):
                yield self._completed(sight, account, facts), facts.scheme

    def _completed(self, sight: Sight, account: Account, facts: Facts) -> Sight:
        """Fill in what the database could not tell."""
        band, has_factor = sight.band, sight.has_second_factor
        is_active, is_staff = sight.is_active, sight.is_staff
        if band is None:
            band = band_of(account.last_login_at, self.starts)
        return sight._replace(
            band=band,
            is_active=account.is_active if is_active is None else is_active,
            is_staff=account.is_staff if is_staff is None else is_staff,
            has_second_factor=facts.has_second_factor
            if has_factor is None
            else has_factor,
        )


def _asks_us(scope: Scope) -> bool:
    """Return True if the scope asks for what stands in our own tables."""
    mine = isinstance(scope, CredentialSetBefore | HasSecondFactor)
    return mine or any(_asks_us(part) for part in scope.parts())


def _with_kept(
    ours: Connection | None, accounts: Sequence[Account]
) -> list[tuple[Account, Kept]]:
    """Return each account with what our own tables say of it."""
    if ours is None or not accounts:
        return [(account, _NOTHING_KEPT) for account in accounts]
    kept = kept_of(ours, accounts, ())
    return [(account, kept[account.id]) for account in accounts]


@contextmanager
def _ours(kept_in: Database | None) -> Iterator[Connection | None]:
    """Open a transaction that reads our own tables, None where there are none."""
    if kept_in is None:
        yield None
        return
    with kept_in.read() as connection:
        yield connection if _has_tables(connection) else None


def _has_tables(connection: Connection) -> bool:
    there = inspect(connection).has_table
    return all(there(each.name) for each in (credential, second_factor))
