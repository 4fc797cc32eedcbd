"""Whether the ids of a table that we do not own can be used."""

from sqlalchemy import ColumnElement, Connection, Integer, String, func, or_, select

from credguard._text import counted
from credguard.accounts.columns import to_account_id
from credguard.accounts.reflection import Reflected
from credguard.errors import AccountIdError
from credguard.storage.tables import ACCOUNT_ID_CHARACTERS

_SHOWN = 5


def check_ids(connection: Connection, reflected: Reflected, *, whose: str) -> None:
    """
    Check that every row has an id, of the kind that its column declares.

    Raises:
        AccountIdError: A row has none, or one that cannot be used.
    """
    kind, column = reflected.id_kind, reflected.id
    is_sqlite = connection.dialect.name == "sqlite"
    odd: ColumnElement[bool] = column.is_(None)
    if isinstance(kind, String):
        measure = func.length if is_sqlite else func.char_length
        odd = or_(odd, column == "", measure(column) > ACCOUNT_ID_CHARACTERS)
    elif isinstance(kind, Integer) and is_sqlite:
        # SQLite keeps any text in a column of numbers.
        odd = or_(odd, func.typeof(column) != "integer")
    query = select(func.count()).select_from(reflected.table).where(odd)
    count = connection.execute(query).scalar_one()
    if count:
        rows = counted(count, f"row of '{whose}' has", f"rows of '{whose}' have")
        message = f"{rows} no id, or one that cannot be used, in '{column.name}'"
        raise AccountIdError(message)


def check_unique(connection: Connection, reflected: Reflected, *, whose: str) -> None:
    """
    Check that no id stands twice.

    Raises:
        AccountIdError: One does; the text names a few.
    """
    if reflected.id_is_key:
        return
    column = reflected.id
    twice = (
        select(column)
        .group_by(column)
        .having(func.count() > 1)
        .order_by(column)
        .limit(_SHOWN)
    )
    found = [to_account_id(each) for each in connection.execute(twice).scalars()]
    if found:
        message = (
            f"ids stand more than once in '{column.name}' of '{whose}' "
            f"({', '.join(found)}); name the column with the immutable id"
        )
        raise AccountIdError(message)
