"""User tables of forums, made for a test, and what the tests ask of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, text

from credguard.accounts import Columns, SqlAccounts
from credguard.campaigns.accounts import Account, Swap
from credguard.storage import Database

WIDEST = 128
FORUM = Columns(
    name="username",
    created_at="date_joined",
    last_login_at="last_login",
    is_active="is_active",
    is_staff="is_staff",
)


@contextmanager
def closing(accounts: SqlAccounts) -> Iterator[SqlAccounts]:
    """Let go of the connections of *accounts* afterwards."""
    try:
        yield accounts
    finally:
        accounts._database.close()


@contextmanager
def users(
    database: Database,
    kind: str,
    ids: Sequence[object] = (),
    *,
    columns: Columns | None = None,
    more: str = "",
) -> Iterator[SqlAccounts]:
    """Make a user table whose ids are of *kind*, and drop it afterwards."""
    with database.begin() as connection:
        connection.exec_driver_sql(
            f"CREATE TABLE users (id {kind}, password VARCHAR(128), "
            f"email VARCHAR(254){more})"
        )
        add(connection, ids)
    url = database._url.render_as_string(hide_password=False)
    accounts = SqlAccounts(url, table="users", columns=columns or Columns())
    try:
        with closing(accounts):
            yield accounts
    finally:
        with database.begin() as connection:
            connection.exec_driver_sql("DROP TABLE users")


def add(connection: Connection, ids: Sequence[object]) -> None:
    """Add a row for each of *ids*."""
    row = text("INSERT INTO users (id, password, email) VALUES (:id, 'old', 'a@b.c')")
    if ids:
        connection.execute(row, [{"id": each} for each in ids])


def paged(accounts: SqlAccounts, size: int) -> list[list[str]]:
    """Return the ids of all accounts, page by page."""
    with accounts.reading() as connection:
        pages = accounts.pages(connection, size=size)
        return [[account.id for account in page] for page in pages]


def ranged(accounts: SqlAccounts, size: int) -> list[list[str]]:
    """Return the ids of all accounts, range by range."""
    with accounts.reading() as connection:
        borders = list(accounts.borders(connection, size=size))
        ranges = [
            accounts.between(connection, low=low, high=high, lock=False)
            for low, high in zip([None, *borders], borders, strict=False)
        ]
    return [[account.id for account in found] for found in ranges]


def find(accounts: SqlAccounts, *account_ids: str) -> list[str]:
    """Return those of *account_ids* that exist, in the order of asking."""
    with accounts.reading() as connection:
        found = accounts.find(connection, account_ids)
    assert all(account.id == each for each, account in found.items())
    return list(found)


def swap(accounts: SqlAccounts, *swaps: tuple[str, str, str]) -> int:
    """Exchange texts in the password column; return how many."""
    with accounts.writing() as connection:
        return accounts.swap(connection, [Swap(*each) for each in swaps])


def in_sizes(ids: Sequence[str], size: int) -> list[list[str]]:
    """Return *ids* in lists of *size*."""
    return [list(ids[start : start + size]) for start in range(0, len(ids), size)]


def one(accounts: SqlAccounts) -> Account:
    """Return the only account."""
    with accounts.reading() as connection:
        (page,) = accounts.pages(connection, size=9)
    (account,) = page
    return account


def check_table(url: str, name: str, columns: Columns) -> None:
    """Check a table under a name that may be wrong."""
    with closing(SqlAccounts(url, table=name, columns=columns)) as accounts:
        accounts.check(widest=WIDEST)
