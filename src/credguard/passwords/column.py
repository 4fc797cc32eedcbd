"""What work over a whole password column asks of the forum's user table."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # For annotations only: a census of texts loads no SQLAlchemy.
    from sqlalchemy import Connection

    from credguard.storage import Database


class Row(Protocol):
    """One row of the forum's user table, as far as a hash needs it."""

    @property
    def id(self) -> str:
        """The forum's immutable id."""

    @property
    def password(self) -> str | None:
        """What stands in the password column."""

    @property
    def salt(self) -> str | None:
        """What stands in the column for the hash's salt."""

    @property
    def username(self) -> str | None:
        """The name that went into the hash, where one did."""


@dataclass(frozen=True, slots=True)
class NewText:
    """A password column's new text, to be written only over the old one."""

    account_id: str
    old: str = field(repr=False)
    new: str = field(repr=False)


class PasswordColumn(Protocol):
    """The password column of the forum's user table, with the ids beside it."""

    @property
    def place(self) -> str:
        """What tells this table from others, the same in every process."""

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

    def pages(self, connection: "Connection", *, size: int) -> Iterator[Sequence[Row]]:
        """Read the whole table in order of id, *size* rows at a time."""

    def between(
        self, connection: "Connection", *, low: str | None, high: str, lock: bool
    ) -> Sequence[Row]:
        """Read the rows with low < id <= high, locked until the end if asked."""

    def borders(self, connection: "Connection", *, size: int) -> Iterator[str]:
        """Return the id of every *size*-th row and of the last one, in order."""

    def swap(self, connection: "Connection", swaps: Sequence[NewText]) -> int:
        """Write each new text over its old one; return how many stood there."""
