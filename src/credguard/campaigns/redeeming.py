"""
A claim is settled once, together with the new password, or not at all.

Where our tables live in the forum's database, one transaction covers both. Where
they do not, the new hash is written down under seal first; a crash before it
stands in the forum's table is finished at the member's next log-in.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from credguard.campaigns import members
from credguard.campaigns.accounts import Swap
from credguard.campaigns.claiming import Claim
from credguard.campaigns.finishing import (
    as_it_stands,
    conclude,
    finish_pending,
    own_keyrings,
)
from credguard.campaigns.means import Means
from credguard.campaigns.members import Member
from credguard.campaigns.states import MemberState
from credguard.errors import BusyError, TokenRefusedError
from credguard.sessions import credential_of

BY_FORUM = "forum"


def settle(means: Means, claimed: Claim, *, replacement: str, how: str) -> None:
    """
    Use the token up and put the new hash into the forum's own column.

    Args:
        means: What to work with.

        claimed: What `claim` returned.

        replacement: The hash of the new password.

        how: What was shown, for the report.

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
            _win(means, both, claimed.open_members, how=how)
            if means.accounts.swap(both, [swap]) != 1:
                raise _changing()
            conclude(means, both, claimed.open_members[0], how)
        return
    with means.database.begin() as ours:
        _win(means, ours, claimed.open_members, how=how, replacement=replacement)
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
            conclude(means, connection, found[0], BY_FORUM)
        elif as_it_stands(connection, found[0]).how != BY_FORUM:
            raise _changing()
        return credential_of(connection, account_id).epoch


def _changing() -> BusyError:
    return BusyError("The account is being changed. Try again in a moment.")


def _win(
    means: Means,
    connection: Connection,
    waiting: Sequence[Member],
    *,
    how: str,
    replacement: str | None = None,
) -> None:
    """Change all open rows of the account, or none: one write decides."""
    now = means.clock()
    then = MemberState.RESETTING if replacement else MemberState.RESET_DONE
    owners = own_keyrings(means, connection, waiting) if replacement else {}
    for found in waiting:
        pending = None
        if replacement is not None:
            own = owners[found.campaign_id] or means.keyring
            pending = members.seal_pending(own, found, replacement)
        if not members.settle(
            connection, found, then, now=now, how=how, pending=pending
        ):
            raise TokenRefusedError
