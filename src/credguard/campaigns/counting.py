"""Count a campaign: every account once, over our rows and the forum's table."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, case, func, select

from credguard import sweeps
from credguard.campaigns import (
    hook_ranges,
    members,
    outbox,
    planning,
    records,
    timeline_rows,
)
from credguard.campaigns.hooks import names_of
from credguard.campaigns.lists import AccountList
from credguard.campaigns.means import Means
from credguard.campaigns.members import Member
from credguard.campaigns.records import Record
from credguard.campaigns.scope import credential_set_before, is_affected
from credguard.campaigns.scope_text import parse
from credguard.campaigns.states import (
    ENDED,
    UNSWEPT,
    AccountState,
    CampaignState,
    MemberState,
    NoticeState,
    account_state,
)
from credguard.campaigns.status import Status
from credguard.storage.tables import member, notice

PAGE_SIZE = 2000

_COUNTS = 3  # times, until an account that left between two of the counts is seen


def status(means: Means, campaign_id: str) -> Status:
    """
    Count the campaign as it stands.

    Raises:
        CampaignStateError: There is no such campaign.
    """
    mark_left(means, campaign_id)
    found = _count(means, campaign_id)
    for _ in range(1, _COUNTS):
        if found.adds_up:
            break
        mark_left(means, campaign_id)
        found = _count(means, campaign_id)
    return found


def _count(means: Means, campaign_id: str) -> Status:
    with means.database.read() as ours:
        record = records.find(ours, campaign_id)
        swept = sweeps.progress(ours, record.id)
        called = hook_ranges.progress(ours, record.id, names_of(means.hooks))
        counts, reset_by = _count_members(ours, record)
        told, first, last = _count_told(ours, record)
        with means.accounts.reading() as forum:
            present = means.accounts.count(forum)
            gated = _count_gated(means, record, ours, forum)
    if gated:
        counts[AccountState.GATED] = gated
    accounts = present + counts[AccountState.LEFT]
    counts[AccountState.OUT_OF_SCOPE] = accounts - sum(counts.values())
    return Status(
        campaign_id=record.id,
        state=record.state,
        scope=str(record.plan.scope),
        opened_at=record.opened_at,
        as_at=means.clock(),
        accounts=accounts,
        counts={state: counts[state] for state in AccountState if counts[state]},
        told=told,
        told_first_at=first,
        told_last_at=last,
        rate=record.plan.rate,
        ranges=(swept.done, swept.total),
        reset_by=reset_by,
        hooks=called,
    )


def mark_left(means: Means, campaign_id: str) -> int:
    """
    Find members whose account is no longer in the forum's table.

    Returns:
        How many were found.
    """
    left, after = 0, ""
    states = frozenset(MemberState) - {MemberState.LEFT}
    while True:
        with means.database.read() as ours:
            page = members.page(ours, campaign_id, states, after=after, size=PAGE_SIZE)
        if not page:
            return left
        after = page[-1].account_id
        with means.accounts.reading() as forum:
            present = means.accounts.find(forum, [found.account_id for found in page])
        gone = [found for found in page if found.account_id not in present]
        if gone:
            left += _mark(means, gone)


def _mark(means: Means, gone: list[Member]) -> int:
    now = means.clock()
    with means.database.begin() as ours:
        won = [
            found
            for found in gone
            if members.settle(ours, found, MemberState.LEFT, now=now)
        ]
        for found in won:
            outbox.cancel(ours, found.account_id)
    return len(won)


def _count_members(
    connection: Connection, record: Record
) -> tuple[Counter[AccountState], dict[str, int]]:
    tried = case((notice.c.attempts > 0, 1), else_=0)
    kept = member.outerjoin(
        notice,
        (notice.c.campaign_id == member.c.campaign_id)
        & (notice.c.account_id == member.c.account_id)
        & notice.c.is_current,
    )
    # Who can be told and has no notice yet gets one when telling begins.
    seen_as = NoticeState.CANCELED if record.state in ENDED else NoticeState.QUEUED
    awaits = case((member.c.is_reachable, seen_as.value), else_=None)
    stands = func.coalesce(notice.c.state, awaits)
    query = (
        select(member.c.state, member.c.how, stands, tried, func.count())
        .select_from(kept)
        .where(member.c.campaign_id == record.id)
        .group_by(member.c.state, member.c.how, stands, tried)
    )
    counts: Counter[AccountState] = Counter()
    reset_by: Counter[str] = Counter()
    for state, how, notice_state, attempts, count in connection.execute(query):
        seen = None if notice_state is None else NoticeState(notice_state)
        counts[account_state(MemberState(state), seen, attempts=attempts)] += count
        if how is not None:
            reset_by[how] += count
    return counts, dict(reset_by)


def _count_gated(
    means: Means, record: Record, ours: Connection, forum: Connection
) -> int:
    """Count those whom the watermark gates and no sweep has reached."""
    if record.state not in UNSWEPT:
        return 0
    listed = records.listed(ours, record.plan.scope.lists())
    if record.state is CampaignState.OPEN:
        return _count_all_gated(means, record, listed, ours=ours, forum=forum)
    gated = 0
    for low, high in sweeps.open_ranges(ours, record.id):
        rows = means.accounts.between(forum, low=low, high=high, lock=False)
        ids = [account.id for account in rows]
        known = members.known(ours, record.id, ids)
        facts = means.facts_of_many(ours, rows, listed)
        gated += sum(
            is_affected(record.plan.scope, fact, opened_at=record.opened_at)
            for fact in facts
            if fact.account_id not in known
        )
    return gated


def _count_all_gated(
    means: Means,
    record: Record,
    listed: Sequence[AccountList],
    *,
    ours: Connection,
    forum: Connection,
) -> int:
    """Count whom the watermark gates while no sweep has begun, in SQL where it can."""
    entries = {each.digest: each for each in listed}
    scope = parse(str(record.plan.scope), open_list=lambda name, _: entries[name])
    inputs = planning.Inputs(
        accounts=means.accounts,
        identify=means.identify,
        now=means.clock(),
        kept_in=means.database,
    )
    # As `is_affected` has it: in scope, and not known to be younger.
    affected = scope & credential_set_before(record.opened_at)
    return planning.count_within(inputs, affected, forum=forum, ours=ours)


def _count_told(
    connection: Connection, record: Record
) -> tuple[int, datetime | None, datetime | None]:
    when = timeline_rows.told_at(record)
    query = select(func.count(), func.min(when.c.at), func.max(when.c.at))
    told, first, last = connection.execute(query).one()
    return told, first, last
