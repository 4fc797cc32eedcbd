"""A whole password column is looked through: what stands there, what is to be done."""

from collections import Counter
from dataclasses import dataclass, field

from credguard.errors import UnknownKeyError
from credguard.passwords.census import Census
from credguard.passwords.column import PasswordColumn
from credguard.passwords.hasher import PasswordHasher
from credguard.passwords.renewal import Fate, Renewal, described_row, judge

PAGE_SIZE = 2000  # rows that are read at a time where nothing is written


@dataclass(slots=True)
class Survey:
    """
    What a renewal would do to a table.

    Attributes:
        census: What stands in the table now.
        fates: How many rows would become what.
        widest: How many characters the longest new text has.
    """

    census: Census = field(default_factory=Census)
    fates: Counter[Fate] = field(default_factory=Counter)
    widest: int = 0


def take_census(column: PasswordColumn, hasher: PasswordHasher) -> Census:
    """
    Count what stands in a password column; writes nothing and computes nothing.

    Args:
        column: The forum's password column.

        hasher: Accepts the schemes that the forum's software wrote.

    Raises:
        AccountsTableError: The table or a column does not exist.
        AccountIdError: An id is empty, or stands there twice.
        StorageUnavailableError: The database is away or locked.
    """
    column.check(widest=0)
    census = Census()
    with column.reading() as connection:
        for page in column.pages(connection, size=PAGE_SIZE):
            for row in page:
                census.add(described_row(hasher, row))
    return census


def survey(
    column: PasswordColumn, renewal: Renewal, *, passes_over_lost: bool = False
) -> Survey:
    """
    Say what a renewal would do, and check that it can be done; writes nothing.

    Args:
        column: The forum's password column.

        renewal: What is to be done.

        passes_over_lost: Whether a row under a key that is not on the keyring is
            counted and left as it is, and does not stop the work.

    Raises:
        AccountsTableError: The table or a column does not exist.
        AccountIdError: An id is empty, or stands there twice.
        ColumnTooNarrowError: The column cannot hold the longest new text.
        SetupError: The renewal cannot be done to rows of a scheme that is there.
        StorageUnavailableError: The database is away or locked.
        UnknownKeyError: A row that is due is under a key that is not on the keyring,
            and such rows are not passed over.
    """
    column.check(widest=0)
    found = Survey()
    unknown: set[str] = set()
    with column.reading() as connection:
        for page in column.pages(connection, size=PAGE_SIZE):
            for row in page:
                verdict = judge(renewal, row)
                found.census.add(verdict.description)
                found.fates[verdict.fate] += 1
                found.widest = max(found.widest, verdict.characters)
                if verdict.fate is Fate.UNKNOWN_KEY:
                    unknown.add(verdict.description.key_id or "")
    if unknown and not passes_over_lost:
        raise UnknownKeyError(min(unknown))
    column.check(widest=found.widest)
    return found
