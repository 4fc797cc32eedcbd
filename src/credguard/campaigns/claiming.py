"""What a campaign asks of an account, looked up for who has shown a proof."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from credguard._secret import never_copied
from credguard.campaigns import (
    marking,
    members,
    outbox,
    records,
    retired,
    tokens,
    watermarks,
)
from credguard.campaigns.accounts import Account
from credguard.campaigns.finishing import keyrings_of
from credguard.campaigns.leaked import Leaked, as_it_stands
from credguard.campaigns.means import Means
from credguard.campaigns.members import Member
from credguard.campaigns.records import Record
from credguard.errors import BusyError, TokenRefusedError
from credguard.sessions import credential_of

_NOT_SWEPT = "The account is being put in order. Try again in a moment."


@never_copied
@dataclass(frozen=True, slots=True)
class Claim:
    """
    What an account is asked, and what is needed to settle it.

    Attributes:
        account: Whose it is, as the forum's table had it.

        campaign_id: The campaign that asks.

        leaked: The account's retired hashes; a new password must fit none.

        open_members: The member rows that a new password resolves.
    """

    account: Account
    campaign_id: str
    leaked: tuple[Leaked, ...] = field(repr=False)
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
        epoch = credential_of(connection, row["account_id"]).epoch
    found = _open(means, row["account_id"])
    bearer = tokens.Bearer(
        campaign_id=row["campaign_id"],
        notice_id=parts.notice_id,
        account_id=row["account_id"],
        address=found.account.address or "",
        epoch=epoch,
    )
    tokens.check(means.keyring, parts, bearer)
    expires_at = row["expires_at"]
    is_open = row["campaign_id"] in {each.campaign_id for each in found.waiting}
    if not is_open or expires_at is None or means.clock() >= expires_at:
        raise TokenRefusedError
    return found.claim(means, row["campaign_id"])


def claim_for(means: Means, account_id: str) -> Claim:
    """
    Look up what is asked of an account whose owner has shown another proof.

    Raises:
        TokenRefusedError: Nothing is asked of it.
        BusyError: No sweep has come by yet.
        SealBrokenError, UnknownKeyError: The keyring is not the right one.
        StorageUnavailableError: The database is away or locked.
    """
    found = _open(means, account_id)
    if found.waiting:
        return found.claim(means, found.waiting[0].campaign_id)
    if found.gated(means) is not None:
        raise BusyError(_NOT_SWEPT)
    raise TokenRefusedError


@dataclass(frozen=True, slots=True)
class _Open:
    """An account with a password, and its rows in campaigns that are in force."""

    account: Account
    in_force: list[Record]
    mine: list[Member]
    waiting: list[Member]

    def gated(self, means: Means) -> str | None:
        who = (self.account.id, self.account.password)
        return watermarks.gating(means, self.in_force, self.mine, who)

    def claim(self, means: Means, campaign_id: str) -> Claim:
        leaked = retired_hashes(means, self.waiting, self.in_force)
        password = self.account.password or ""
        if not marking.is_marker(password) and self.gated(means):
            # Set by the forum's form, and taken out of use again by a later campaign.
            leaked.append(as_it_stands(self.account))
        return Claim(self.account, campaign_id, tuple(leaked), tuple(self.waiting))


def _open(means: Means, account_id: str) -> _Open:
    with means.database.read() as connection:
        mine = members.of_account(connection, account_id)
        in_force = records.gating(connection)
    with means.accounts.reading() as forum:
        account = means.accounts.find(forum, [account_id]).get(account_id)
    if account is None or account.password is None:
        raise TokenRefusedError
    return _Open(account, in_force, mine, members.still_open(mine, in_force))


def retired_hashes(
    means: Means, found: Iterable[Member], gating: Iterable[Record]
) -> list[Leaked]:
    """
    Return the hashes that were retired, without the markers of other campaigns.

    Args:
        means: What to work with.

        found: The account's members of campaigns that are in force.

        gating: Those campaigns. Nothing is read here: a log-in to such an account
            would take longer than to any other.
    """
    waiting = list(found)
    asking = {each.campaign_id for each in waiting}
    owners = keyrings_of(means, [each for each in gating if each.id in asking])
    hashes = [
        retired.leaked_at_hand(own, each)
        for each in waiting
        if (own := owners[each.campaign_id]) is not None
    ]
    return [each for each in hashes if not marking.is_marker(each.text)]
