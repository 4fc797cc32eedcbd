"""
A reset that was decided on is finished, also where a crash came in between.

The member rows hold the new hash under seal until it stands in the forum's table.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import Connection

from credguard.campaigns import marking, members, outbox, records, retired
from credguard.campaigns.accounts import Swap
from credguard.campaigns.means import Means
from credguard.campaigns.members import Member
from credguard.campaigns.states import MemberState
from credguard.keys import Keyring
from credguard.sessions import password_was_set
from credguard.storage import audit


def finish_pending(means: Means, account_id: str, *, seen: str | None = None) -> bool:
    """
    Put a new hash that was decided on into the forum's table, where it is not yet.

    Args:
        means: What to work with.

        account_id: Whose rows stand as `RESETTING`.

        seen: What stood in the column when the token was claimed, if that is known.

    Returns:
        True if it stands there now. False if the account has left, or the forum
        wrote another hash first: the account's rows are open again then.
    """
    with means.database.read() as connection:
        mine = members.of_account(connection, account_id)
        pending = [each for each in mine if each.state is MemberState.RESETTING]
        owners = own_keyrings(means, connection, pending)
        replaced = {seen, *_taken_out_of_use(connection, owners, pending)}
    if not pending:
        # Somebody else finished it; how that ended stands in the rows.
        return any(each.state is MemberState.RESET_DONE for each in mine)
    # All pending rows of an account were won together and hold one hash.
    sealer = owners[pending[0].campaign_id] or means.keyring
    new = members.open_pending(sealer, pending[0])
    unknown = {each for each, own in owners.items() if own is None}
    with means.accounts.writing() as forum:
        replaced |= _markers_of(means, forum, account_id, unknown)
        then = _put(means, forum, account_id, new=new, replaced=replaced)
    how = pending[0].how if then is MemberState.RESET_DONE else None
    with means.database.begin() as connection:
        now = means.clock()
        won = [
            members.settle(connection, found, then, now=now, how=how)
            for found in pending
        ]
        if all(won) and how is not None:
            conclude(means, connection, pending[0], how)
        now_stands = as_it_stands(connection, pending[0])
    return now_stands.state is MemberState.RESET_DONE


def _taken_out_of_use(
    connection: Connection, owners: dict[str, Keyring | None], found: list[Member]
) -> Iterator[str]:
    """Yield what a new hash may replace; another campaign's marker is not in it."""
    for each in found:
        own = owners[each.campaign_id]
        if own is not None:
            yield retired.hash_of(connection, own, each)
            yield marking.marker(own, each)


def _markers_of(
    means: Means, forum: Connection, account_id: str, campaigns: set[str]
) -> set[str | None]:
    """Return the column's text if it is a marker of a campaign without its key."""
    account = means.accounts.find(forum, [account_id]).get(account_id)
    text = None if account is None else account.password
    is_theirs = marking.is_marker(text) and marking.campaign_of(str(text)) in campaigns
    return {text} if is_theirs else set()


def _put(
    means: Means,
    forum: Connection,
    account_id: str,
    *,
    new: str,
    replaced: set[str | None],
) -> MemberState:
    """Write a new hash over what it replaces; return what came of it."""
    account = means.accounts.find(forum, [account_id]).get(account_id)
    if account is None:
        return MemberState.LEFT
    old = account.password or ""
    if old in replaced:
        means.accounts.swap(forum, [Swap(account_id, old, new)])
        again = means.accounts.find(forum, [account_id]).get(account_id)
        old = (again.password if again else None) or ""
    return MemberState.RESET_DONE if old == new else MemberState.MUST_RESET


def as_it_stands(connection: Connection, found: Member) -> Member:
    """Return a member row as it stands now."""
    rows = members.known(connection, found.campaign_id, [found.account_id])
    return rows[found.account_id]


def own_keyrings(
    means: Means, connection: Connection, found: Iterable[Member]
) -> dict[str, Keyring | None]:
    """Return each campaign's own keyring, None where its key was destroyed."""
    ids = {each.campaign_id for each in found}
    return keyrings_of(means, [records.find(connection, each) for each in ids])


def keyrings_of(
    means: Means, every: Iterable[records.Record]
) -> dict[str, Keyring | None]:
    """Return each campaign's own keyring, None where its key was destroyed."""
    return {
        each.id: None
        if each.sealed_key is None
        else records.own_keyring(means.keyring, each)
        for each in every
    }


def conclude(means: Means, connection: Connection, found: Member, how: str) -> None:
    """Keep that an account has a new password: its sessions and notices are over."""
    password_was_set(connection, found.account_id, now=means.clock())
    outbox.cancel(connection, found.account_id)
    _note(means, connection, found, how)


def _note(means: Means, connection: Connection, found: Member, how: str) -> None:
    now: datetime = means.clock()
    detail = {"campaign": found.campaign_id, "how": how}
    audit.record(
        connection,
        means.keyring,
        event="password reset",
        detail=detail,
        now=now,
        accounts=[found.account_id],
    )
