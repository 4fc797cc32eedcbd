"""The dry run: reads the forum's table and writes nothing, no table of ours either."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, inspect

from credguard.campaigns.accounts import Account, Accounts
from credguard.campaigns.letter import LetterTemplate
from credguard.campaigns.means import Identify, facts_of
from credguard.campaigns.plan import Plan, Tally
from credguard.campaigns.scope import Scope, everyone
from credguard.campaigns.scope_text import check_size
from credguard.errors import ScopeError
from credguard.sessions import Credential, credentials_of
from credguard.storage import Database
from credguard.storage.tables import credential

WIDEST_HASH = 128  # characters: Argon2id with a pepper fits Django's column
PAGE_SIZE = 2000

_SHOWN_IDS = 5
_NOT_KEPT = Credential()


def survey(accounts: Accounts, identify: Identify) -> Tally:
    """
    Count the whole table: accounts, schemes, addresses.

    Args:
        accounts: The forum's user table.

        identify: Names the scheme of a stored hash.

    Raises:
        AccountsTableError: The table or a column does not exist.
        ColumnTooNarrowError: The password column cannot hold our hashes.
        AccountIdError: An id is empty, or stands in the table twice.
    """
    accounts.check(widest=WIDEST_HASH)
    return _count(accounts, identify, everyone, kept_in=None)[0]


def plan(
    accounts: Accounts,
    identify: Identify,
    scope: Scope,
    *,
    letter: LetterTemplate,
    rate: float,
    link_lifetime: timedelta,
    now: datetime,
    kept_in: Database | None,
) -> Plan:
    """
    Count what a campaign would do.

    Args:
        accounts: The forum's user table.

        identify: Names the scheme of a stored hash.

        scope: Who is affected.

        letter: What members are told.

        rate: Notices a second over all runs together, at least one an hour.

        link_lifetime: How long a link works, from 5 minutes to 366 days.

        now: The present instant.

        kept_in: Where credguard's own tables are, if there are any yet.

    Raises:
        ScopeError: The scope selects nobody, is too long, or names ids that no
            account has.
        CampaignStateError: *rate* or *link_lifetime* is out of range.
        AccountsTableError, ColumnTooNarrowError, AccountIdError: See `survey`.
    """
    check_size(scope)
    accounts.check(widest=WIDEST_HASH)
    tally, unknown = _count(accounts, identify, scope, kept_in=kept_in)
    if unknown:
        shown = ", ".join(sorted(unknown)[:_SHOWN_IDS])
        more = ", …" if len(unknown) > _SHOWN_IDS else ""
        message = (
            f"{len(unknown)} ids on the list belong to no account ({shown}{more}); "
            "take them off it"
        )
        raise ScopeError(message)
    return Plan(
        scope=scope,
        letter=letter,
        rate=rate,
        link_lifetime=link_lifetime,
        made_at=now,
        tally=tally,
    )


def _count(
    accounts: Accounts,
    identify: Identify,
    scope: Scope,
    *,
    kept_in: Database | None,
) -> tuple[Tally, set[str]]:
    """Count the table; return the tally and the listed ids that no account has."""
    tally, unseen = Tally(), set[str]()
    for entries in scope.lists():
        unseen |= entries.ids or frozenset()
    with accounts.reading() as forum:
        for page in accounts.pages(forum, size=PAGE_SIZE):
            kept = _kept(kept_in, page)
            for account in page:
                known = kept.get(account.id, _NOT_KEPT)
                facts = facts_of(account, known, frozenset(), identify=identify)
                tally.add(account, facts, scope)
                unseen.discard(account.id)
    return tally, unseen


def _kept(kept_in: Database | None, page: list[Account]) -> dict[str, Credential]:
    if kept_in is None:
        return {}
    with kept_in.read() as connection:
        if not _has_tables(connection):
            return {}
        return credentials_of(connection, [account.id for account in page])


def _has_tables(connection: Connection) -> bool:
    return inspect(connection).has_table(credential.name)
