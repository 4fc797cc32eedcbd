"""
Notices are leased by one sender and acknowledged one by one.

SMTP cannot be exactly-once (RFC 1047): a kill between the server's "250" and our
commit sends one message again, with the same Message-ID and the same link. The
rate is kept by the database, so that it holds for all senders together.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, or_, select, update

from credguard.campaigns.outbox import FREE, Notice
from credguard.campaigns.states import NoticeState
from credguard.errors import LeaseLostError
from credguard.storage.database import Database
from credguard.storage.tables import campaign, notice

BATCH_LASTS = timedelta(seconds=2)  # at the rate; short, so that few are held
MOST_IN_A_BATCH = 200
MAX_REPLY_CHARACTERS = 32
MAX_OWNER_CHARACTERS = 64

_LOST = "another sender took this notice over, or it was taken back"


def owner(worker: str) -> str:
    """Return what of a worker's name is kept beside its leases, to be looked at."""
    return worker[:MAX_OWNER_CHARACTERS]


def lease(
    database: Database,
    campaign_id: str,
    *,
    worker: str,
    now: datetime,
    margin: timedelta,
    link_lifetime: timedelta,
) -> list[Notice]:
    """
    Lease the next few notices, with the instants that the rate gives them.

    Args:
        database: Where the outbox is.

        campaign_id: The campaign.

        worker: Who asks.

        now: The present instant.

        margin: How long a lease outlasts the last instant; longer than one
            delivery can take.

        link_lifetime: How long a link works from now, for notices that are
            written for the first time.
    """
    with database.begin() as connection:
        # The campaign's row is locked first: one lessee at a time moves the slot.
        query = select(campaign.c.rate, campaign.c.next_slot_at)
        pace = connection.execute(
            query.where(campaign.c.id == campaign_id).with_for_update()
        ).one()
        size = max(1, int(pace.rate * BATCH_LASTS.total_seconds()))
        rows = _due(connection, campaign_id, now, min(size, MOST_IN_A_BATCH))
        start = max(now, pace.next_slot_at)
        step = timedelta(seconds=1 / pace.rate)
        end = start + step * len(rows)
        connection.execute(
            update(campaign)
            .where(campaign.c.id == campaign_id)
            .values(next_slot_at=end)
        )
        leased = [
            _leased(
                row,
                now=now,
                send_at=start + step * place,
                lease_until=end + margin,
                link_lifetime=link_lifetime,
            )
            for place, row in enumerate(rows)
        ]
        for each in leased:
            _write_lease(connection, each, worker)
        return leased


def check(database: Database, held: Notice) -> None:
    """
    Check that a notice is still this sender's, just before it goes out.

    Raises:
        LeaseLostError: Another sender holds the notice, or it was taken back.
    """
    query = select(notice.c.version).where(notice.c.id == held.id)
    with database.read() as connection:
        if connection.execute(query).scalar() != held.version:
            raise LeaseLostError(_LOST)


def renew(
    database: Database, held: Notice, *, now: datetime, margin: timedelta
) -> Notice:
    """
    Lengthen a lease that would run out during the delivery.

    Raises:
        LeaseLostError: Another sender holds the notice, or it was canceled.
    """
    values: dict[str, object] = {"lease_until": now + margin}
    with database.begin() as connection:
        _change(connection, held, values)
    return replace(held, lease_until=now + margin, version=held.version + 1)


def told(database: Database, held: Notice, *, reply: str, now: datetime) -> None:
    """
    Keep that the member was told, whoever holds the notice by now.

    The message is out: a lease that ran out, or an abort that took the notice
    back meanwhile, does not change that.
    """
    with database.begin() as connection:
        connection.execute(
            update(notice)
            .where(notice.c.id == held.id, notice.c.state != NoticeState.TOLD.value)
            .values(
                state=NoticeState.TOLD.value,
                told_at=now,
                reply=reply[:MAX_REPLY_CHARACTERS],
                attempts=held.attempts + 1,
                version=notice.c.version + 1,
                **FREE,
            )
        )


def refused(database: Database, held: Notice, *, reply: str) -> None:
    """
    Keep that the notice was refused for good.

    Raises:
        LeaseLostError: Another sender holds the notice, or it was taken back.
    """
    values: dict[str, object] = {
        "state": NoticeState.REFUSED.value,
        "reply": reply[:MAX_REPLY_CHARACTERS],
        "attempts": held.attempts + 1,
        **FREE,
    }
    with database.begin() as connection:
        _change(connection, held, values)


def defer(database: Database, held: Notice, *, reply: str, until: datetime) -> None:
    """
    Put the notice back into the outbox, to be tried again from *until* on.

    Raises:
        LeaseLostError: Another sender holds the notice, or it was canceled.
    """
    values: dict[str, object] = {
        "due_at": until,
        "reply": reply[:MAX_REPLY_CHARACTERS],
        "attempts": held.attempts + 1,
        **FREE,
    }
    with database.begin() as connection:
        _change(connection, held, values)


def release(database: Database, held: Sequence[Notice]) -> None:
    """Let go of notices that were not tried, so that another run need not wait."""
    with database.begin() as connection:
        for each in held:
            connection.execute(
                update(notice)
                .where(notice.c.id == each.id, notice.c.version == each.version)
                .values(version=each.version + 1, **FREE)
            )


def _due(
    connection: Connection, campaign_id: str, now: datetime, size: int
) -> Sequence[RowMapping]:
    free = or_(notice.c.lease_until.is_(None), notice.c.lease_until < now)
    query = (
        select(notice)
        .where(
            notice.c.campaign_id == campaign_id,
            notice.c.state == NoticeState.QUEUED.value,
            notice.c.due_at <= now,
            free,
        )
        .order_by(notice.c.due_at, notice.c.id)
        .limit(size)
        .with_for_update(skip_locked=True)
    )
    return connection.execute(query).mappings().all()


def _leased(
    row: RowMapping,
    *,
    now: datetime,
    send_at: datetime,
    lease_until: datetime,
    link_lifetime: timedelta,
) -> Notice:
    # Kept from the first lease on, so that a second copy is the same message; but
    # not for so long that the link which it carries is about to end.
    written_at = row["written_at"]
    expires_at = row["expires_at"]
    if written_at is None or expires_at - now < link_lifetime / 2:
        written_at, expires_at = now, now + link_lifetime
    return Notice(
        id=row["id"],
        campaign_id=row["campaign_id"],
        account_id=row["account_id"],
        key_id=row["key_id"],
        queued_at=row["queued_at"],
        written_at=written_at,
        expires_at=expires_at,
        attempts=row["attempts"],
        send_at=send_at,
        lease_until=lease_until,
        version=row["version"] + 1,
    )


def _write_lease(connection: Connection, held: Notice, worker: str) -> None:
    connection.execute(
        update(notice)
        .where(notice.c.id == held.id)
        .values(
            owner=owner(worker),
            lease_until=held.lease_until,
            written_at=held.written_at,
            expires_at=held.expires_at,
            version=held.version,
        )
    )


def _change(connection: Connection, held: Notice, values: dict[str, object]) -> None:
    changed = connection.execute(
        update(notice)
        .where(
            notice.c.id == held.id,
            notice.c.version == held.version,
            notice.c.state == NoticeState.QUEUED.value,
        )
        .values(version=held.version + 1, **values)
    )
    if changed.rowcount != 1:
        raise LeaseLostError(_LOST)
