"""Member rows: what happened to each account, and where its retired hash is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping, func, select, update

from credguard.campaigns.records import Record
from credguard.campaigns.states import MemberState
from credguard.keys import Keyring
from credguard.storage.bulk import insert_alike
from credguard.storage.instants import microseconds_of
from credguard.storage.tables import member, retired_page

_PENDING = "pending hash"
_MOST_AT_ONCE = 500


class Entry(NamedTuple):
    """
    New members to whom the same happened.

    Attributes:
        account_ids: The accounts, in the order of the pages with their hashes.

        state: What happened to them.

        is_reachable: Whether there is an address that a notice can go to.

        first_page: The number of the first page, None if they had no password.

        page_size: How many of them are on each page.
    """

    account_ids: list[str]
    state: MemberState
    is_reachable: bool = False
    first_page: int | None = None
    page_size: int = 1


@dataclass(frozen=True, slots=True)
class Member:
    """
    What happened to one account in one campaign.

    Attributes:
        campaign_id: The campaign.

        account_id: The account.

        state: What happened.

        retired: Its hash as it was, sealed under the campaign's key; of accounts
            that were swept before hashes were sealed by the page.

        page: The number of the page that its hash is on.

        pending: A new hash that is being written, sealed alike.

        version: What must still stand in the row when it is changed.

        how: In which way a password was reset, None if it was not.

        sealed_page: The page itself, where it was read with the row.
    """

    campaign_id: str
    account_id: str
    state: MemberState
    retired: str | None = field(repr=False)
    pending: str | None = field(repr=False)
    version: int
    how: str | None = None
    page: int | None = None
    sealed_page: str | None = field(default=None, repr=False)

    @property
    def is_retired(self) -> bool:
        """True if a hash of the account was taken out of use and is still kept."""
        return self.page is not None or self.retired is not None

    @property
    def is_closed(self) -> bool:
        """True if the account never answered and its retired hash was destroyed."""
        return self.state is MemberState.DORMANT_CLOSED


def seal_pending(own: Keyring, found: Member, password: str) -> str:
    """Seal a new hash until it stands in the forum's table."""
    return own.seal(
        password.encode(),
        purpose=_PENDING,
        owner=f"{found.campaign_id}/{found.account_id}",
    )


def open_pending(own: Keyring, found: Member) -> str:
    """
    Return the new hash that is being written.

    Raises:
        SealBrokenError: It was altered or moved to another account.
    """
    plain = own.open(
        found.pending or "",
        purpose=_PENDING,
        owner=f"{found.campaign_id}/{found.account_id}",
    )
    return plain.decode()


def enter(
    connection: Connection, campaign_id: str, entry: Entry, *, now: datetime
) -> None:
    """
    Write new member rows; all older sessions of the accounts are over.

    Raises:
        IntegrityError: An account has one in the campaign already.
    """
    pages = None
    if entry.first_page is not None:
        pages = ("page", entry.first_page, entry.page_size)
    alike: dict[str, object] = {
        "campaign_id": campaign_id,
        "state": entry.state.value,
        "changed_at": microseconds_of(now),
        "version": 0,
        "is_reachable": entry.is_reachable,
        "epochs": 1,
    }
    given = ("account_id", entry.account_ids)
    insert_alike(connection, member, alike, given=given, counted=pages)


def known(
    connection: Connection, campaign_id: str, account_ids: Sequence[str]
) -> dict[str, Member]:
    """Return the member rows of *account_ids* in the campaign, by account."""
    found: dict[str, Member] = {}
    for start in range(0, len(account_ids), _MOST_AT_ONCE):
        some = account_ids[start : start + _MOST_AT_ONCE]
        query = select(member).where(
            member.c.campaign_id == campaign_id, member.c.account_id.in_(some)
        )
        for row in connection.execute(query).mappings():
            found[row["account_id"]] = _member(row)
    return found


def of_account(connection: Connection, account_id: str) -> list[Member]:
    """
    Return the account's member rows in all campaigns, with the pages of their hashes.

    In one statement: a log-in to such an account takes no more than to any other.
    """
    whose = (
        (retired_page.c.campaign_id == member.c.campaign_id)
        & (retired_page.c.number == member.c.page)
        & (member.c.state == MemberState.MUST_RESET.value)
    )
    query = (
        select(member, retired_page.c.sealed)
        .select_from(member.outerjoin(retired_page, whose))
        .where(member.c.account_id == account_id)
    )
    rows = connection.execute(query).mappings().all()
    return [replace(_member(row), sealed_page=row["sealed"]) for row in rows]


def still_open(found: Sequence[Member], gating: Sequence[Record]) -> list[Member]:
    """Return those of *found* that a new password resolves, as *gating* is ordered."""
    place = {record.id: number for number, record in enumerate(gating)}
    waiting = [
        each
        for each in found
        if each.state is MemberState.MUST_RESET and each.campaign_id in place
    ]
    return sorted(waiting, key=lambda each: place[each.campaign_id])


def count(connection: Connection, campaign_id: str, state: MemberState) -> int:
    """Return how many members of the campaign are in *state*."""
    query = select(func.count()).where(
        member.c.campaign_id == campaign_id, member.c.state == state.value
    )
    return int(connection.execute(query).scalar_one())


def page(
    connection: Connection,
    campaign_id: str,
    states: Collection[MemberState],
    *,
    after: str,
    size: int,
    lock: bool = False,
) -> list[Member]:
    """Return up to *size* members in *states* after account *after*, in order."""
    query = (
        select(member)
        .where(
            member.c.campaign_id == campaign_id,
            member.c.state.in_([state.value for state in states]),
            member.c.account_id > after,
        )
        .order_by(member.c.account_id)
        .limit(size)
    )
    rows = connection.execute(query.with_for_update() if lock else query).mappings()
    return [_member(row) for row in rows]


def settle(
    connection: Connection,
    found: Member,
    then: MemberState,
    *,
    now: datetime,
    how: str | None = None,
    pending: str | None = None,
) -> bool:
    """
    Change a member's state if the row still stands as *found*.

    Args:
        connection: A transaction that writes.

        found: The row as it was read.

        then: The new state.

        now: When.

        how: In which way a password was reset.

        pending: A sealed new hash that is being written.

    Returns:
        True if it won; False if another change came first.
    """
    changed = connection.execute(
        update(member)
        .where(
            member.c.campaign_id == found.campaign_id,
            member.c.account_id == found.account_id,
            member.c.version == found.version,
        )
        .values(
            state=then.value,
            how=how,
            pending=pending,
            changed_at=now,
            version=found.version + 1,
        )
    )
    return changed.rowcount == 1


def _member(row: RowMapping) -> Member:
    return Member(
        row["campaign_id"],
        row["account_id"],
        MemberState(row["state"]),
        row["retired"],
        row["pending"],
        row["version"],
        row["how"],
        row["page"],
    )
