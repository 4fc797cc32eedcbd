"""How the sending stands: what is left for whom, who rests, what bounces."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from credguard.campaigns import breaking, outbox, paces
from credguard.campaigns.breaker import Recent
from credguard.campaigns.breaking import Pause
from credguard.campaigns.mail_groups import OTHERS
from credguard.campaigns.notice_forecast import lower_bound
from credguard.campaigns.paces import Rest
from credguard.campaigns.records import Record
from credguard.campaigns.states import TO_SEND_NAMES, NoticeState
from credguard.storage.tables import notice, sent_hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """
    How a campaign's sending stands at one instant.

    Attributes:
        as_at: When this was counted.

        waiting: Notices and reminders left, by named group; the others, and those
            that have no place yet, under the empty name.

        held: Messages that may be out or not and wait for the operator.

        resting: Groups that are left alone for a while.

        pause: Whether sending is paused, and why.

        recent: What became of the last messages.

        quiet_until: When the quiet hours end, None if it is not in them.

        sent_today: Messages of all campaigns in the last 24 hours, counted by the
            hour; 0 where there is no quota.

        takes: How long the rest takes at the least.
    """

    as_at: datetime
    waiting: dict[str, int]
    held: int
    resting: list[Rest]
    pause: Pause
    recent: Recent
    quiet_until: datetime | None
    sent_today: int
    takes: timedelta


def sending(connection: Connection, record: Record, *, now: datetime) -> Sending:
    """Count how the sending of a campaign stands."""
    policy, pause = record.plan.notices, breaking.pause_of(connection, record.id)
    waiting = _waiting(connection, record.id)
    most = _most_in_one(connection, record.id) if policy.other_rate else 0
    held = select(func.count()).where(
        notice.c.campaign_id == record.id, notice.c.state == NoticeState.HELD.value
    )
    sent = select(func.coalesce(func.sum(sent_hour.c.sent), 0)).where(
        sent_hour.c.hour > now - timedelta(hours=paces.QUOTA_HOURS + 1)
    )
    return Sending(
        as_at=now,
        waiting=waiting,
        held=int(connection.execute(held).scalar_one()),
        resting=paces.resting(connection, now=now),
        pause=pause,
        recent=breaking.recent(connection, record.id, since=pause.resumed_at),
        quiet_until=policy.quiet_until(now),
        sent_today=int(connection.execute(sent).scalar_one()),
        takes=lower_bound(waiting, policy, rate=record.plan.rate, most_in_one=most),
    )


def _waiting(connection: Connection, campaign_id: str) -> dict[str, int]:
    lane = func.coalesce(notice.c.lane, OTHERS)
    query = (
        select(lane, func.count())
        .where(notice.c.campaign_id == campaign_id, notice.c.state.in_(TO_SEND_NAMES))
        .group_by(lane)
        .order_by(func.count().desc())
    )
    waiting = {str(row[0]): int(row[1]) for row in connection.execute(query)}
    rest = outbox.not_queued(connection, campaign_id)
    return {**waiting, OTHERS: waiting.get(OTHERS, 0) + rest} if rest else waiting


def _most_in_one(connection: Connection, campaign_id: str) -> int:
    query = (
        select(func.count())
        .where(
            notice.c.campaign_id == campaign_id,
            notice.c.state.in_(TO_SEND_NAMES),
            notice.c.lane == OTHERS,
        )
        .group_by(notice.c.mail_group)
        .order_by(func.count().desc())
        .limit(1)
    )
    return int(connection.execute(query).scalar() or 0)
