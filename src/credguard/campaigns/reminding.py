"""Reminders to those who have not answered: of each kind one, each its own message."""

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    func,
    or_,
    select,
)

from credguard.campaigns import outbox
from credguard.campaigns.bounce_codes import BAD_PATTERNS
from credguard.campaigns.means import Means
from credguard.campaigns.records import Record
from credguard.campaigns.states import CampaignState, MemberState, NoticeState
from credguard.campaigns.wording import FIRST
from credguard.storage import audit
from credguard.storage.tables import member, notice

PAGE_SIZE = 1000

_AGAIN = (
    NoticeState.TOLD.value,
    NoticeState.GIVEN_UP.value,
    # They may have another address by now; if not, that is found out again.
    NoticeState.SUPPRESSED.value,
    NoticeState.NO_ADDRESS.value,
)
_BAD = (NoticeState.REFUSED.value, NoticeState.BOUNCED.value)


def queue_due(means: Means, record: Record) -> int:
    """
    Put the reminders that are due into the outbox; none of a finished campaign.

    Returns:
        How many were put there.
    """
    if record.state is CampaignState.FINISHED:
        return 0
    now = means.clock()
    reminders = record.plan.notices.reminders()
    return sum(
        _queue(means, record, kind, now - after) for kind, after in reminders.items()
    )


def _queue(means: Means, record: Record, kind: str, told_before: datetime) -> int:
    queued, after = 0, ""
    while True:
        with means.database.begin() as connection:
            query = _due(record, kind, told_before, after)
            ids = [str(each) for each in connection.execute(query).scalars()]
            if not ids:
                return queued
            _queue_page(means, connection, record.id, kind=kind, ids=ids)
        queued, after = queued + len(ids), ids[-1]


def _queue_page(
    means: Means, connection: Connection, campaign_id: str, *, kind: str, ids: list[str]
) -> None:
    """Queue reminders and say so, both or neither."""
    now = means.clock()
    ring = means.keyring
    outbox.queue_once(
        connection, campaign_id, ids, kind=kind, key_id=ring.current.id, now=now
    )
    detail = {"campaign": campaign_id, "kind": kind, "accounts": len(ids)}
    audit.record(connection, ring, event="reminders queued", detail=detail, now=now)


def _due(
    record: Record, kind: str, told_before: datetime, after: str
) -> Select[*tuple[object, ...]]:
    first, has = notice.alias("told"), notice.alias("reminder")
    has_it = select(has.c.id).where(
        has.c.account_id == member.c.account_id,
        has.c.campaign_id == member.c.campaign_id,
        has.c.kind == kind,
    )
    since = func.coalesce(first.c.told_at, member.c.changed_at)
    joined = member.outerjoin(
        first,
        and_(
            first.c.account_id == member.c.account_id,
            first.c.campaign_id == member.c.campaign_id,
            first.c.kind == FIRST,
        ),
    )
    return (
        select(member.c.account_id)
        .select_from(joined)
        .where(
            member.c.campaign_id == record.id,
            member.c.state == MemberState.MUST_RESET.value,
            member.c.account_id > after,
            since <= told_before,
            or_(
                and_(first.c.id.is_(None), ~member.c.is_reachable),
                first.c.state.in_(_AGAIN),
                _is_bad(first),
            ),
            ~has_it.exists(),
        )
        .order_by(member.c.account_id)
        .limit(PAGE_SIZE)
    )


def _is_bad(first: FromClause) -> ColumnElement[bool]:
    # Refused or bounced for the address itself: another one may stand there by now.
    bad = or_(*(first.c.reply.like(each) for each in BAD_PATTERNS))
    return and_(first.c.state.in_(_BAD), bad)
