"""
Watermarks: what gates an account that no sweep has reached yet.

Several may be in force at once. Each is judged by itself, and an account that one of
them gates is gated: a cut-off that has passed never hides an earlier or a later one.
"""

from collections.abc import Sequence

from credguard.campaigns.accounts import Account
from credguard.campaigns.expressions import is_affected
from credguard.campaigns.means import Means
from credguard.campaigns.members import Member
from credguard.campaigns.records import Record
from credguard.campaigns.states import UNSWEPT
from credguard.errors import BusyError


def gating(
    means: Means,
    in_force: Sequence[Record],
    mine: Sequence[Member],
    account: tuple[str, str | None],
) -> str | None:
    """
    Return the newest campaign whose watermark alone gates an account, None if none.

    Args:
        means: What to work with.

        in_force: The campaigns whose watermark is in force, the newest first.

        mine: The account's member rows: a campaign that has one needs no watermark.

        account: The account's id, and what stands in its password column.

    Raises:
        BusyError: The forum's user table is needed and not at hand here.
    """
    found = gated(means, in_force, mine, account)
    return None if found is None else found[0].id


def gated(
    means: Means,
    in_force: Sequence[Record],
    mine: Sequence[Member],
    account: tuple[str, str | None],
) -> tuple[Record, Account] | None:
    """
    Return the campaign as `gating` does, with the account's row.

    Raises:
        BusyError: The forum's user table is needed and not at hand here.
    """
    swept = {found.campaign_id for found in mine}
    unswept = [
        record
        for record in in_force
        if record.state in UNSWEPT and record.id not in swept
    ]
    if not unswept:
        return None
    row = look_up(means, *account)
    with means.database.read() as connection:
        facts = means.facts_of_one(connection, row)
    for record in unswept:
        if is_affected(record.plan.scope, facts, opened_at=record.opened_at):
            return record, row
    return None


def look_up(means: Means, account_id: str, stored: str | None) -> Account:
    """
    Return the account as the forum's table has it; one with *stored* if it has none.

    Raises:
        BusyError: The table is not at hand here.
    """
    if means.forum is None:
        message = "A password reset is being put in force. Try again in a moment."
        raise BusyError(message)
    with means.forum.reading() as forum:
        found = means.forum.find(forum, [account_id])
    return found.get(account_id, Account(account_id, password=stored))
