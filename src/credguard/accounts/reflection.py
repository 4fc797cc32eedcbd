"""The user table as the database describes it, read column by column."""

import warnings

from sqlalchemy import (
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    Label,
    MetaData,
    String,
    Table,
    Uuid,
    extract,
    inspect,
    type_coerce,
)
from sqlalchemy.engine import Inspector
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.exc import NoSuchTableError, SAWarning
from sqlalchemy.types import TypeEngine, UserDefinedType

from credguard.accounts.columns import Columns
from credguard.errors import AccountsTableError

_SHOWN = 5
_LIKELY_WORDS = ("user", "member", "account", "customer")


class AsGiven(UserDefinedType[object]):
    """
    Values as the driver gives and takes them.

    A parameter then has the column's own type in the database, which matters for
    PostgreSQL's CHAR and CITEXT, and for whole numbers that are out of range.
    """

    cache_ok = True


class Reflected:
    """
    A table that exists, with the columns that were named.

    Only columns and the primary key are looked at: a forum's indexes and checks
    may be of kinds that nobody here has to understand. Values are left as the
    driver gives them, since one row that a column type's reader does not like
    would stop the reading of all.

    Args:
        connection: A transaction in the forum's database.

        name: The name of the table, with its schema before a dot if it has one.

        columns: Which column means what.

    Raises:
        AccountsTableError: The table or a column does not exist, or the ids are
            of no kind that can be read in order.
    """

    def __init__(self, connection: Connection, name: str, columns: Columns) -> None:
        schema, _, table = name.rpartition(".")
        inspector = inspect(connection)
        found = _columns(inspector, table, schema)
        if not found:
            raise AccountsTableError(_no_table(inspector, name, schema))
        self._kinds: dict[str, TypeEngine[object]] = {
            each["name"]: each["type"] for each in found
        }
        self._name = name
        self._named = columns.named()
        key = inspector.get_pk_constraint(table, schema=schema or None)
        self._key = list(key["constrained_columns"])
        self._dialect = connection.dialect.name
        self.table = Table(
            table,
            MetaData(),
            *(
                Column(each, kind if isinstance(kind, Uuid) else AsGiven())
                for each, kind in self._kinds.items()
            ),
            schema=schema or None,
        )
        self.id = self.column("id")
        self.password = self.column("password")
        if not isinstance(self.id_kind, Integer | String | Uuid):
            message = f"ids in the column '{self.id.name}' are of no kind we know"
            raise AccountsTableError(message)
        self.selected = [self._selected(meaning) for meaning in self._named]

    @property
    def id_kind(self) -> TypeEngine[object]:
        """The type of the id column, as it was declared."""
        return self._kinds[self.id.name]

    @property
    def password_kind(self) -> TypeEngine[object]:
        """The type of the password column, as it was declared."""
        return self._kinds[self.password.name]

    @property
    def id_is_key(self) -> bool:
        """True if the database itself keeps the ids unique."""
        return self._key == [self.id.name]

    def is_named(self, meaning: str) -> bool:
        """Return True if the forum keeps what *meaning* names."""
        return meaning in self._named

    def kind(self, meaning: str) -> TypeEngine[object]:
        """
        Return the type of a column, as it was declared.

        Raises:
            AccountsTableError: It does not exist.
        """
        return self._kinds[self.column(meaning).name]

    def column(self, meaning: str) -> Column[object]:
        """
        Return the column for what *meaning* names.

        Raises:
            AccountsTableError: It does not exist.
        """
        name = self._named[meaning]
        if name not in self._kinds:
            message = (
                f"the table '{self._name}' has no column '{name}' (for {meaning}); "
                f"it has {', '.join(self._kinds)}"
            )
            raise AccountsTableError(message)
        return self.table.c[name]

    def _selected(self, meaning: str) -> Label[object]:
        column = self.column(meaning)
        kind = self._kinds[column.name]
        if self._dialect == "postgresql" and isinstance(kind, Date | DateTime):
            # The driver cannot read 'infinity', or years before 1 and past 9999.
            return type_coerce(extract("epoch", column), AsGiven()).label(meaning)
        return column.label(meaning)


def _columns(inspector: Inspector, table: str, schema: str) -> list[ReflectedColumn]:
    if schema and schema not in inspector.get_schema_names():
        return []
    try:
        with warnings.catch_warnings():
            # A column of a kind that SQLAlchemy does not know is none of ours.
            warnings.simplefilter("ignore", SAWarning)
            return inspector.get_columns(table, schema=schema or None)
    except NoSuchTableError:
        return []


def _no_table(inspector: Inspector, name: str, schema: str) -> str:
    tables: list[str] = []
    if not schema or schema in inspector.get_schema_names():
        tables = inspector.get_table_names(schema=schema or None)
    likely = [
        each
        for each in sorted(tables)
        if any(word in each.casefold() for word in _LIKELY_WORDS)
    ]
    hint = f"; did you mean {', '.join(likely[:_SHOWN])}?" if likely else ""
    return f"the forum's database has no table '{name}'{hint}"
