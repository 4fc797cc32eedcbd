"""Notice rows: each account has one of a kind, queued once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    case,
    func,
    select,
    update,
)

from credguard._random import random_bytes
from credguard._text import to_base64url
from credguard.campaigns.letter import NOTICE_ID_BYTES
from credguard.campaigns.states import (
    TO_SEND_NAMES,
    UNSENT_NAMES,
    MemberState,
    NoticeState,
)
from credguard.campaigns.wording import FIRST, REMINDER
from credguard.storage.bulk import insert_rows
from credguard.storage.instants import microseconds_of
from credguard.storage.tables import member, notice, sending


@dataclass(frozen=True, slots=True)
class Notice:
    """
    A notice that this sender holds.

    Attributes:
        id: Names it in the token and the Message-ID.

        campaign_id: The campaign.

        account_id: Who is told.

        key_id: The key that makes its token.

        queued_at: When it was put into the outbox.

        written_at: The date of the message: when it was first leased.

        expires_at: When its link ends.

        attempts: How often it was tried before.

        send_at: The instant that the rate gives it.

        lease_until: Until when it is this sender's.

        version: What must still stand in the row.

        kind: Which of the account's notices it is.

        group: The group of mail exchangers that it goes to.

        language: The language of its text.
    """

    id: str
    campaign_id: str
    account_id: str
    key_id: str
    queued_at: datetime
    written_at: datetime
    expires_at: datetime
    attempts: int
    send_at: datetime
    lease_until: datetime
    version: int
    kind: str = FIRST
    group: str = ""
    language: str | None = None


_NEW = (
    *("id", "campaign_id", "account_id"),
    *("state", "attempts", "version", "kind", "is_current"),
    *("key_id", "queued_at", "due_at"),
)
_SECONDS_BYTES = 4  # until the year 2106


def queue_once(
    connection: Connection,
    campaign_id: str,
    account_ids: Sequence[str],
    *,
    kind: str,
    key_id: str,
    now: datetime,
) -> None:
    """Put a notice of *kind* into the outbox for each account that has none of it."""
    at = microseconds_of(now)
    queued = (NoticeState.QUEUED.value, 0, 0, kind, kind == FIRST)
    rows = [
        (_new_id(now), campaign_id, account_id, *queued, key_id, at, at)
        for account_id in account_ids
    ]
    insert_rows(connection, notice, _NEW, rows, or_keep="id")


def _new_id(now: datetime) -> str:
    # Seconds first: what is queued together stands together in the table's key,
    # which is half the work of a million rows. It names a notice and is no secret.
    seconds = int(now.timestamp()) % (1 << 8 * _SECONDS_BYTES)
    drawn = random_bytes(NOTICE_ID_BYTES - _SECONDS_BYTES)
    return to_base64url(seconds.to_bytes(_SECONDS_BYTES, "big") + drawn)


def speak(connection: Connection, held: Notice) -> None:
    """Let a later notice, now that it is decided, tell how its account stands."""
    if held.kind.startswith(REMINDER):
        connection.execute(
            update(notice)
            .where(
                notice.c.account_id == held.account_id,
                notice.c.campaign_id == held.campaign_id,
            )
            .values(is_current=notice.c.id == held.id)
        )


def cancel(connection: Connection, account_id: str) -> None:
    """Take back the account's notices that have not been told."""
    _cancel(connection, notice.c.account_id == account_id)


def cancel_all(connection: Connection, campaign_id: str) -> None:
    """Take back the campaign's notices that have not been told."""
    _cancel(connection, notice.c.campaign_id == campaign_id)


def find(connection: Connection, notice_id: str) -> RowMapping | None:
    """Return the row of a notice, None if there is none."""
    query = select(notice).where(notice.c.id == notice_id)
    return connection.execute(query).mappings().first()


@dataclass(frozen=True, slots=True)
class Waiting:
    """
    What is left in the outbox.

    Attributes:
        queued: Notices that are not told yet, or not even queued.

        deferred: Those of them that were tried before.

        next_at: When the first of them is due or its lease ends.

        held_until: When the first lease on one of them ends, None if there is none.
    """

    queued: int
    deferred: int
    next_at: datetime | None
    held_until: datetime | None


def waiting(connection: Connection, campaign_id: str) -> Waiting:
    """Return what is left in the campaign's outbox."""
    later = func.coalesce(notice.c.lease_until, notice.c.due_at)
    query = select(
        func.count(),
        func.coalesce(func.sum(case((notice.c.attempts > 0, 1), else_=0)), 0),
        func.min(later),
        func.min(notice.c.lease_until),
    ).where(notice.c.campaign_id == campaign_id, notice.c.state.in_(TO_SEND_NAMES))
    queued, deferred, next_at, held_until = connection.execute(query).one()
    left = int(queued) + not_queued(connection, campaign_id)
    return Waiting(left, int(deferred), next_at, held_until)


def not_queued(connection: Connection, campaign_id: str) -> int:
    """Return how many members get a notice when telling begins, or goes on."""
    cursor = select(sending.c.queued_to).where(sending.c.campaign_id == campaign_id)
    query = select(func.count()).where(
        member.c.account_id > func.coalesce(cursor.scalar_subquery(), ""),
        member.c.campaign_id == campaign_id,
        member.c.state == MemberState.MUST_RESET.value,
        member.c.is_reachable,
    )
    return int(connection.execute(query).scalar_one())


def has_fresh(connection: Connection, campaign_id: str) -> bool:
    """Return True if there is a notice that nobody has tried yet."""
    query = select(notice.c.id).where(
        notice.c.campaign_id == campaign_id, notice.c.state == NoticeState.QUEUED.value
    )
    return connection.execute(query.limit(1)).first() is not None


FREE: dict[str, object] = {"owner": None, "lease_until": None}


def _cancel(connection: Connection, whose: ColumnElement[bool]) -> None:
    connection.execute(
        update(notice)
        .where(whose, notice.c.state.in_(UNSENT_NAMES))
        .values(state=NoticeState.CANCELED.value, version=notice.c.version + 1, **FREE)
    )
