"""When what happened in a campaign, counted out of its rows."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Subquery,
    func,
    select,
)
from sqlalchemy.sql.expression import type_coerce

from credguard.campaigns import hook_ranges
from credguard.campaigns.hook_ranges import CALLED
from credguard.campaigns.records import Record
from credguard.campaigns.states import MemberState, NoticeState
from credguard.campaigns.timeline import Timeline, place_of, timeline, width_for
from credguard.storage.audit_tables import audit
from credguard.storage.tables import member, notice

_MICROSECOND = timedelta(microseconds=1)


def told_at(record: Record) -> Subquery:
    """
    Return, as column ``at``, when each account was told that was told at all.

    That is when the first of its notices was taken, of whatever kind: a reminder to
    a mended address tells it as well, and one that comes back later has told it.
    """
    return _first(notice.c.told_at, record, notice.c.told_at.is_not(None))


def read_timeline(connection: Connection, record: Record, *, now: datetime) -> Timeline:
    """Count what happened in each interval since *record* was opened."""
    width = width_for(now - record.opened_at)
    came_back = notice.c.state == NoticeState.BOUNCED.value
    reset = select(member.c.changed_at.label("at")).where(
        member.c.campaign_id == record.id,
        member.c.state == MemberState.RESET_DONE.value,
    )
    happened = {
        "told": told_at(record),
        "bounced": _first(notice.c.decided_at, record, came_back),
        "reset": reset.subquery(),
    }
    counted = {
        name: _counts(connection, when.c.at, width) for name, when in happened.items()
    }
    return timeline(
        counted,
        width=width,
        begin=record.opened_at,
        end=now,
        ended=_ended(connection, record, width),
    )


def _first(
    when: Column[datetime], record: Record, which: ColumnElement[bool]
) -> Subquery:
    """Return when it first was so for each account for which it ever was."""
    return (
        select(func.min(when).label("at"))
        .where(notice.c.campaign_id == record.id, which)
        .group_by(notice.c.account_id)
        .subquery()
    )


def _ended(
    connection: Connection, record: Record, width: timedelta
) -> Mapping[str, Mapping[int, int]]:
    """Return what each hook ended, as the audit log has it, range by range."""
    found: dict[str, Counter[int]] = {
        hook.name: Counter() for hook in hook_ranges.progress(connection, record.id, ())
    }
    if not found:
        return found
    query = select(audit.c.at, audit.c.detail).where(audit.c.event == CALLED)
    for at, text in connection.execute(query):
        detail = json.loads(text)
        if detail["campaign"] == record.id:
            found[detail["hook"]][place_of(at, width)] += detail["ended"]
    return found


def _counts(
    connection: Connection, when: ColumnElement[datetime], width: timedelta
) -> Mapping[int, int]:
    place = type_coerce(when, BigInteger) // (width // _MICROSECOND)
    query = select(place, func.count()).group_by(place)
    return {int(number): int(count) for number, count in connection.execute(query)}
