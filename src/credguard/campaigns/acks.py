"""
What becomes of a notice that is held, each in the caller's transaction.

A message that is acknowledged and the look at the next one are one transaction: one
commit for each message, and nothing is sent that was taken back before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from credguard.campaigns import paces
from credguard.campaigns.choosing import by_hour
from credguard.campaigns.outbox import FREE, Notice, speak
from credguard.campaigns.states import TO_SEND_NAMES, NoticeState
from credguard.errors import LeaseLostError
from credguard.storage.database import Database
from credguard.storage.tables import notice, pace, sending

MAX_REPLY_CHARACTERS = 32

# Made once: building these costs more than running them.
_LOOK = (
    select(
        notice.c.version,
        sending.c.paused_at,
        pace.c.rests_until,
        pace.c.deferrals,
        pace.c.rest_seconds,
    )
    .select_from(
        notice.outerjoin(pace, pace.c.name == notice.c.mail_group).outerjoin(
            sending, sending.c.campaign_id == notice.c.campaign_id
        )
    )
    .where(notice.c.id == bindparam("b_id"))
)
_TOLD = (
    update(notice)
    .where(
        notice.c.id == bindparam("b_id"),
        notice.c.state.not_in((NoticeState.TOLD.value, NoticeState.BOUNCED.value)),
    )
    .values(
        state=NoticeState.TOLD.value,
        told_at=bindparam("b_now"),
        decided_at=bindparam("b_now"),
        sent_to=bindparam("b_to"),
        reply=bindparam("b_reply"),
        attempts=bindparam("b_attempts"),
        version=notice.c.version + 1,
        **FREE,
    )
)
_LOST = "another sender took this notice over, or it was taken back"


@dataclass(frozen=True, slots=True)
class Look:
    """
    What stands in the database just before a notice goes out.

    Attributes:
        is_ours: False where another sender took it over, or it was taken back.

        is_paused: True if the campaign's sending is paused.

        rests_until: Until when its group rests, None if it never did.

        is_troubled: True if its group gave trouble and has taken nothing since.
    """

    is_ours: bool
    is_paused: bool
    rests_until: datetime | None = None
    is_troubled: bool = False


def look(connection: Connection, held: Notice) -> Look:
    """Return what stands in the database just before a notice goes out."""
    row = connection.execute(_LOOK, {"b_id": held.id}).first()
    if row is None:
        return Look(is_ours=False, is_paused=False)
    return Look(
        is_ours=row.version == held.version,
        is_paused=row.paused_at is not None,
        rests_until=row.rests_until,
        is_troubled=bool(row.deferrals or row.rest_seconds),
    )


def renew(
    connection: Connection, held: Notice, *, until: datetime, reply: str | None = None
) -> Notice:
    """
    Lengthen a lease, or write down that the notice goes out now.

    Raises:
        LeaseLostError: Another sender holds the notice, or it was canceled.
    """
    values: dict[str, object] = {"lease_until": until}
    if reply is not None:
        values["reply"] = reply
    _change(connection, held, values)
    return replace(held, lease_until=until, version=held.version + 1)


def told(
    connection: Connection, held: Notice, *, reply: str, sent_to: str, now: datetime
) -> None:
    """
    Keep that the member was told, whoever holds the notice by now.

    The message is out: a lease that ran out, or an abort that took the notice
    back meanwhile, does not change that.
    """
    values = {
        "b_id": held.id,
        "b_now": now,
        "b_to": sent_to,
        "b_reply": reply[:MAX_REPLY_CHARACTERS],
        "b_attempts": held.attempts + 1,
    }
    connection.execute(_TOLD, values)
    speak(connection, held)


def settle(
    connection: Connection,
    held: Notice,
    then: NoticeState,
    *,
    reply: str,
    now: datetime | None = None,
) -> None:
    """
    Keep that the notice was not told, and will not be tried again by itself.

    Args:
        connection: A transaction that writes.

        held: The notice.

        then: What became of it.

        reply: Why.

        now: When a server decided so, None if none was asked.

    Raises:
        LeaseLostError: Another sender holds the notice, or it was taken back.
    """
    _change(connection, held, {**_decision(held, then, reply), "decided_at": now})
    speak(connection, held)


def defer(connection: Connection, held: Notice, *, reply: str, until: datetime) -> None:
    """
    Put the notice back into the outbox, to be tried again from *until* on.

    Raises:
        LeaseLostError: Another sender holds the notice, or it was canceled.
    """
    decision = _decision(held, NoticeState.DEFERRED, reply)
    _change(connection, held, {**decision, "due_at": until})


def release(
    database: Database, held: Sequence[Notice], *, owner: str, counts: bool
) -> None:
    """
    Let go of notices that were not tried, so that another run need not wait.

    Args:
        database: Where the outbox is.

        held: The notices.

        owner: Who holds them.

        counts: True where their slots were counted against a day's quota.
    """
    if not held:
        return
    ids = [each.id for each in held]
    with database.begin() as connection:
        connection.execute(
            update(notice)
            .where(notice.c.id.in_(ids), notice.c.owner == owner)
            .values(version=notice.c.version + 1, reply=None, **FREE)
        )
        if counts:
            hours = by_hour([each.send_at for each in held])
            back = {hour: -number for hour, number in hours.items()}
            paces.count_sent(connection, back)


def move(connection: Connection, held: Notice, *, lane: str, group: str) -> None:
    """
    Put the notice back, into the group that its account's address is in by now.

    Raises:
        LeaseLostError: Another sender holds the notice, or it was canceled.
    """
    _change(connection, held, {"lane": lane, "mail_group": group, **FREE})


def _decision(held: Notice, then: NoticeState, reply: str) -> dict[str, object]:
    return {
        "state": then.value,
        "reply": reply[:MAX_REPLY_CHARACTERS],
        "attempts": held.attempts + 1,
        **FREE,
    }


def _change(connection: Connection, held: Notice, values: Mapping[str, object]) -> None:
    changed = connection.execute(
        update(notice)
        .where(
            notice.c.id == held.id,
            notice.c.version == held.version,
            notice.c.state.in_(TO_SEND_NAMES),
        )
        .values({**values, "version": held.version + 1})
    )
    if changed.rowcount != 1:
        raise LeaseLostError(_LOST)
