"""What a campaign asks of the forum's user table."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from credguard._secret import never_copied
from credguard.campaigns.expressions import Scope

if TYPE_CHECKING:
    # For annotations only: the pure modules that need `Account` load no SQLAlchemy.
    from sqlalchemy import Connection

    from credguard.storage import Database


@never_copied
@dataclass(frozen=True, slots=True)
class Account:
    """
    One row of the forum's user table, as far as it was described.

    Attributes:
        id: The forum's immutable id, as text.

        password: What stands in the password column.

        address: The mail address, as stored.

        name: What the member is called.

        created_at: When the account was made.

        last_login_at: When the member last logged in.

        set_at: When the password was set, if the forum keeps that.

        is_active: False for an account that the forum has closed.

        is_staff: True for the forum's own people.

        salt: What stands in the column for the hash's salt.

        username: The name that went into the hash, where one did.

        has_second_factor: True if the forum's own column says that the member has
            one.

        language: The member's language, such as ``de``.
    """

    id: str
    password: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    created_at: datetime | None = None
    last_login_at: datetime | None = None
    set_at: datetime | None = None
    is_active: bool = True
    is_staff: bool = False
    salt: str | None = field(default=None, repr=False)
    username: str | None = field(default=None, repr=False)
    has_second_factor: bool = False
    language: str | None = None


class Swap(NamedTuple):
    """A password column's new text, to be written only over the old one."""

    account_id: str
    old: str
    new: str

    def __repr__(self) -> str:
        return f"Swap(account_id={self.account_id!r})"


class Accounts(Protocol):
    """
    The forum's user table. Ids are ordered as the forum's database orders them.

    Every method that takes a connection works in that transaction; it comes from
    `writing`, or is the campaign's own where `shares` says that both live in one
    database.
    """

    def shares(self, database: "Database") -> bool:
        """Return True if one transaction can cover both, False if not."""

    def reading(self) -> AbstractContextManager["Connection"]:
        """Open a transaction that only reads the forum's database."""

    def writing(self) -> AbstractContextManager["Connection"]:
        """Open a transaction in the forum's database."""

    def check(self, *, widest: int) -> None:
        """
        Check that the table is as described and can hold what will be written.

        Args:
            widest: How many characters the longest text will have.

        Raises:
            AccountsTableError: The table or a column does not exist.
            ColumnTooNarrowError: The password column holds fewer characters.
            AccountIdError: An id is empty, or stands there twice.
        """

    def count(self, connection: "Connection") -> int:
        """Return how many accounts there are."""

    def pages(self, connection: "Connection", *, size: int) -> Iterator[list[Account]]:
        """Read the whole table in order of id, *size* accounts at a time."""

    def between(
        self, connection: "Connection", *, low: str | None, high: str, lock: bool
    ) -> list[Account]:
        """Read the accounts with low < id <= high, locked until the end if asked."""

    def borders(self, connection: "Connection", *, size: int) -> Iterator[str]:
        """Return the id of every *size*-th account and of the last one, in order."""

    def find(
        self, connection: "Connection", account_ids: Sequence[str]
    ) -> Mapping[str, Account]:
        """Return those of *account_ids* that exist, by id."""

    def swap(self, connection: "Connection", swaps: Sequence[Swap]) -> int:
        """Write each new text over its old one; return how many stood there."""


class Sight(NamedTuple):
    """
    What a database that counts by itself says of an account that may be in scope.

    Attributes:
        account_id: Its id.

        password: What stands in the password column.

        address: The mail address, as stored.

        salt: What stands in the column for the hash's salt.

        username: The name that went into the hash, where one did.

        band: The place in `tally.BANDS` of the last log-in; as the four below it
            is None where the database cannot tell.

        is_active: False for an account that the forum has closed.

        is_staff: True for the forum's own people.

        has_second_factor: True if it has one, the forum's or ours.

        is_in_scope: Always True or None: who is not in scope is not read.

        asks: What is needed to tell what the database cannot; None where it can.
    """

    account_id: str
    password: str | None
    address: str | None
    salt: str | None = None
    username: str | None = None
    band: int | None = None
    is_active: bool | None = None
    is_staff: bool | None = None
    has_second_factor: bool | None = None
    is_in_scope: bool | None = None
    asks: Account | None = None


class Taking(NamedTuple):
    """
    What a database that takes by itself says of an account that may be in scope.

    Attributes:
        account_id: Its id.

        password: What stands in the password column.

        address: The mail address, as stored.

        salt: What stands in the column for the hash's salt.

        username: The name that went into the hash, where one did.

        asks: What is needed to tell whether it is in scope; None if it is.
    """

    account_id: str
    password: str | None
    address: str | None
    salt: str | None = None
    username: str | None = None
    asks: Account | None = None


@runtime_checkable
class TakesBySet(Protocol):
    """A user table whose database finds who is in scope by itself."""

    def takings(
        self,
        connection: "Connection",
        scope: Scope,
        *,
        kept_in: "Database",
        between: tuple[str | None, str],
        size: int,
        lock: bool,
    ) -> Iterator[list[Taking]]:
        """
        Read the accounts with low < id <= high that may be in scope, in pages.

        Args:
            connection: A transaction in the forum's database.

            scope: Who is affected.

            kept_in: Where our own tables are.

            between: The two bounds, low None for none.

            size: How many accounts a page has at the most.

            lock: Whether to lock them until the transaction ends.
        """


@runtime_checkable
class CountsBySet(Protocol):
    """A user table whose database counts a scope by itself, as far as it can."""

    def count_scope(
        self, connection: "Connection", scope: Scope, *, kept_in: "Database | None"
    ) -> tuple[int, int]:
        """
        Return how many accounts are in scope for certain, and how many may be.

        Args:
            connection: A transaction in the forum's database.

            scope: Who is affected.

            kept_in: Where our own tables are, if there are any yet.
        """

    def unsure(
        self,
        connection: "Connection",
        scope: Scope,
        *,
        kept_in: "Database | None",
        size: int,
    ) -> Iterator[list[Account]]:
        """Read the accounts of which only the scope itself can tell, in pages."""

    def sights(
        self,
        connection: "Connection",
        scope: Scope,
        *,
        kept_in: "Database | None",
        starts: tuple[datetime, ...],
        size: int,
    ) -> Iterator[list[Sight]]:
        """
        Read the accounts that may be in scope, in pages.

        Args:
            connection: A transaction in the forum's database.

            scope: Who is affected.

            kept_in: Where our own tables are, if there are any yet.

            starts: From when on a last log-in is in each band, the latest first.

            size: How many accounts a page has at the most.
        """
