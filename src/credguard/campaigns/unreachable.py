"""Members who cannot be told, and those who never answer: listed, and closed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    func,
    or_,
    select,
    update,
)

from credguard.campaigns import records, retired, told_records
from credguard.campaigns.means import Means
from credguard.campaigns.states import (
    ENDED,
    UNSENT_NAMES,
    UNSWEPT,
    AccountState,
    MemberState,
    NoticeState,
    account_state,
)
from credguard.campaigns.wording import FIRST
from credguard.errors import CampaignStateError
from credguard.storage import audit
from credguard.storage.tables import member, notice

PAGE_SIZE = 500
LEAST_DORMANT = timedelta(days=1)

UNREACHABLE = frozenset(
    {
        AccountState.UNREACHABLE,
        AccountState.SUPPRESSED,
        AccountState.REFUSED,
        AccountState.BOUNCED,
    }
)
"""States of members who must reset and could not be told."""


@dataclass(frozen=True, slots=True)
class Untold:
    """
    A member who must reset and could not be told.

    Attributes:
        account_id: The account.

        state: Why: no address, a known bad one, refused, or bounced.

        reply: The last reply or status code, None if no server was asked.
    """

    account_id: str
    state: AccountState
    reply: str | None


def untold(means: Means, campaign_id: str) -> Iterator[Untold]:
    """Yield the members who must reset and could not be told, in order of id."""
    after = ""
    while True:
        with means.database.read() as connection:
            records.find(connection, campaign_id)
            page = connection.execute(_untold(campaign_id, after)).all()
        if not page:
            return
        after = page[-1].account_id
        for row in page:
            seen = None if row.state is None else NoticeState(row.state)
            state = account_state(MemberState.MUST_RESET, seen, attempts=0)
            yield Untold(row.account_id, state, row.reply)


def close_dormant(
    means: Means,
    campaign_id: str,
    *,
    after: timedelta,
    on_progress: Callable[[int], None],
) -> int:
    """
    Destroy the retired hashes of those who have not answered for *after*.

    Args:
        means: What to work with.

        campaign_id: The campaign, swept.

        after: For how long, from when they were told, or locked where they could
            not be; at least a day.

        on_progress: Called with the number of accounts closed so far.

    Returns:
        How many were closed.

    Raises:
        CampaignStateError: *after* is under a day, or the campaign is not swept or
            was aborted.
        StorageUnavailableError: The database is away, locked or full; what is done
            stands, and a further call goes on.
    """
    if after < LEAST_DORMANT:
        message = "who is to be closed must have had at least a day to answer"
        raise CampaignStateError(message)
    told_records.record_told(means, campaign_id)
    before, closed, last = means.clock() - after, 0, ""
    while True:
        with means.database.begin() as connection:
            query = _dormant(campaign_id, before, last)
            count, last = _close_page(means, connection, campaign_id, query)
        if not last:
            return closed
        closed += count
        on_progress(closed)


def _close_page(
    means: Means,
    connection: Connection,
    campaign_id: str,
    query: Select[*tuple[object, ...]],
) -> tuple[int, str]:
    """Close one page; return how many, and its last account (empty: no more)."""
    record = records.find(connection, campaign_id)
    state = records.hold_state(connection, campaign_id)
    if state in UNSWEPT | ENDED:
        message = f"the campaign is {state.value}; nobody is closed"
        raise CampaignStateError(message)
    # Locked, so that who gets a new password meanwhile keeps what is refused as one.
    page = connection.execute(query.with_for_update(of=member)).all()
    if not page:
        return 0, ""
    now, ids = means.clock(), [row.account_id for row in page]
    if record.sealed_key is not None:
        own = records.own_keyring(means.keyring, record)
        on_pages = {row.account_id: row.page for row in page if row.page is not None}
        retired.destroy(connection, own, campaign_id, on_pages)
    whose = (member.c.campaign_id == campaign_id, member.c.account_id.in_(ids))
    count = connection.execute(
        update(member)
        .where(*whose, member.c.state == MemberState.MUST_RESET.value)
        .values(
            state=MemberState.DORMANT_CLOSED.value,
            retired=None,
            page=None,
            changed_at=now,
            version=member.c.version + 1,
        )
    ).rowcount
    connection.execute(
        update(notice)
        .where(
            notice.c.campaign_id == campaign_id,
            notice.c.account_id.in_(ids),
            notice.c.state.in_(UNSENT_NAMES),
        )
        .values(state=NoticeState.CANCELED.value, version=notice.c.version + 1)
    )
    detail = {"campaign": campaign_id, "accounts": count}
    audit.record(
        connection,
        means.keyring,
        event="dormant closed",
        detail=detail,
        now=now,
        accounts=ids,
    )
    return count, ids[-1]


def _joined(which: ColumnElement[bool]) -> FromClause:
    return member.outerjoin(
        notice,
        and_(
            notice.c.account_id == member.c.account_id,
            notice.c.campaign_id == member.c.campaign_id,
            which,
        ),
    )


def _was_never_told() -> ColumnElement[bool]:
    # Who is reachable and has no notice gets one when telling begins.
    return and_(notice.c.id.is_(None), ~member.c.is_reachable)


def _untold(campaign_id: str, after: str) -> Select[*tuple[object, ...]]:
    sent = [NoticeState.TOLD.value, *UNSENT_NAMES]
    return (
        select(member.c.account_id, notice.c.state, notice.c.reply)
        .select_from(_joined(notice.c.is_current))
        .where(
            member.c.campaign_id == campaign_id,
            member.c.state == MemberState.MUST_RESET.value,
            member.c.account_id > after,
            or_(_was_never_told(), notice.c.state.not_in(sent)),
        )
        .order_by(member.c.account_id)
        .limit(PAGE_SIZE)
    )


def _dormant(
    campaign_id: str, before: datetime, after: str
) -> Select[*tuple[object, ...]]:
    since = func.coalesce(notice.c.told_at, member.c.changed_at)
    return (
        select(member.c.account_id, member.c.page)
        .select_from(_joined(notice.c.kind == FIRST))
        .where(
            member.c.campaign_id == campaign_id,
            member.c.state == MemberState.MUST_RESET.value,
            member.c.account_id > after,
            since <= before,
            or_(_was_never_told(), notice.c.state.not_in(UNSENT_NAMES)),
        )
        .order_by(member.c.account_id)
        .limit(PAGE_SIZE)
    )
