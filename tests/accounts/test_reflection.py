from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from forum_tables import (
    FORUM,
    WIDEST,
    check_table,
    closing,
    find,
    one,
    paged,
    swap,
    users,
)
from sqlalchemy import make_url

from credguard.accounts import Columns, SqlAccounts
from credguard.errors import (
    AccountsTableError,
)
from credguard.storage import Database

NOON = datetime(2014, 11, 7, 12, tzinfo=UTC)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database in which a forum's table can be made."""
    database = Database(database_url)
    yield database
    database.close()


def test_a_table_that_is_missing(forum_path: Path) -> None:
    """A table that does not exist is told, with those that were perhaps meant."""
    url = f"sqlite:///{forum_path}"
    with pytest.raises(AccountsTableError, match=r"mean .*auth_user\b"):
        check_table(url, "users", FORUM)
    for name in ("nowhere.auth_user", "main.users", ""):
        with pytest.raises(AccountsTableError, match="no table"):
            check_table(url, name, FORUM)
    check_table(url, "main.auth_user", FORUM)


@pytest.mark.parametrize("meaning", FORUM.named())
def test_a_column_that_is_missing(forum_path: Path, meaning: str) -> None:
    """Any column that does not exist is told by the check, with those that do."""
    columns = Columns(**{**FORUM.named(), meaning: "uid"})
    told = rf"no column 'uid' \(for {meaning}\); it has id, password, .*, email"
    with pytest.raises(AccountsTableError, match=told):
        check_table(f"sqlite:///{forum_path}", "auth_user", columns)


def test_ids_of_no_kind(database: Database) -> None:
    """Ids that have no exact text are refused."""
    with (
        users(database, "FLOAT", [1.5]) as accounts,
        pytest.raises(AccountsTableError, match="of no kind we know"),
    ):
        accounts.check(widest=WIDEST)


def test_a_password_column_of_bytes(database: Database) -> None:
    """A password column that holds no text is refused."""
    kind = "BYTEA" if database.dialect == "postgresql" else "BLOB"
    columns = Columns(password="secret")
    more = f", secret {kind}"
    with (
        users(database, "INTEGER", columns=columns, more=more) as accounts,
        pytest.raises(AccountsTableError, match="holds no text"),
    ):
        accounts.check(widest=WIDEST)


def test_a_table_in_a_schema(database: Database) -> None:
    """A table is found by its schema's name before a dot, and by nothing else."""
    here = make_url(database._url.render_as_string(hide_password=False))
    schema = {"postgresql": "board", "sqlite": "main"}.get(
        database.dialect, here.database
    )
    with database.begin() as connection:
        if database.dialect == "postgresql":
            connection.exec_driver_sql("CREATE SCHEMA board")
        connection.exec_driver_sql(
            f"CREATE TABLE {schema}.members "
            "(id INTEGER PRIMARY KEY, password VARCHAR(128), email TEXT)"
        )
        connection.exec_driver_sql(
            f"INSERT INTO {schema}.members VALUES (1, 'old', NULL)"  # noqa: S608
        )
    url = here.render_as_string(hide_password=False)
    name = f"{schema}.members"
    with closing(SqlAccounts(url, table=name, columns=Columns())) as accounts:
        accounts.check(widest=WIDEST)
        assert find(accounts, "1") == ["1"]
        assert swap(accounts, ("1", "old", "new")) == 1
    for missing in (f"{schema}.user", "nowhere.members"):
        with pytest.raises(AccountsTableError, match="no table"):
            check_table(url, missing, Columns())


INSTANTS = {
    "sqlite": {
        "'2014-11-07 12:00:00'": NOON,
        "'2014-11-07T12:00:00.000000+00:00'": NOON,
        "1415361600": NOON,
        "1415361600.0": NOON,
        "0": None,
        "''": None,
        "'last tuesday'": None,
        "NULL": None,
    },
    "postgresql": {
        "'2014-11-07 12:00:00+00'": NOON,
        "'2014-11-07 21:00:00+09'": NOON,
        "'infinity'": None,
        "'-infinity'": None,
        "'0044-03-15 12:00:00 BC'": None,
        "'12014-11-07 12:00:00'": None,
        "NULL": None,
    },
    "mariadb": {
        "'2014-11-07 12:00:00'": NOON,
        "'2014-00-00 00:00:00'": None,
        "'0000-00-00 00:00:00'": None,
        "NULL": None,
    },
}
KINDS_OF_INSTANT = {
    "sqlite": ["DATETIME", "TIMESTAMP", "VARCHAR(40)", "INTEGER", "REAL"],
    "postgresql": ["TIMESTAMP WITH TIME ZONE"],
    "mariadb": ["DATETIME"],
}


def test_odd_instants(database: Database) -> None:
    """Whatever stands in a column of instants, every account is read."""
    columns = Columns(last_login_at="seen")
    for kind in KINDS_OF_INSTANT[database.dialect]:
        more = f", seen {kind}"
        with users(
            database, "INTEGER PRIMARY KEY", [1], columns=columns, more=more
        ) as accounts:
            for stored, instant in INSTANTS[database.dialect].items():
                with database.begin() as connection:
                    if database.dialect == "mariadb":
                        connection.exec_driver_sql("SET sql_mode = ''")
                    statement = f"UPDATE users SET seen = {stored}"  # noqa: S608
                    connection.exec_driver_sql(statement)
                assert one(accounts).last_login_at == instant, (kind, stored)


def test_unix_seconds(database: Database) -> None:
    """Unix seconds are read from columns of numbers and of text, with 0 for never."""
    columns = Columns(created_at="joined", last_login_at="seen", set_at="chosen")
    for kind in ("BIGINT", "INTEGER", "DECIMAL(12, 0)", "VARCHAR(40)"):
        more = f", joined {kind}, seen {kind}, chosen DATE"
        with users(
            database, "INTEGER PRIMARY KEY", [1], columns=columns, more=more
        ) as accounts:
            with database.begin() as connection:
                connection.exec_driver_sql(
                    "UPDATE users "
                    "SET joined = 1415361600, seen = 0, chosen = '2014-11-07'"
                )
            account = one(accounts)
        assert (account.created_at, account.last_login_at) == (NOON, None), kind
        assert account.set_at == datetime(2014, 11, 7, tzinfo=UTC)


FLAGS = {
    "sqlite": {"BOOLEAN": ("1", "0"), "INTEGER": ("1", "0"), "CHAR(1)": ("'Y'", "'N'")},
    "postgresql": {
        "BOOLEAN": ("TRUE", "FALSE"),
        "SMALLINT": ("1", "0"),
        "CHAR(3)": ("'yes'", "'no'"),
    },
    "mariadb": {
        "BOOLEAN": ("TRUE", "FALSE"),
        "BIT(1)": ("b'1'", "b'0'"),
        "ENUM('0', '1')": ("'1'", "'0'"),
        "CHAR(1)": ("'t'", "'f'"),
    },
}


def test_flags_of_every_kind(database: Database) -> None:
    """Whether an account is open or staff is read from any kind of column."""
    columns = Columns(is_active="open", is_staff="crew")
    for kind, (yes, no) in FLAGS[database.dialect].items():
        more = f", open {kind}, crew {kind}"
        with users(
            database, "INTEGER PRIMARY KEY", [1], columns=columns, more=more
        ) as accounts:
            read = []
            for values in ((yes, no), (no, yes), ("NULL", "NULL")):
                with database.begin() as connection:
                    connection.exec_driver_sql(
                        "UPDATE users SET open = {}, crew = {}".format(*values)  # noqa: S608
                    )
                account = one(accounts)
                read.append((account.is_active, account.is_staff))
            assert read == [(True, False), (False, True), (True, False)], kind


def test_what_stands_beside_does_not_matter(database: Database) -> None:
    """Indexes over expressions, and columns of any kind, are none of our business."""
    more = {
        "sqlite": ", place GEOMETRY, anything",
        "postgresql": ", place POINT, words TSVECTOR, span INT4RANGE",
        "mariadb": ", place POINT, mood ENUM('good', 'bad')",
    }[database.dialect]
    with users(database, "INTEGER PRIMARY KEY", [1], more=more) as accounts:
        if database.dialect != "mariadb":
            with database.begin() as connection:
                connection.exec_driver_sql("CREATE INDEX low ON users (lower(email))")
        accounts.check(widest=WIDEST)
        assert one(accounts).address == "a@b.c"


def test_a_view_is_a_table(database: Database) -> None:
    """A view that joins what the forum keeps apart can be read like a table."""
    with users(database, "INTEGER PRIMARY KEY", [1, 2, 3]):
        with database.begin() as connection:
            connection.exec_driver_sql(
                "CREATE VIEW people AS SELECT id, password, email FROM users"
            )
        url = database._url.render_as_string(hide_password=False)
        with closing(SqlAccounts(url, table="people", columns=Columns())) as accounts:
            accounts.check(widest=WIDEST)
            assert paged(accounts, 2) == [["1", "2"], ["3"]]
        with database.begin() as connection:
            connection.exec_driver_sql("DROP VIEW people")
