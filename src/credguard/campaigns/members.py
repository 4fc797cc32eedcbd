"""Member rows: what happened to each account, and its retired hash under seal."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select, update

from credguard._text import RETIRED_PREFIX
from credguard.campaigns.records import Record
from credguard.campaigns.states import MemberState
from credguard.keys import Keyring
from credguard.storage.bulk import insert_rows
from credguard.storage.instants import microseconds_of
from credguard.storage.tables import member

_RETIRED = "retired hash"
_PENDING = "pending hash"
_MARKER = "retired marker"
_MARKER_BYTES = 8  # tells our marker from a copied one; it guards no secret
_MOST_AT_ONCE = 500
_NEW = ("campaign_id", "account_id", "state", "retired", "changed_at", "version")


Entry = tuple[str, MemberState, str | None]
"""A new member: the account, its state, and its retired hash under seal."""


@dataclass(frozen=True, slots=True)
class Member:
    """
    What happened to one account in one campaign.

    Attributes:
        campaign_id: The campaign.

        account_id: The account.

        state: What happened.

        retired: Its hash as it was, sealed under the campaign's key.

        pending: A new hash that is being written, sealed alike.

        version: What must still stand in the row when it is changed.

        how: In which way a password was reset, None if it was not.
    """

    campaign_id: str
    account_id: str
    state: MemberState
    retired: str | None = field(repr=False)
    pending: str | None = field(repr=False)
    version: int
    how: str | None = None

    @property
    def is_closed(self) -> bool:
        """True if the account never answered and its retired hash was destroyed."""
        return self.state is MemberState.DORMANT_CLOSED


def marker(own: Keyring, campaign_id: str, account_id: str) -> str:
    """
    Return what stands in the password column while a hash is retired.

    It is no hash of any format, so that no verifier matches it, and does not
    begin with ``!``, so that a host's own "forgot password" form still works.
    Another account's is another, so that hosts which derive a session's code
    from the column do not give one code to all.
    """
    message = account_id.encode("utf-8", "surrogatepass")
    tag = own.tag(message, purpose=_MARKER)[:_MARKER_BYTES]
    return f"{RETIRED_PREFIX}{campaign_id}:{tag.hex()}"


def is_marker(password: str | None) -> bool:
    """Return True if the text of a password column is any campaign's marker."""
    return password is not None and password.startswith(RETIRED_PREFIX)


def campaign_of(marked: str) -> str:
    """Return the campaign whose marker stands in a password column."""
    return marked.removeprefix(RETIRED_PREFIX).partition(":")[0]


def seal_retired(own: Keyring, member_of: tuple[str, str], password: str) -> str:
    """Seal a hash that is taken out of use, for its campaign and account."""
    return own.seal(
        password.encode("utf-8", "surrogatepass"),
        purpose=_RETIRED,
        owner="/".join(member_of),
    )


def open_retired(own: Keyring, found: Member) -> str:
    """
    Return the hash that was retired, byte for byte.

    Raises:
        SealBrokenError: It was altered or moved to another account.
        UnknownKeyError: The campaign's key was destroyed.
    """
    plain = own.open(
        found.retired or "",
        purpose=_RETIRED,
        owner=f"{found.campaign_id}/{found.account_id}",
    )
    return plain.decode("utf-8", "surrogatepass")


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
    connection: Connection, campaign_id: str, rows: Sequence[Entry], *, now: datetime
) -> None:
    """
    Write new member rows.

    Raises:
        IntegrityError: An account has one in the campaign already.
    """
    at = microseconds_of(now)
    values = [
        (campaign_id, account_id, state.value, retired, at, 0)
        for account_id, state, retired in rows
    ]
    insert_rows(connection, member, _NEW, values)


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
    """Return the account's member rows in all campaigns."""
    query = select(member).where(member.c.account_id == account_id)
    return [_member(row) for row in connection.execute(query).mappings()]


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
    )
