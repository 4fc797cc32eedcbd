"""
What comes back after a message was taken: bounces and complaints.

Everything here may be told twice and late. A bounce after its member has reset changes
nothing but the list of bad addresses.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, update

from credguard.campaigns import breaking, outbox, records, suppression, verp
from credguard.campaigns.bounce_codes import is_bad_address, is_permanent
from credguard.campaigns.letter import notice_named
from credguard.campaigns.means import Means
from credguard.campaigns.outbox import FREE
from credguard.campaigns.states import NoticeState
from credguard.campaigns.suppression import Reason
from credguard.errors import UnknownKeyError
from credguard.storage.tables import notice

MAX_NAME_CHARACTERS = 1_000

# RFC 3463 section 2, or the reply of RFC 5321 section 4.2.
_STATUS = re.compile(r"[45]\.[0-9]{1,3}\.[0-9]{1,3}|[45][0-9]{2}", re.ASCII)
_UNKNOWN_STATUS = "5.0.0"  # RFC 3463 section 3.1: other undefined status
_OPEN = tuple(
    state.value
    for state in (
        NoticeState.TOLD,
        NoticeState.QUEUED,
        NoticeState.DEFERRED,
        NoticeState.HELD,
        NoticeState.GIVEN_UP,
    )
)


class EventKind(StrEnum):
    """What somebody tells of a message."""

    BOUNCED = "bounced"
    """It was not delivered and will not be."""

    COMPLAINED = "complained"
    """Its recipient called it spam."""


@dataclass(frozen=True, slots=True)
class MailEvent:
    """
    What a provider's webhook, or a mail that came back, tells of a notice.

    Attributes:
        kind: What happened.

        notice: Its Message-ID, idempotency key or return path.

        status: The reply or status code, such as ``550`` or ``5.1.1``; what is none
            counts as a permanent failure of an unknown kind.
    """

    kind: EventKind
    notice: str
    status: str = _UNKNOWN_STATUS


def take(means: Means, event: MailEvent) -> bool:
    """
    Take in an event whose sender is trusted, such as an authenticated webhook.

    Returns:
        True if it is about a notice of ours, new or not.
    """
    text = event.notice[:MAX_NAME_CHARACTERS]
    paths = verp.find(text)
    name = paths[0][0] if paths else notice_named(text)
    with means.database.begin() as connection:
        row = outbox.find(connection, name) if name else None
        return row is not None and _take(means, connection, row, event)


def take_mail(means: Means, event: MailEvent) -> bool:
    """
    Take in an event from a mail, which anybody can write.

    Returns:
        True if its return path is one that we made for a notice.
    """
    with means.database.begin() as connection:
        for name, tag in verp.find(event.notice):
            row = outbox.find(connection, name)
            if row is not None and _is_ours(means, row, tag):
                return _take(means, connection, row, event)
    return False


def _is_ours(means: Means, row: RowMapping, tag: str) -> bool:
    try:
        return verp.is_ours(means.keyring, row["id"], tag, key_id=row["key_id"])
    except UnknownKeyError:
        return False


def _take(
    means: Means, connection: Connection, row: RowMapping, event: MailEvent
) -> bool:
    now, status = means.clock(), event.status
    if event.kind is EventKind.COMPLAINED:
        is_new = _complained(connection, row, now)
    else:
        status = status if _STATUS.fullmatch(status) else _UNKNOWN_STATUS
        is_new = _bounced(connection, row, status, now)
    if is_new and (event.kind is EventKind.COMPLAINED or is_permanent(status)):
        record = records.find(connection, row["campaign_id"])
        policy = record.plan.notices
        breaking.check(connection, means.keyring, record.id, policy, now=now)
    return True


def _bounced(
    connection: Connection, row: RowMapping, status: str, now: datetime
) -> bool:
    if row["sent_to"] and is_bad_address(status):
        suppression.suppress(connection, row["sent_to"], Reason.BOUNCED, now=now)
    changed = connection.execute(
        update(notice)
        .where(notice.c.id == row["id"], notice.c.state.in_(_OPEN))
        .values(
            state=NoticeState.BOUNCED.value,
            reply=status,
            decided_at=row["decided_at"] or now,
            version=notice.c.version + 1,
            **FREE,
        )
    )
    return changed.rowcount == 1


def _complained(connection: Connection, row: RowMapping, now: datetime) -> bool:
    if row["sent_to"]:
        suppression.suppress(connection, row["sent_to"], Reason.COMPLAINED, now=now)
    changed = connection.execute(
        update(notice)
        .where(notice.c.id == row["id"], notice.c.complained_at.is_(None))
        .values(complained_at=now)
    )
    return changed.rowcount == 1
