"""When what happened in a campaign, counted out of its rows."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Column, ColumnElement, Connection, func, select
from sqlalchemy.sql.expression import type_coerce

from credguard.campaigns.records import Record
from credguard.campaigns.states import MemberState, NoticeState
from credguard.campaigns.timeline import Timeline, timeline, width_for
from credguard.campaigns.wording import FIRST
from credguard.storage.tables import member, notice

_MICROSECOND = timedelta(microseconds=1)


def read_timeline(connection: Connection, record: Record, *, now: datetime) -> Timeline:
    """Count what happened in each interval since *record* was opened."""
    width = width_for(now - record.opened_at)
    mine = notice.c.campaign_id == record.id
    happened = {
        "told": _counts(
            connection,
            notice.c.told_at,
            width,
            mine & (notice.c.kind == FIRST) & notice.c.told_at.is_not(None),
        ),
        "bounced": _counts(
            connection,
            notice.c.decided_at,
            width,
            mine & (notice.c.state == NoticeState.BOUNCED.value),
        ),
        "reset": _counts(
            connection,
            member.c.changed_at,
            width,
            (member.c.campaign_id == record.id)
            & (member.c.state == MemberState.RESET_DONE.value),
        ),
    }
    return timeline(happened, width=width, begin=record.opened_at, end=now)


def _counts(
    connection: Connection,
    when: Column[datetime],
    width: timedelta,
    what: ColumnElement[bool],
) -> Mapping[int, int]:
    place = type_coerce(when, BigInteger) // (width // _MICROSECOND)
    query = select(place, func.count()).where(what).group_by(place)
    return {int(number): int(count) for number, count in connection.execute(query)}
