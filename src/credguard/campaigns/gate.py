"""
The gate: what a log-in or a session meets while campaigns are in force.

The watermark is one row and gates at once; a member row, once the sweep has come
by, says more. The gate decides nothing about the password: it says which hash the
password is to be compared with, and what follows if it fits.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select

from credguard._secret import never_copied
from credguard.campaigns import (
    finishing,
    marking,
    members,
    records,
    retired,
    watermarks,
)
from credguard.campaigns.accounts import Account, Swap
from credguard.campaigns.claiming import retired_hashes
from credguard.campaigns.leaked import Leaked, as_it_stands
from credguard.campaigns.means import Means
from credguard.campaigns.members import Member
from credguard.campaigns.records import Record
from credguard.campaigns.states import UNSWEPT, MemberState
from credguard.errors import BusyError, SessionRefusedError
from credguard.sessions import FIRST_EPOCH, Stamp, credential_of
from credguard.storage.quick import Statement
from credguard.storage.tables import campaign, credential, member

# What every request of a member asks: as `epoch_of` has it.
_KEPT = select(credential.c.epoch).where(
    credential.c.account_id == bindparam("account_id")
)
_ENDED = select(func.sum(member.c.epochs)).where(
    member.c.account_id == bindparam("account_id")
)
_EPOCH = Statement(
    select(
        func.coalesce(_KEPT.scalar_subquery(), FIRST_EPOCH)
        + func.coalesce(_ENDED.scalar_subquery(), 0)
    )
)
_UNSWEPT = Statement(
    select(campaign.c.id)
    .where(or_(*(campaign.c.state == state.value for state in sorted(UNSWEPT))))
    .limit(1)
)
_BEING_PUT_IN_ORDER = "The account is being put in order. Try again in a moment."


@never_copied
@dataclass(frozen=True, slots=True)
class Ruling:
    """
    What a log-in meets.

    Attributes:
        stored: The hash to compare the password with, None for no account.

        epoch: The account's credential epoch.

        campaign_id: The campaign that asks for a new password, None if the
            log-in may go on.

        leaked: The hashes that no new password may fit: retired ones, and before the
            sweep what stands in the column. If the log-in may go on but the password
            fits one of them, it is the leaked one, chosen again in the forum's own
            form.

        resolves: Member rows that such a log-in resolves.

        salt: The salt that stood beside *stored*, None for the one in the column.

        username: The name that stood beside *stored*, likewise.

        since: The watermark that gates the account where no sweep has come by yet:
            what was given out before it counts no more. None where the epoch says so.
    """

    stored: str | None = field(repr=False)
    epoch: int
    campaign_id: str | None = None
    leaked: tuple[Leaked, ...] = field(default=(), repr=False)
    resolves: tuple[Member, ...] = ()
    salt: str | None = field(default=None, repr=False)
    username: str | None = field(default=None, repr=False)
    since: datetime | None = None


def rule(means: Means, account_id: str, stored: str | None) -> Ruling:
    """
    Say what a log-in of *account_id* meets.

    Args:
        means: What to work with.

        account_id: Who wants to log in.

        stored: What stands in the forum's password column; None for no account.

    Raises:
        BusyError: The account's hash is being put back, or the forum's user table
            is needed and not at hand here.
        SealBrokenError, UnknownKeyError: The keyring is not the one that retired
            the account's hash.
    """
    with means.database.read() as connection:
        epoch = credential_of(connection, account_id).epoch
        gating = records.gating(connection)
        mine = members.of_account(connection, account_id)
    if any(found.state is MemberState.RESETTING for found in mine):
        return rule(means, account_id, _finished(means, account_id))
    waiting = members.still_open(mine, gating)
    ruling = Ruling(stored, epoch)
    if waiting:
        leaked = retired_hashes(means, waiting, gating)
        ruling = _must_reset(waiting, leaked, stored, epoch)
        if ruling.campaign_id is not None:
            return ruling
    elif marking.is_marker(stored) and any(each.is_closed for each in mine):
        return Ruling(None, epoch)  # nothing fits: the cost of an unknown account
    elif marking.is_marker(stored):
        return Ruling(_healed(means, mine, str(stored)), epoch)
    # A password that the forum's form set after one watermark may be older than the
    # next.
    gated = watermarks.gated(means, gating, mine, (account_id, stored))
    return ruling if gated is None else _unswept(ruling, *gated)


def check_session(means: Means, account_id: str, stamp: Stamp) -> None:
    """
    Check that neither the account's epoch nor a watermark has ended the session.

    Raises:
        SessionRefusedError: The session is over.
        BusyError: A campaign is being opened and cannot be judged here yet.
    """
    with means.database.quick() as connection:
        row = connection.first(_EPOCH, {"account_id": account_id})
        is_quiet = connection.first(_UNSWEPT, {}) is None
    if row is None or stamp.epoch != row[0]:
        raise SessionRefusedError
    if is_quiet:
        return
    with means.database.read() as connection:
        gating = records.gating(connection)
        mine = members.of_account(connection, account_id)
    # A stamp is kept to the second, a watermark to the microsecond. One of the future
    # is of a clock that was ahead: it does not tell what it is older than.
    is_odd = stamp.made_at > means.clock()
    older = [
        record
        for record in gating
        if (is_odd or stamp.made_at <= record.opened_at) and record.state in UNSWEPT
    ]
    if watermarks.gating(means, older, mine, (account_id, None)):
        raise SessionRefusedError


def _must_reset(
    waiting: list[Member], leaked: list[Leaked], stored: str | None, epoch: int
) -> Ruling:
    campaign_id = waiting[0].campaign_id
    if stored is None or marking.is_marker(stored):
        old = leaked[0] if leaked else None
        return Ruling(
            stored if old is None else old.text,
            epoch,
            campaign_id,
            tuple(leaked),
            salt=None if old is None else old.salt,
            username=None if old is None else old.username,
        )
    # The column is not our marker: the forum's own form set another password.
    return Ruling(stored, epoch, None, tuple(leaked), tuple(waiting))


def _unswept(ruling: Ruling, record: Record, row: Account) -> Ruling:
    """Say that the hash in the column leaked: *row* has it, and what is beside it."""
    by_watermark = replace(
        ruling, campaign_id=record.id, since=record.opened_at, resolves=()
    )
    there, stored = as_it_stands(row), ruling.stored
    leaked = ruling.leaked if marking.is_marker(there.text) else (*ruling.leaked, there)
    if stored is None or stored == there.text:
        return replace(
            by_watermark, leaked=leaked, salt=there.salt, username=there.username
        )
    # A stale copy: what the caller has of it is all that there is.
    also = () if marking.is_marker(stored) else (Leaked(stored),)
    return replace(by_watermark, leaked=(*leaked, *also))


def _finished(means: Means, account_id: str) -> str | None:
    """Finish a reset that crashed between two databases; return what stands then."""
    if means.forum is None:
        raise BusyError(_BEING_PUT_IN_ORDER)
    finishing.finish_pending(means, account_id)
    return watermarks.look_up(means, account_id, None).password


def _healed(means: Means, mine: list[Member], stored: str) -> str | None:
    """Put back a hash whose abort crashed between two databases."""
    for found in mine if means.forum else ():
        with means.database.read() as connection:
            record = records.find(connection, found.campaign_id)
        if record.sealed_key is None:
            continue
        own = records.own_keyring(means.keyring, record)
        is_ours = marking.marker(own, found) == stored
        if found.state is MemberState.RESTORED and is_ours:
            with means.database.read() as connection:
                old = retired.hash_of(connection, own, found)
            with means.accounts.writing() as forum:
                means.accounts.swap(forum, [Swap(found.account_id, stored, old)])
            return old
    raise BusyError(_BEING_PUT_IN_ORDER)
