"""What campaign work is done with: handed in once, never looked up."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import ColumnElement, Connection, and_, select

from credguard._clock import Clock
from credguard.campaigns.accounts import Account, Accounts
from credguard.campaigns.approval_policy import NO_APPROVAL, ApprovalPolicy
from credguard.campaigns.expressions import Facts
from credguard.campaigns.lists import AccountList, ListKind, address_hash
from credguard.campaigns.records import lists_with
from credguard.errors import CampaignStateError
from credguard.keys import Keyring
from credguard.sessions import Credential, credential_of, credentials_of
from credguard.storage import Database
from credguard.storage.tables import second_factor

if TYPE_CHECKING:
    from credguard.campaigns.hooks import Hook

WITHOUT_HASH = frozenset({"unusable", "retired"})
"""Schemes of what stands in a password column where there is no hash to guess at."""

_IN_USE = ("current", "active")  # the place and the state of a factor that is asked
_MOST_AT_ONCE = 500


class Kind(Protocol):
    """What a stored hash is."""

    @property
    def scheme(self) -> str:
        """The scheme's name, such as ``argon2id`` or ``unusable``."""

    @property
    def work(self) -> int:
        """About how many KiB Argon2 fills in the time that a guess takes."""


class Identify(Protocol):
    """Tells what a stored hash is, without computing."""

    def __call__(
        self,
        stored: str | None,
        *,
        salt: str | None = None,
        username: str | None = None,
    ) -> Kind:
        """
        Tell what *stored* is.

        Args:
            stored: What stands in the password column.

            salt: The salt's column, for software that keeps one.

            username: The account's name, for software that hashed it.
        """


def pause(duration: timedelta) -> None:
    """Sleep."""
    time.sleep(max(0.0, duration.total_seconds()))


@dataclass(frozen=True, slots=True)
class Kept:
    """
    What our own tables say of an account.

    Attributes:
        set_at: When the password was last set through us, None if it never was.

        lists: Digests of the lists of ids on which it stands.

        address_lists: Digests of the lists of addresses on which its address stands.

        has_second_factor: True if it has an active one.
    """

    set_at: datetime | None = None
    lists: frozenset[str] = frozenset()
    address_lists: frozenset[str] = frozenset()
    has_second_factor: bool = False


def facts_of(account: Account, kept: Kept, *, identify: Identify) -> Facts:
    """Return what a scope is judged by."""
    kind = identify(account.password, salt=account.salt, username=account.username)
    return Facts(
        account_id=account.id,
        scheme=kind.scheme,
        work=None if kind.scheme in WITHOUT_HASH else kind.work,
        created_at=account.created_at,
        last_login_at=account.last_login_at,
        set_at=_later(kept.set_at, account.set_at),
        lists=kept.lists,
        address=account.address,
        address_lists=kept.address_lists,
        has_second_factor=account.has_second_factor or kept.has_second_factor,
        is_staff=account.is_staff,
    )


def _later(kept: datetime | None, named: datetime | None) -> datetime | None:
    # Either may not have seen the last change: the forum's own form tells us nothing,
    # and what goes through us may not touch the forum's column.
    if kept is None or named is None:
        return kept or named
    return max(kept, named)


def with_factors(connection: Connection, account_ids: Sequence[str]) -> set[str]:
    """Return those of *account_ids* that have an active second factor of ours."""
    found: set[str] = set()
    for start in range(0, len(account_ids), _MOST_AT_ONCE):
        query = select(second_factor.c.account_id).where(
            is_active_factor(),
            second_factor.c.account_id.in_(account_ids[start : start + _MOST_AT_ONCE]),
        )
        found.update(connection.execute(query).scalars())
    return found


def is_active_factor() -> ColumnElement[bool]:
    """Return the condition that a row of second factors is one in use."""
    return and_(
        second_factor.c.place == _IN_USE[0], second_factor.c.state == _IN_USE[1]
    )


@dataclass(frozen=True)
class Means:
    """
    What campaign work is done with.

    Attributes:
        database: Where the credguard_* tables are.

        keyring: Seals and tags.

        identify: Names the scheme of a stored hash.

        clock: Tells the time.

        forum: The forum's user table, None where only log-ins are checked.

        pause: Waits.

        approval: Who must approve a plan before it can be started.

        hooks: What the host ends for accounts whose password is retired.
    """

    database: Database
    keyring: Keyring
    identify: Identify
    clock: Clock
    forum: Accounts | None = None
    pause: Callable[[timedelta], None] = pause
    approval: ApprovalPolicy = NO_APPROVAL
    hooks: "tuple[Hook, ...]" = ()

    @property
    def accounts(self) -> Accounts:
        """
        The forum's user table.

        Raises:
            CampaignStateError: None was handed in.
        """
        if self.forum is None:
            message = "this needs the forum's user table; hand in accounts="
            raise CampaignStateError(message)
        return self.forum

    @cached_property
    def is_shared(self) -> bool:
        """True if one transaction covers our tables and the forum's."""
        return self.accounts.shares(self.database)

    def facts_of_one(self, connection: Connection, account: Account) -> Facts:
        """Return the facts of an account that is looked up alone."""
        hashed = None if account.address is None else address_hash(account.address)
        kept = Kept(
            set_at=credential_of(connection, account.id).set_at,
            lists=lists_with(connection, account.id),
            address_lists=lists_with(connection, hashed) if hashed else frozenset(),
            has_second_factor=bool(with_factors(connection, [account.id])),
        )
        return facts_of(account, kept, identify=self.identify)

    def facts_of_many(
        self,
        connection: Connection,
        accounts: Sequence[Account],
        listed: Sequence[AccountList],
    ) -> list[Facts]:
        """
        Return the facts of accounts that are read together.

        Args:
            connection: A transaction in our database.

            accounts: The accounts.

            listed: Each list that matters, with its entries.
        """
        kept = kept_of(connection, accounts, listed)
        return [
            facts_of(account, kept[account.id], identify=self.identify)
            for account in accounts
        ]


def kept_of(
    connection: Connection, accounts: Sequence[Account], listed: Sequence[AccountList]
) -> dict[str, Kept]:
    """Return what our tables, and *listed*, say of *accounts*, by id."""
    ids = [account.id for account in accounts]
    credentials, none = credentials_of(connection, ids), Credential()
    factors = with_factors(connection, ids)
    by_id = [each for each in listed if each.kind is ListKind.IDS]
    by_address = [each for each in listed if each.kind is ListKind.ADDRESSES]
    return {
        account.id: Kept(
            set_at=credentials.get(account.id, none).set_at,
            lists=_standing_on(by_id, account.id),
            address_lists=_standing_on(by_address, address_hash(account.address))
            if by_address and account.address is not None
            else frozenset(),
            has_second_factor=account.id in factors,
        )
        for account in accounts
    }


def _standing_on(lists: Sequence[AccountList], entry: str) -> frozenset[str]:
    return frozenset(each.digest for each in lists if entry in (each.ids or ()))
