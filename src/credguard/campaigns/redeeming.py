"""
A token is redeemed once, together with the new password, or not at all.

Where our tables live in the forum's database, one transaction covers both. Where
they do not, the new hash is written down under seal first; a crash before it
stands in the forum's table is finished at the member's next log-in.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from credguard.campaigns import members, outbox, records, tokens, watermarks
from credguard.campaigns.accounts import Account, Swap
from credguard.campaigns.means import Means
from credguard.campaigns.members import Member
from credguard.campaigns.states import MemberState
from credguard.errors import BusyError, TokenRefusedError
from credguard.keys import Keyring
from credguard.sessions import credential_of, password_was_set
from credguard.storage import audit

BY_LINK = "link"
BY_FORUM = "forum"


@dataclass(frozen=True, slots=True)
class Claim:
    """
    A token that was found good, and what is needed to settle it.

    Attributes:
        account: Whose it is, as the forum's table had it.

        campaign_id: The campaign that issued it.

        leaked: The account's retired hashes; a new password must fit none.

        open_members: The member rows that a new password resolves.
    """

    account: Account
    campaign_id: str
    leaked: tuple[str, ...] = field(repr=False)
    open_members: tuple[Member, ...]


def claim(means: Means, token: str) -> Claim:
    """
    Look a token up; this uses nothing up.

    Args:
        means: What to work with.

        token: What stood in the link.

    Returns:
        The claim. Judge the new password, then hand it to `settle`.

    Raises:
        TokenRefusedError: The token is unknown, used or expired.
        SealBrokenError, UnknownKeyError: The keyring is not the one that made it.
        StorageUnavailableError: The database is away or locked.
    """
    parts = tokens.read(token)
    with means.database.read() as connection:
        row = outbox.find(connection, parts.notice_id)
        if row is None or row["key_id"] != parts.key_id:
            raise TokenRefusedError
        account_id, campaign_id = row["account_id"], row["campaign_id"]
        epoch = credential_of(connection, account_id).epoch
        mine = members.of_account(connection, account_id)
        in_force = records.gating(connection)
        waiting = members.still_open(mine, in_force)
    with means.accounts.reading() as forum:
        account = means.accounts.find(forum, [account_id]).get(account_id)
    if account is None or account.password is None:
        raise TokenRefusedError
    bearer = tokens.Bearer(
        campaign_id=campaign_id,
        notice_id=parts.notice_id,
        account_id=account_id,
        address=account.address or "",
        epoch=epoch,
    )
    tokens.check(means.keyring, parts, bearer)
    expires_at = row["expires_at"]
    is_open = campaign_id in {each.campaign_id for each in waiting}
    if not is_open or expires_at is None or means.clock() >= expires_at:
        raise TokenRefusedError
    leaked = retired_hashes(means, waiting)
    if not members.is_marker(account.password) and watermarks.gating(
        means, in_force, mine, (account_id, account.password)
    ):
        # Set by the forum's form, and taken out of use again by a later campaign.
        leaked.append(account.password)
    return Claim(account, campaign_id, tuple(leaked), tuple(waiting))


def settle(means: Means, claimed: Claim, *, replacement: str) -> None:
    """
    Use the token up and put the new hash into the forum's own column.

    Args:
        means: What to work with.

        claimed: What `claim` returned.

        replacement: The hash of the new password.

    Raises:
        TokenRefusedError: The token was redeemed by somebody else meanwhile.
        BusyError: The forum changed the password column meanwhile; nothing was
            used up.
        StorageUnavailableError: The database is away, locked or full; nothing
            was used up.
    """
    account = claimed.account
    swap = Swap(account.id, old=account.password or "", new=replacement)
    if means.is_shared:
        with means.database.begin() as both:
            _win(means, both, claimed.open_members)
            if means.accounts.swap(both, [swap]) != 1:
                raise _changing()
            _conclude(means, both, claimed.open_members[0], BY_LINK)
        return
    with means.database.begin() as ours:
        _win(means, ours, claimed.open_members, replacement=replacement)
    if not finish_pending(means, account.id, seen=account.password):
        raise _changing()


def settle_by_forum(means: Means, found: Sequence[Member]) -> int:
    """
    Keep that the forum's own form has set a new password, which was then used.

    Returns:
        The account's credential epoch from now on.

    Raises:
        BusyError: The password was reset in another way meanwhile.
    """
    account_id, done = found[0].account_id, MemberState.RESET_DONE
    with means.database.begin() as connection:
        now = means.clock()
        won = [
            members.settle(connection, each, done, now=now, how=BY_FORUM)
            for each in found
        ]
        if any(won):
            _conclude(means, connection, found[0], BY_FORUM)
        elif _as_it_stands(connection, found[0]).how != BY_FORUM:
            raise _changing()
        return credential_of(connection, account_id).epoch


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
        owners = _own_keyrings(means, connection, pending)
    if not pending:
        # Somebody else finished it; how that ended stands in the rows.
        return any(each.state is MemberState.RESET_DONE for each in mine)
    # All pending rows of an account were won together and hold one hash.
    new = members.open_pending(owners[pending[0].campaign_id], pending[0])
    replaced = {
        text
        for each in pending
        for text in (*_taken_out_of_use(owners[each.campaign_id], each), seen)
    }
    with means.accounts.writing() as forum:
        then = _put(means, forum, account_id, new=new, replaced=replaced)
    how = BY_LINK if then is MemberState.RESET_DONE else None
    with means.database.begin() as connection:
        now = means.clock()
        won = [
            members.settle(connection, found, then, now=now, how=how)
            for found in pending
        ]
        if all(won) and how is not None:
            _conclude(means, connection, pending[0], how)
        now_stands = _as_it_stands(connection, pending[0])
    return now_stands.state is MemberState.RESET_DONE


def _taken_out_of_use(own: Keyring, found: Member) -> tuple[str, str]:
    """Return what a new hash may replace; another campaign's marker is not in it."""
    marker = members.marker(own, found.campaign_id, found.account_id)
    return members.open_retired(own, found), marker


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


def _as_it_stands(connection: Connection, found: Member) -> Member:
    rows = members.known(connection, found.campaign_id, [found.account_id])
    return rows[found.account_id]


def _changing() -> BusyError:
    return BusyError("The account is being changed. Try again in a moment.")


def retired_hashes(means: Means, found: Iterable[Member]) -> list[str]:
    """Return the hashes that were retired, without the markers of other campaigns."""
    waiting = list(found)
    with means.database.read() as connection:
        owners = _own_keyrings(means, connection, waiting)
    hashes = [members.open_retired(owners[each.campaign_id], each) for each in waiting]
    return [each for each in hashes if not members.is_marker(each)]


def _own_keyrings(
    means: Means, connection: Connection, found: Iterable[Member]
) -> dict[str, Keyring]:
    ids = {each.campaign_id for each in found}
    every = [records.find(connection, campaign_id) for campaign_id in ids]
    return {each.id: records.own_keyring(means.keyring, each) for each in every}


def _win(
    means: Means,
    connection: Connection,
    waiting: Sequence[Member],
    *,
    replacement: str | None = None,
) -> None:
    """Change all open rows of the account, or none: one write decides."""
    now = means.clock()
    then = MemberState.RESETTING if replacement else MemberState.RESET_DONE
    owners = _own_keyrings(means, connection, waiting) if replacement else {}
    for found in waiting:
        pending = None
        if replacement is not None:
            own = owners[found.campaign_id]
            pending = members.seal_pending(own, found, replacement)
        if not members.settle(
            connection, found, then, now=now, how=BY_LINK, pending=pending
        ):
            raise TokenRefusedError


def _conclude(means: Means, connection: Connection, found: Member, how: str) -> None:
    password_was_set(connection, found.account_id, now=means.clock())
    outbox.cancel(connection, found.account_id)
    _note(means, connection, found.campaign_id, how)


def _note(means: Means, connection: Connection, campaign_id: str, how: str) -> None:
    now: datetime = means.clock()
    detail = {"campaign": campaign_id, "how": how}
    audit.record(
        connection, means.keyring, event="password reset", detail=detail, now=now
    )
