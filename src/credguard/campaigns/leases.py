"""
Notices are leased by one sender and acknowledged one by one.

SMTP cannot be exactly-once (RFC 1047): a kill between the server's "250" and our
commit sends one message again, with the same Message-ID and the same link. The
rate is kept by the database, so that it holds for all senders together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, select, update

from credguard.campaigns.choosing import Choice, Hold, choose
from credguard.campaigns.notice_policy import Ambiguous
from credguard.campaigns.outbox import FREE, Notice
from credguard.campaigns.pacing import LATEST
from credguard.campaigns.records import Record
from credguard.campaigns.states import TO_SEND_NAMES, NoticeState
from credguard.campaigns.wording import ASKED
from credguard.storage.database import Database
from credguard.storage.tables import notice

ASKED_LIFETIME = timedelta(hours=1)  # of a link that was asked for (OWASP: short)
MAX_OWNER_CHARACTERS = 64
GOING_OUT = "going out"
"""The reply of a notice that is just handed over, where ambiguous ones are held."""


@dataclass(frozen=True, slots=True)
class Batch:
    """
    What a sender holds.

    Attributes:
        notices: The notices, in the order of their instants.

        hold: Why there are none, None if there are some.

        next_at: When there may be some again, None if it is not known.
    """

    notices: list[Notice]
    hold: Hold | None = None
    next_at: datetime | None = None


def owner(worker: str) -> str:
    """Return what of a worker's name is kept beside its leases, to be looked at."""
    return worker[:MAX_OWNER_CHARACTERS]


def lease(
    database: Database,
    record: Record,
    *,
    worker: str,
    now: datetime,
    margin: timedelta,
    size: int,
) -> Batch:
    """
    Lease the next few notices, with the instants that the rates give them.

    Args:
        database: Where the outbox is.

        record: The campaign.

        worker: Who asks.

        now: The present instant.

        margin: How long a lease outlasts the last instant; longer than one
            delivery can take.

        size: How many at the most.
    """
    plan = record.plan
    with database.begin() as connection:
        choice = choose(
            connection, record.id, plan.notices, rate=plan.rate, size=size, now=now
        )
        if choice.hold:
            return Batch([], choice.hold, choice.next_at)
        rows = _rows(connection, choice)
        if plan.notices.ambiguous is Ambiguous.HOLD:
            rows = _without_ambiguous(connection, rows)
        # The last of them goes out as late as this, and takes a margin at the most.
        until = choice.given[-1][1] + LATEST + margin
        leased = [
            _leased(row, now=now, send_at=at, until=until, lifetime=plan.link_lifetime)
            for row, at in rows
        ]
        _write_leases(connection, leased, worker)
        return Batch(leased)


def _rows(connection: Connection, choice: Choice) -> list[tuple[RowMapping, datetime]]:
    ids = [notice_id for notice_id, _ in choice.given]
    query = (
        select(notice)
        .where(notice.c.id.in_(ids), notice.c.state.in_(TO_SEND_NAMES))
        .with_for_update(skip_locked=True)
    )
    found = {row["id"]: row for row in connection.execute(query).mappings()}
    return [(found[each], at) for each, at in choice.given if each in found]


def _without_ambiguous(
    connection: Connection, rows: list[tuple[RowMapping, datetime]]
) -> list[tuple[RowMapping, datetime]]:
    """Hold what a sender was handing over when it was killed."""
    odd = [row["id"] for row, _ in rows if row["reply"] == GOING_OUT]
    if odd:
        connection.execute(
            update(notice)
            .where(notice.c.id.in_(odd))
            .values(state=NoticeState.HELD.value, version=notice.c.version + 1, **FREE)
        )
    return [(row, at) for row, at in rows if row["id"] not in odd]


def _leased(
    row: RowMapping,
    *,
    now: datetime,
    send_at: datetime,
    until: datetime,
    lifetime: timedelta,
) -> Notice:
    if row["kind"].startswith(ASKED):
        lifetime = ASKED_LIFETIME
    # Kept from the first lease on, so that a second copy is the same message; but
    # not for so long that the link which it carries is about to end.
    written_at = row["written_at"]
    expires_at = row["expires_at"]
    if written_at is None or expires_at - now < lifetime / 2:
        written_at, expires_at = now, now + lifetime
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
        lease_until=until,
        version=row["version"] + 1,
        kind=row["kind"],
        group=row["mail_group"] or "",
        language=row["language"],
    )


def _write_leases(
    connection: Connection, leased: Sequence[Notice], worker: str
) -> None:
    alike: dict[tuple[datetime, datetime], list[str]] = {}
    for each in leased:
        alike.setdefault((each.written_at, each.expires_at), []).append(each.id)
    until = leased[0].lease_until if leased else None
    for (written_at, expires_at), ids in alike.items():
        connection.execute(
            update(notice)
            .where(notice.c.id.in_(ids))
            .values(
                owner=owner(worker),
                lease_until=until,
                written_at=written_at,
                expires_at=expires_at,
                version=notice.c.version + 1,
            )
        )
