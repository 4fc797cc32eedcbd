"""The circuit breaker: sending pauses by itself, and goes on when told to."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from credguard.campaigns.breaker import (
    BOUNCE_WINDOW,
    COMPLAINT_WINDOW,
    Recent,
    why_pause,
)
from credguard.campaigns.notice_policy import NoticePolicy
from credguard.campaigns.states import NoticeState
from credguard.keys import Keyring
from credguard.storage import audit
from credguard.storage.database import insert_new
from credguard.storage.tables import notice, sending

MAX_WHY_CHARACTERS = 255
_BAD = (NoticeState.REFUSED.value, NoticeState.BOUNCED.value)


@dataclass(frozen=True, slots=True)
class Pause:
    """
    Whether a campaign's sending is paused.

    Attributes:
        at: Since when, None if it is not.

        why: Why.

        resumed_at: When it was last told to go on.
    """

    at: datetime | None = None
    why: str | None = None
    resumed_at: datetime | None = None


def pause_of(connection: Connection, campaign_id: str) -> Pause:
    """Return whether the campaign's sending is paused, and why."""
    query = select(sending.c.paused_at, sending.c.why, sending.c.resumed_at).where(
        sending.c.campaign_id == campaign_id
    )
    row = connection.execute(query).first()
    return Pause(row.paused_at, row.why, row.resumed_at) if row else Pause()


def recent(
    connection: Connection, campaign_id: str, *, since: datetime | None
) -> Recent:
    """Count what became of the last messages that were decided after *since*."""
    last = (
        select(notice.c.state, notice.c.reply, notice.c.complained_at)
        .where(notice.c.campaign_id == campaign_id, notice.c.decided_at.is_not(None))
        .order_by(notice.c.decided_at.desc())
    )
    if since is not None:
        last = last.where(notice.c.decided_at > since)
    few = last.limit(BOUNCE_WINDOW).subquery()
    # Replies of our own, such as "address", are nobody's bounce.
    is_bounce = few.c.state.in_(_BAD) & few.c.reply.startswith("5")
    bounced = select(func.count()).select_from(few).where(is_bounce)
    sent = select(func.count()).select_from(few)
    found = Recent(
        int(connection.execute(sent).scalar_one()),
        int(connection.execute(bounced).scalar_one()),
        0,
    )
    some = select(notice.c.id).where(
        notice.c.campaign_id == campaign_id, notice.c.complained_at.is_not(None)
    )
    if not found.sent or connection.execute(some.limit(1)).first() is None:
        return found
    many = last.limit(COMPLAINT_WINDOW).subquery()
    totals = select(func.count(), func.count(many.c.complained_at)).select_from(many)
    sent_of_many, complained = connection.execute(totals).one()
    return Recent(int(sent_of_many), found.bounced, int(complained))


def check(
    connection: Connection,
    keyring: Keyring,
    campaign_id: str,
    policy: NoticePolicy,
    *,
    now: datetime,
) -> None:
    """Pause the campaign's sending if too many of its last messages went wrong."""
    found = pause_of(connection, campaign_id)
    if found.at is not None:
        return
    counted = recent(connection, campaign_id, since=found.resumed_at)
    why = why_pause(
        counted, max_bounces=policy.max_bounces, max_complaints=policy.max_complaints
    )
    if why is not None:
        pause(connection, keyring, campaign_id, why=why, now=now)


def pause(
    connection: Connection,
    keyring: Keyring,
    campaign_id: str,
    *,
    why: str,
    now: datetime,
) -> bool:
    """
    Pause the campaign's sending; the gate stays shut.

    Returns:
        True if it was not paused before.
    """
    row = {
        "campaign_id": campaign_id,
        "paused_at": None,
        "why": None,
        "resumed_at": None,
        "version": 0,
    }
    insert_new(connection, sending, [row])
    changed = connection.execute(
        update(sending)
        .where(sending.c.campaign_id == campaign_id, sending.c.paused_at.is_(None))
        .values(
            paused_at=now,
            why=why[:MAX_WHY_CHARACTERS],
            version=sending.c.version + 1,
        )
    )
    if changed.rowcount != 1:
        return False
    detail = {"campaign": campaign_id, "why": why[:MAX_WHY_CHARACTERS]}
    audit.record(connection, keyring, event="sending paused", detail=detail, now=now)
    return True


def resume(
    connection: Connection, keyring: Keyring, campaign_id: str, *, now: datetime
) -> bool:
    """
    Let the campaign's sending go on; what was sent so far is counted no more.

    Returns:
        True if it was paused.
    """
    changed = connection.execute(
        update(sending)
        .where(sending.c.campaign_id == campaign_id, sending.c.paused_at.is_not(None))
        .values(paused_at=None, why=None, resumed_at=now, version=sending.c.version + 1)
    )
    if changed.rowcount != 1:
        return False
    detail = {"campaign": campaign_id}
    audit.record(connection, keyring, event="sending resumed", detail=detail, now=now)
    return True
