"""
A copy of what a campaign reads, in a file that nobody else can open.

Only the columns that were described are copied, and of our own tables only those
that a scope or a sender asks.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Table, insert, inspect, select, tuple_
from sqlalchemy.engine import RowMapping

from credguard.accounts import Columns, SqlAccounts
from credguard.campaigns.accounts import Account
from credguard.errors import StorageUnavailableError
from credguard.storage import Database
from credguard.storage.schema import prepare
from credguard.storage.tables import credential, second_factor, suppression

TABLE = "accounts"
COLUMNS = Columns(
    id="id",
    password="password",  # noqa: S106  # a column's name
    address="address",
    name="name",
    created_at="created_at",
    last_login_at="last_login_at",
    set_at="set_at",
    is_active="is_active",
    is_staff="is_staff",
    salt="salt",
    username="username",
    second_factor="second_factor",
    language="language",
)
PAGE_SIZE = 5_000

_ASKED = (credential, second_factor, suppression)
_MAKE = (
    f"CREATE TABLE {TABLE} (id VARCHAR(255) PRIMARY KEY, password TEXT, address TEXT,"
    " name TEXT, created_at REAL, last_login_at REAL, set_at REAL, is_active INTEGER,"
    " is_staff INTEGER, salt TEXT, username TEXT, second_factor INTEGER, language TEXT)"
)
_INSERT = f"INSERT INTO {TABLE} VALUES ({', '.join('?' * 13)})"  # noqa: S608


def copy(
    accounts: SqlAccounts,
    own: Database,
    folder: Path,
    *,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[SqlAccounts, Database]:
    """
    Copy the forum's user table, as it was described, and what we keep beside it.

    Args:
        accounts: The forum's user table.

        own: Where our tables are, or will be; it is only read.

        folder: A folder that only we can read, on a disk with room for the copy.

        on_progress: Called with the accounts copied and all accounts.

    Returns:
        The copies, in one file of SQLite.

    Raises:
        AccountsTableError, AccountIdError: See `SqlAccounts.check`.
        StorageUnavailableError: A database is away, or the disk is full.
    """
    path = folder / "copy.sqlite"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        _copy_accounts(accounts, path, on_progress)
    except sqlite3.Error as error:
        message = f"the copy cannot be written: {error}"
        raise StorageUnavailableError(message) from None
    url = f"sqlite:///{path}"
    copied = Database(url)
    prepare(copied)
    with own.read() as there:
        present = set(inspect(there).get_table_names())
        for each in _ASKED:
            if each.name in present:
                _copy_table(each, there, copied)
    return SqlAccounts(url, table=TABLE, columns=COLUMNS), copied


def _copy_accounts(
    accounts: SqlAccounts, path: Path, on_progress: Callable[[int, int], None]
) -> None:
    with closing(sqlite3.connect(path)) as made, accounts.reading() as forum:
        made.execute("PRAGMA synchronous = OFF")  # it is thrown away afterwards
        made.execute(_MAKE)
        done, total = 0, accounts.count(forum)
        for page in accounts.pages(forum, size=PAGE_SIZE):
            made.executemany(_INSERT, [_row(account) for account in page])
            done += len(page)
            on_progress(done, total)
        made.commit()


def _copy_table(table: Table, there: Connection, copied: Database) -> None:
    for page in _pages(table, there):
        with copied.begin() as here:
            here.execute(insert(table), [dict(row) for row in page])


def _pages(table: Table, there: Connection) -> Iterator[list[RowMapping]]:
    key = list(table.primary_key)
    query = select(table).order_by(*key).limit(PAGE_SIZE)
    page = list(there.execute(query).mappings())
    while page:
        yield page
        last = [page[-1][column.name] for column in key]
        beyond = tuple_(*key) > tuple_(*last)
        page = list(there.execute(query.where(beyond)).mappings())


def _row(account: Account) -> tuple[object, ...]:
    instants = (account.created_at, account.last_login_at, account.set_at)
    return (
        account.id,
        account.password,
        account.address,
        account.name,
        *(_seconds(instant) for instant in instants),
        account.is_active,
        account.is_staff,
        account.salt,
        account.username,
        account.has_second_factor,
        account.language,
    )


def _seconds(instant: datetime | None) -> float | None:
    return None if instant is None else instant.timestamp()
