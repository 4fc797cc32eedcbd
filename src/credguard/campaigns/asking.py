"""A member asks for a link in the forum's own form: it is made and sent on demand."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from credguard.campaigns import members, outbox, records
from credguard.campaigns.means import Means
from credguard.campaigns.records import Record
from credguard.campaigns.wording import ASKED
from credguard.storage.account_ids import check_account_id
from credguard.storage.tables import ACCOUNT_ID_CHARACTERS, notice

ASK_PAUSE = timedelta(minutes=10)
"""How soon one member may ask again."""

MOST_A_DAY = 5
"""Links that one member may ask for within 24 hours."""

_DAY = timedelta(days=1)
# No account's id, being too long for one: the same look-ups are made for it.
_NOBODY = "-" * (ACCOUNT_ID_CHARACTERS + 1)


def request_link(means: Means, account_id: str | None) -> bool:
    """
    Put a message with a link into the outbox, before all others.

    Args:
        means: What to work with.

        account_id: Who asks, None if the form found no such account.

    Returns:
        True if a campaign has the account in hand, so that the forum's own form
        sends nothing itself. Show the same answer in both cases.

    Raises:
        AccountIdError: *account_id* is not a text of 1 to 255 characters.
    """
    if account_id is not None:
        check_account_id(account_id)
    whose = _NOBODY if account_id is None else account_id
    with means.database.begin() as connection:
        gating = records.gating(connection)
        mine = members.of_account(connection, whose)
        waiting = {each.campaign_id for each in members.still_open(mine, gating)}
        asked = _asked(connection, whose)
        record = next((each for each in gating if each.id in waiting), None)
        if record is None or not _can_ask(record):
            return False
        _queue(means, connection, record=record, account_id=whose, asked=asked)
    return True


def _can_ask(record: Record) -> bool:
    return record.plan.notices.wording(record.plan.letter).can_ask


def _asked(connection: Connection, account_id: str) -> list[tuple[str, datetime]]:
    query = select(notice.c.campaign_id, notice.c.queued_at).where(
        notice.c.account_id == account_id, notice.c.kind.startswith(ASKED)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]


def _queue(
    means: Means,
    connection: Connection,
    *,
    record: Record,
    account_id: str,
    asked: list[tuple[str, datetime]],
) -> None:
    now = means.clock()
    lately = [at for _, at in asked if at > now - _DAY]
    if len(lately) >= MOST_A_DAY or (lately and max(lately) > now - ASK_PAUSE):
        return
    number = 1 + sum(campaign_id == record.id for campaign_id, _ in asked)
    outbox.queue_once(
        connection,
        record.id,
        [account_id],
        # Of two requests at once, both want this kind and one gets it.
        kind=f"{ASKED}{number}",
        key_id=means.keyring.current.id,
        now=now,
    )
