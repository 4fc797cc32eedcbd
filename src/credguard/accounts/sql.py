"""A user table in SQLite, PostgreSQL or MariaDB, reached by reflection."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import cached_property

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    func,
    select,
)
from sqlalchemy.types import NullType

from credguard._exact import exact_arguments
from credguard.accounts import checking, swapping
from credguard.accounts.columns import (
    Columns,
    Key,
    from_account_id,
    from_account_ids,
    to_account_id,
)
from credguard.accounts.reflection import Reflected
from credguard.accounts.rows import account_of
from credguard.accounts.sights import Sights
from credguard.campaigns.accounts import Account, Sight, Swap, Taking
from credguard.campaigns.expressions import Scope
from credguard.errors import AccountIdError, AccountsTableError, ColumnTooNarrowError
from credguard.passwords.column import NewText
from credguard.storage import Database

_MOST_AT_ONCE = 500


@exact_arguments()
class SqlAccounts:
    """
    A forum's user table; nothing but its password column is ever written.

    Args:
        url: A SQLAlchemy URL of the forum's database.

        table: The name of the user table, with its schema before a dot if it has
            one.

        columns: Which column means what.

    Raises:
        StorageSetupError: *url* is not a database URL that is supported.
        MissingExtraError: The database's driver is not installed.
    """

    def __init__(self, url: str, *, table: str, columns: Columns) -> None:
        self._database = Database(url, ours=False)
        self._name = table
        self._columns = columns

    def __repr__(self) -> str:
        return f"SqlAccounts({self._database!r}, table={self._name!r})"

    @property
    def place(self) -> str:
        """What tells this table from others, the same in every process."""
        return " ".join((*self._database.identity, self._name))

    def close(self) -> None:
        """Let go of all connections."""
        self._database.close()

    def shares(self, database: Database) -> bool:
        """Return True if *database* is the forum's own."""
        return self._database.identity == database.identity

    def reading(self) -> AbstractContextManager[Connection]:
        """Open a transaction that only reads the forum's database."""
        return self._database.read()

    def writing(self) -> AbstractContextManager[Connection]:
        """Open a transaction in the forum's database."""
        return self._database.begin()

    def check(self, *, widest: int) -> None:
        """
        Check that the table is as described and can hold what will be written.

        Raises:
            AccountsTableError: The table or a column does not exist, or is of no
                kind that can be used.
            ColumnTooNarrowError: The password column holds fewer than *widest*.
            AccountIdError: An id is empty, too long, or stands there twice.
        """
        kind = self._reflected.password_kind
        whose = f"the column '{self._columns.password}' of '{self._name}'"
        if not isinstance(kind, String | NullType):
            message = f"{whose} holds no text; name the column of the password hash"
            raise AccountsTableError(message)
        length = getattr(kind, "length", None)
        if length is not None and length < widest:
            message = (
                f"{whose} holds {length} characters, but {widest} are needed; "
                "widen it first"
            )
            raise ColumnTooNarrowError(message)
        with self.reading() as connection:
            checking.check_ids(connection, self._reflected, whose=self._name)
            checking.check_unique(connection, self._reflected, whose=self._name)

    def count(self, connection: Connection) -> int:
        """Return how many accounts there are."""
        query = select(func.count()).select_from(self._reflected.table)
        return int(connection.execute(query).scalar_one())

    def pages(self, connection: Connection, *, size: int) -> Iterator[list[Account]]:
        """
        Read the whole table in order of id, *size* accounts at a time.

        Raises:
            AccountIdError: An id is missing, or is not what its column declares.
        """
        query = self._rows().order_by(self._id).limit(size)
        page = self._accounts(connection, query)
        while page:
            last = self._key(page[-1].id)
            yield page
            page = self._accounts(connection, query.where(self._id > last))

    def between(
        self, connection: Connection, *, low: str | None, high: str, lock: bool
    ) -> list[Account]:
        """
        Read the accounts with low < id <= high, locked until the end if asked.

        Raises:
            AccountIdError: *low* or *high* is no id of this table.
        """
        query = self._rows().where(self._id <= self._key(high))
        if low is not None:
            query = query.where(self._id > self._key(low))
        query = query.order_by(self._id)
        return self._accounts(connection, query.with_for_update() if lock else query)

    def borders(self, connection: Connection, *, size: int) -> Iterator[str]:
        """Return the id of every *size*-th account and of the last one, in order."""
        ids = select(self._id).order_by(self._id).limit(1)
        last = select(self._id).order_by(self._id.desc()).limit(1)
        border = connection.execute(ids.offset(size - 1)).scalar()
        while border is not None:
            yield to_account_id(border)
            beyond = self._id > border
            last = last.where(self._id > border)
            border = connection.execute(ids.where(beyond).offset(size - 1)).scalar()
        rest = connection.execute(last).scalar()
        if rest is not None:
            yield to_account_id(rest)

    def find(
        self, connection: Connection, account_ids: Sequence[str]
    ) -> Mapping[str, Account]:
        """Return those of *account_ids* that exist, by id."""
        kind = self._reflected.id_kind
        wanted = {from_account_id(each, kind) for each in account_ids}
        keys = [key for key in wanted if key is not None]
        found: dict[str, Account] = {}
        for start in range(0, len(keys), _MOST_AT_ONCE):
            some = keys[start : start + _MOST_AT_ONCE]
            query = self._rows().where(self._id.in_(some))
            for account in self._accounts(connection, query):
                found[account.id] = account
        # A database that takes 'a' for 'A' answers with rows nobody asked for.
        return {each: found[each] for each in account_ids if each in found}

    def swap(self, connection: Connection, swaps: Sequence[Swap | NewText]) -> int:
        """
        Write each new text over its old one; return how many stood there.

        Raises:
            AccountIdError: A swap is for what is no id of this table.
        """
        ids = [each.account_id for each in swaps]
        old, new = [each.old for each in swaps], [each.new for each in swaps]
        keys = from_account_ids(ids, self._reflected.id_kind)
        if None in keys:
            raise self._no_id()
        rows = list(zip(keys, old, new, strict=True))
        return swapping.swap(connection, self._reflected, rows)

    def takings(
        self,
        connection: Connection,
        scope: Scope,
        *,
        kept_in: Database,
        between: tuple[str | None, str],
        size: int,
        lock: bool,
    ) -> Iterator[list[Taking]]:
        """
        Read the accounts with low < id <= high that may be in scope, in pages.

        Raises:
            AccountIdError: A bound is no id of this table.
        """
        low, high = between
        ids = self._id <= self._key(high)
        if low is not None:
            ids = ids & (self._id > self._key(low))
        return self._sights(connection, kept_in).takings(
            scope, ids, size=size, lock=lock
        )

    def count_scope(
        self, connection: Connection, scope: Scope, *, kept_in: Database | None
    ) -> tuple[int, int]:
        """Return how many are in scope for certain, and how many may be."""
        return self._sights(connection, kept_in).count(scope)

    def unsure(
        self,
        connection: Connection,
        scope: Scope,
        *,
        kept_in: Database | None,
        size: int,
    ) -> Iterator[list[Account]]:
        """Read the accounts of which only the scope itself can tell, in pages."""
        return self._sights(connection, kept_in).unsure(scope, size=size)

    def sights(
        self,
        connection: Connection,
        scope: Scope,
        *,
        kept_in: Database | None,
        starts: tuple[datetime, ...],
        size: int,
    ) -> Iterator[list[Sight]]:
        """Read the accounts that may be in scope, in pages."""
        found = self._sights(connection, kept_in)
        return found.read(scope, starts=starts, size=size)

    def _sights(self, connection: Connection, kept_in: Database | None) -> Sights:
        is_shared = kept_in is not None and self.shares(kept_in)
        return Sights(self._reflected, connection, kept_in=kept_in, is_shared=is_shared)

    @cached_property
    def _reflected(self) -> Reflected:
        with self.reading() as connection:
            return Reflected(connection, self._name, self._columns)

    @property
    def _id(self) -> ColumnElement[object]:
        return self._reflected.id

    def _key(self, account_id: str) -> Key:
        key = from_account_id(account_id, self._reflected.id_kind)
        if key is None:
            raise self._no_id()
        return key

    def _no_id(self) -> AccountIdError:
        message = f"a row of '{self._name}' has an id that cannot be looked up"
        return AccountIdError(message)

    def _rows(self) -> Select[*tuple[object, ...]]:
        return select(*self._reflected.selected)

    def _accounts(
        self, connection: Connection, query: Select[*tuple[object, ...]]
    ) -> list[Account]:
        found = connection.execute(query)
        names = list(found.keys())
        # A dict knows at once what is not in it; a row of SQLAlchemy's asks around.
        return [account_of(dict(zip(names, row, strict=True))) for row in found]
