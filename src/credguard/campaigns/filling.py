"""
The outbox is filled when telling begins: a notice for each member who can be told.

It is done page by page, in order of the accounts' ids and from a cursor on, so that one
that is killed goes on where it stopped, and one that is done costs a look. The sweep
has to shut the door and needs none of it.
"""

from sqlalchemy import Connection, select, update

from credguard.campaigns import outbox, records
from credguard.campaigns.means import Means
from credguard.campaigns.records import Record
from credguard.campaigns.states import ENDED, UNSWEPT, MemberState
from credguard.campaigns.wording import FIRST
from credguard.storage import audit
from credguard.storage.database import insert_new
from credguard.storage.tables import member, sending

PAGE_SIZE = 2000


def fill(means: Means, record: Record) -> None:
    """Queue the first notices of a campaign; several senders may do so at once."""
    while _fill_page(means, record.id):
        pass


def _fill_page(means: Means, campaign_id: str) -> bool:
    """Queue one page of notices; return False if there is no further one."""
    with means.database.begin() as connection:
        if records.hold_state(connection, campaign_id) in UNSWEPT | ENDED:
            return False
        after = _held_cursor(connection, campaign_id)
        # Locked, so that who gets a new password meanwhile is not told to make one.
        query = (
            select(member.c.account_id, member.c.state, member.c.is_reachable)
            .where(member.c.campaign_id == campaign_id, member.c.account_id > after)
            .order_by(member.c.account_id)
            .limit(PAGE_SIZE)
            .with_for_update()
        )
        page = connection.execute(query).all()
        if not page:
            return False
        ids = [
            row.account_id
            for row in page
            if row.is_reachable and row.state == MemberState.MUST_RESET.value
        ]
        _queue(means, connection, campaign_id, ids)
        connection.execute(
            update(sending)
            .where(sending.c.campaign_id == campaign_id)
            .values(queued_to=page[-1].account_id)
        )
    return True


def _held_cursor(connection: Connection, campaign_id: str) -> str:
    """Return after which account to go on, and keep it from others until the end."""
    query = select(sending.c.queued_to).where(sending.c.campaign_id == campaign_id)
    found = connection.execute(query.with_for_update()).first()
    if found is None:
        insert_new(connection, sending, [{"campaign_id": campaign_id, "version": 0}])
        found = connection.execute(query.with_for_update()).one()
    return found.queued_to or ""


def _queue(
    means: Means, connection: Connection, campaign_id: str, ids: list[str]
) -> None:
    if not ids:
        return
    now = means.clock()
    key_id = means.keyring.current.id
    outbox.queue_once(connection, campaign_id, ids, kind=FIRST, key_id=key_id, now=now)
    detail = {"campaign": campaign_id, "accounts": len(ids)}
    audit.record(
        connection, means.keyring, event="notices queued", detail=detail, now=now
    )
