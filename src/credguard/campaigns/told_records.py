"""
Who was told, in the audit log: a record for some hundred notices at a time.

A notice that was taken keeps its lane until a record names its account; record and
lane are written in one transaction. So whatever is killed, the next run finds what is
not recorded yet, and nothing is recorded twice.
"""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from credguard._text import to_iso
from credguard.campaigns.means import Means
from credguard.campaigns.states import NoticeState
from credguard.storage import audit
from credguard.storage.tables import notice

EVENT = "notices told"
PAGE_SIZE = 1000

_WAS_TAKEN = (NoticeState.TOLD.value, NoticeState.BOUNCED.value)


def record_told(means: Means, campaign_id: str) -> int:
    """
    Record whose notices were taken since it was last done, by whichever run.

    Returns:
        How many notices.
    """
    recorded = 0
    while True:
        with means.database.read() as connection:
            ids = _unrecorded(connection, campaign_id)
        if not ids:
            return recorded
        with means.database.begin() as connection:
            recorded += _record(means, connection, campaign_id, ids)


def _unrecorded(connection: Connection, campaign_id: str) -> list[str]:
    query = (
        select(notice.c.id)
        .where(
            notice.c.campaign_id == campaign_id,
            notice.c.state.in_(_WAS_TAKEN),
            notice.c.lane.is_not(None),
            notice.c.told_at.is_not(None),
        )
        .limit(PAGE_SIZE)
    )
    return list(connection.execute(query).scalars())


def _record(
    means: Means, connection: Connection, campaign_id: str, ids: Sequence[str]
) -> int:
    # By key and locked: another run may have found the same.
    query = (
        select(notice.c.id, notice.c.account_id, notice.c.kind, notice.c.told_at)
        .where(notice.c.id.in_(ids), notice.c.lane.is_not(None))
        .order_by(notice.c.id)
        .with_for_update()
    )
    rows = connection.execute(query).all()
    if not rows:
        return 0
    connection.execute(
        update(notice)
        .where(notice.c.id.in_([row.id for row in rows]))
        .values(lane=None)
    )
    instants = [row.told_at for row in rows]
    detail = {
        "campaign": campaign_id,
        "kinds": dict(Counter(row.kind for row in rows)),
        "notices": len(rows),
        "from": to_iso(min(instants)),
        "until": to_iso(max(instants)),
    }
    audit.record(
        connection,
        means.keyring,
        event=EVENT,
        detail=detail,
        now=means.clock(),
        accounts=sorted({row.account_id for row in rows}),
    )
    return len(rows)
