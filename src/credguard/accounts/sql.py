"""A user table in SQLite, PostgreSQL or MariaDB, reached by reflection."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    Label,
    MetaData,
    RowMapping,
    Select,
    String,
    Table,
    Uuid,
    bindparam,
    func,
    inspect,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.exc import NoSuchTableError

from credguard.accounts.columns import (
    Columns,
    from_account_id,
    to_account_id,
    to_instant,
    to_text,
    to_truth,
)
from credguard.campaigns.accounts import Account, Swap
from credguard.errors import (
    AccountIdError,
    AccountsTableError,
    ColumnTooNarrowError,
)
from credguard.storage import Database

_MOST_AT_ONCE = 500
_SHOWN = 5


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
            AccountsTableError: The table or a column does not exist.
            ColumnTooNarrowError: The password column holds fewer than *widest*.
            AccountIdError: An id is empty, or stands there twice.
        """
        length = getattr(self._column("password").type, "length", None)
        if length is not None and length < widest:
            message = (
                f"the column '{self._columns.password}' of '{self._name}' holds "
                f"{length} characters, but {widest} are needed; widen it first"
            )
            raise ColumnTooNarrowError(message)
        with self.reading() as connection:
            self._check_ids(connection)

    def count(self, connection: Connection) -> int:
        """Return how many accounts there are."""
        query = select(func.count()).select_from(self._table)
        return int(connection.execute(query).scalar_one())

    def pages(self, connection: Connection, *, size: int) -> Iterator[list[Account]]:
        """Read the whole table in order of id, *size* accounts at a time."""
        query = self._rows().order_by(self._id).limit(size)
        page = self._accounts(connection, query)
        while page:
            yield page
            last = from_account_id(page[-1].id, self._id)
            page = self._accounts(connection, query.where(self._id > last))

    def between(
        self, connection: Connection, *, low: str | None, high: str, lock: bool
    ) -> list[Account]:
        """Read the accounts with low < id <= high, locked until the end if asked."""
        query = self._rows().where(self._id <= from_account_id(high, self._id))
        if low is not None:
            query = query.where(self._id > from_account_id(low, self._id))
        query = query.order_by(self._id)
        return self._accounts(connection, query.with_for_update() if lock else query)

    def borders(self, connection: Connection, *, size: int) -> Iterator[str]:
        """Return the id of every *size*-th account and of the last one, in order."""
        ids = select(self._id).order_by(self._id)
        last = connection.execute(select(func.max(self._id))).scalar()
        query = ids.limit(1).offset(size - 1)
        border = connection.execute(query).scalar()
        while border is not None:
            yield to_account_id(border)
            if border == last:
                return
            border = connection.execute(query.where(self._id > border)).scalar()
        if last is not None:
            yield to_account_id(last)

    def find(
        self, connection: Connection, account_ids: Sequence[str]
    ) -> Mapping[str, Account]:
        """Return those of *account_ids* that exist, by id."""
        wanted = {from_account_id(each, self._id): each for each in account_ids}
        keys = [key for key in wanted if key is not None]
        found: dict[str, Account] = {}
        for start in range(0, len(keys), _MOST_AT_ONCE):
            some = keys[start : start + _MOST_AT_ONCE]
            query = self._rows().where(self._id.in_(some))
            for account in self._accounts(connection, query):
                found[account.id] = account
        # A database that takes 'a' for 'A' answers with rows nobody asked for.
        return {each: found[each] for each in account_ids if each in found}

    def swap(self, connection: Connection, swaps: Sequence[Swap]) -> int:
        """Write each new text over its old one; return how many stood there."""
        if not swaps:
            return 0
        password = self._column("password")
        statement = (
            update(self._table)
            .where(self._id == bindparam("b_id"), password == bindparam("b_old"))
            .values({password: bindparam("b_new")})
        )
        parameters = [
            {
                "b_id": from_account_id(swap.account_id, self._id),
                "b_old": swap.old,
                "b_new": swap.new,
            }
            for swap in swaps
        ]
        return connection.execute(statement, parameters).rowcount

    @cached_property
    def _table(self) -> Table:
        schema, _, name = self._name.rpartition(".")
        with self.reading() as connection:
            try:
                return Table(
                    name,
                    MetaData(),
                    schema=schema or None,
                    autoload_with=connection,
                    resolve_fks=False,
                )
            except NoSuchTableError:
                tables = inspect(connection).get_table_names(schema=schema or None)
        likely = [each for each in sorted(tables) if "user" in each or "member" in each]
        hint = f"; did you mean {', '.join(likely[:_SHOWN])}?" if likely else ""
        message = f"the forum's database has no table '{self._name}'{hint}"
        raise AccountsTableError(message)

    @cached_property
    def _id(self) -> Column[object]:
        column = self._column("id")
        if not isinstance(column.type, Integer | String | Uuid):
            message = f"ids in the column '{self._columns.id}' are of no kind we know"
            raise AccountsTableError(message)
        return column

    def _column(self, meaning: str) -> Column[object]:
        name = self._columns.named()[meaning]
        if name not in self._table.c:
            have = ", ".join(column.name for column in self._table.c)
            message = (
                f"the table '{self._name}' has no column '{name}' (for {meaning}); "
                f"it has {have}"
            )
            raise AccountsTableError(message)
        return self._table.c[name]

    def _rows(self) -> Select[*tuple[object, ...]]:
        return select(*self._selected)

    @cached_property
    def _selected(self) -> list[Label[object]]:
        labelled: list[Label[object]] = []
        for meaning in self._columns.named():
            column = self._id if meaning == "id" else self._column(meaning)
            if meaning.endswith("_at") and self._database.is_sqlite:
                # SQLite keeps any text in a datetime column; the driver's own
                # reader would stop the whole sweep at the first odd one.
                cast_to_text: ColumnElement[object] = type_coerce(column, String())
                labelled.append(cast_to_text.label(meaning))
            else:
                labelled.append(column.label(meaning))
        return labelled

    def _accounts(
        self, connection: Connection, query: Select[*tuple[object, ...]]
    ) -> list[Account]:
        return [_account(row) for row in connection.execute(query).mappings()]

    def _check_ids(self, connection: Connection) -> None:
        empty: ColumnElement[bool] = self._id.is_(None)
        if isinstance(self._id.type, String):
            empty = or_(empty, self._id == "")
        query = select(func.count()).select_from(self._table).where(empty)
        count = connection.execute(query).scalar_one()
        if count:
            message = (
                f"{count} rows of '{self._name}' have no id in '{self._columns.id}'"
            )
            raise AccountIdError(message)
        if self._id.primary_key and len(self._table.primary_key) == 1:
            return
        twice = (
            select(self._id)
            .group_by(self._id)
            .having(func.count() > 1)
            .order_by(self._id)
            .limit(_SHOWN)
        )
        found = [to_account_id(each) for each in connection.execute(twice).scalars()]
        if found:
            message = (
                f"ids stand more than once in '{self._columns.id}' of '{self._name}' "
                f"({', '.join(found)}); name the column with the immutable id"
            )
            raise AccountIdError(message)


def _account(row: RowMapping) -> Account:
    return Account(
        id=to_account_id(row["id"]),
        password=to_text(row["password"]),
        address=to_text(row["address"]),
        name=to_text(row.get("name")),
        created_at=to_instant(row.get("created_at")),
        last_login_at=to_instant(row.get("last_login_at")),
        set_at=to_instant(row.get("set_at")),
        is_active=to_truth(row.get("is_active"), unknown=True),
        is_staff=to_truth(row.get("is_staff"), unknown=False),
    )
