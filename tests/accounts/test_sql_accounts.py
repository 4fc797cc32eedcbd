import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from forum_tables import (
    FORUM,
    WIDEST,
    add,
    closing,
    find,
    in_sizes,
    one,
    paged,
    ranged,
    swap,
    users,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from credguard.accounts import Columns, SqlAccounts
from credguard.campaigns.accounts import Swap
from credguard.errors import (
    AccountIdError,
    ColumnTooNarrowError,
    StorageSetupError,
)
from credguard.storage import Database

NOON = datetime(2014, 11, 7, 12, tzinfo=UTC)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database in which a forum's table can be made."""
    database = Database(database_url)
    yield database
    database.close()


# A real forum's database.


@pytest.fixture
def forum(forum_path: Path) -> Iterator[SqlAccounts]:
    """The user table of a real forum."""
    url = f"sqlite:///{forum_path}"
    with closing(SqlAccounts(url, table="auth_user", columns=FORUM)) as accounts:
        yield accounts


def test_a_real_forum_is_read(forum: SqlAccounts) -> None:
    """All members of a real forum are read once, with hash, address and instants."""
    forum.check(widest=WIDEST)
    with forum.reading() as connection:
        everyone = [
            account for page in forum.pages(connection, size=99) for account in page
        ]
        assert forum.count(connection) == len(everyone) == 400
    assert len({account.id for account in everyone}) == 400
    assert all(account.created_at for account in everyone)
    assert any(account.last_login_at is None for account in everyone)
    assert 0 < sum(account.is_staff for account in everyone) < 20
    assert all(account.name and account.password for account in everyone)


@pytest.mark.parametrize("size", [1, 7, 100, 400, 401])
def test_a_real_forum_is_divided(forum: SqlAccounts, size: int) -> None:
    """Pages and ranges of any size cover each member exactly once, in order."""
    ids = [each for page in paged(forum, 50) for each in page]
    assert sorted(ids, key=int) == ids
    assert paged(forum, size) == ranged(forum, size) == in_sizes(ids, size)


def test_only_the_password_column_is_written(forum: SqlAccounts) -> None:
    """A swap changes one column of one row and nothing else."""
    with forum.reading() as connection:
        query = text("SELECT * FROM auth_user")
        before = {row["id"]: dict(row) for row in connection.execute(query).mappings()}
    old = str(before[15]["password"])
    assert swap(forum, ("15", old, "new")) == 1
    with forum.reading() as connection:
        after = {row["id"]: dict(row) for row in connection.execute(query).mappings()}
    before[15]["password"] = "new"
    assert after == before


def test_a_column_that_is_too_narrow(forum: SqlAccounts) -> None:
    """A password column that cannot hold what will be written is told beforehand."""
    forum.check(widest=128)
    with pytest.raises(ColumnTooNarrowError, match="holds 128 characters, but 129"):
        forum.check(widest=129)


def test_a_database_that_is_missing(tmp_path: Path) -> None:
    """A mistyped path is told, and no empty database is made in its place."""
    url = f"sqlite:///{tmp_path / 'none.db'}"
    accounts = SqlAccounts(url, table="auth_user", columns=FORUM)
    with pytest.raises(StorageSetupError, match="does not exist"):
        accounts.check(widest=WIDEST)
    assert not list(tmp_path.iterdir())


def test_what_is_shared(forum: SqlAccounts, forum_path: Path) -> None:
    """One transaction covers both exactly if both are in one database."""
    assert forum.shares(Database(f"sqlite:///{forum_path}"))
    assert not forum.shares(Database(f"sqlite:///{forum_path}.other"))


def test_no_password_is_shown() -> None:
    """The repr names table and database, and no password."""
    url = "postgresql://somebody:hunter2@localhost/forum?password=hunter3"
    shown = repr(SqlAccounts(url, table="users", columns=Columns()))
    assert "users" in shown
    assert "hunter" not in shown


# Ids of every kind, on every database.

IDS: dict[str, list[object]] = {
    "INTEGER PRIMARY KEY": [1, 2, 7, 2**31 - 1],
    "BIGINT PRIMARY KEY": [-(2**63), -5, 0, 2**40, 2**63 - 1],
    "VARCHAR(40) PRIMARY KEY": ["10", "9", "a", "b", "é", "🗝"],
    "CHAR(36) PRIMARY KEY": [str(uuid.UUID(int=n)) for n in (1, 2**64, 2**127)],
    "UUID PRIMARY KEY": [uuid.UUID(int=n) for n in (1, 2**64, 2**127, 2**128 - 1)],
}


def test_ids_of_every_kind(database: Database) -> None:
    """Numbers, texts and UUIDs are read in order, found again and written to."""
    for kind, ids in IDS.items():
        if database.is_sqlite and kind.startswith("UUID"):
            continue  # which it does not have
        texts = [str(each) for each in ids]
        with users(database, kind, ids) as accounts:
            accounts.check(widest=WIDEST)
            in_order = [each for page in paged(accounts, 100) for each in page]
            assert sorted(in_order) == sorted(texts)
            for size in (1, 2, 3, len(ids), 100):
                assert paged(accounts, size) == in_sizes(in_order, size)
                assert ranged(accounts, size) == in_sizes(in_order, size)
            assert find(accounts, *texts) == texts
            assert swap(accounts, *((each, "old", "new") for each in texts)) == len(ids)
            assert swap(accounts, (texts[0], "old", "newer")) == 0


STRANGE = ["", " ", "0", "-0", "01", "15.0", "9" * 19, "9" * 400, "x" * 10_000]
STRANGE += ["a\0", "\ud800", "🗝", "'; --", "%s", ":id", str(2**31), str(2**63)]
STRANGE += ["{" + str(uuid.UUID(int=1)) + "}", uuid.UUID(int=9).hex, "NULL"]


def test_ids_that_nobody_has(database: Database) -> None:
    """Ids that are unknown, of another kind or cannot be stored are not found."""
    for kind, ids in IDS.items():
        if database.is_sqlite and kind.startswith("UUID"):
            continue
        known = str(ids[-1])
        strange = [each for each in STRANGE if each not in map(str, ids)]
        with users(database, kind, ids) as accounts:
            for each in strange:
                assert find(accounts, each) == [], (kind, each)
            assert find(accounts, *strange, known, *strange, known) == [known]
            assert find(accounts) == []


def test_more_ids_than_fit_into_a_statement(database: Database) -> None:
    """Thousands of ids are looked up, each that exists is found."""
    with users(database, "INTEGER PRIMARY KEY", range(1, 1501)) as accounts:
        asked = [str(each) for each in range(3000)]
        assert find(accounts, *asked) == asked[1:1501]


def test_any_set_of_ids_is_divided(database: Database) -> None:
    """Pages and ranges cover each account once, also where sizes divide evenly."""

    @settings(max_examples=20)
    @given(ids=st.sets(st.integers(-50, 2**40), max_size=24), size=st.integers(1, 9))
    def check(ids: set[int], size: int) -> None:
        with database.begin() as connection:
            connection.execute(text("DELETE FROM users"))
            add(connection, sorted(ids, reverse=True))
        expected = in_sizes([str(each) for each in sorted(ids)], size)
        assert paged(accounts, size) == ranged(accounts, size) == expected

    with users(database, "BIGINT PRIMARY KEY") as accounts:
        check()


def test_any_set_of_texts_is_divided(database: Database) -> None:
    """Ids that are text are covered once each, in the database's own order."""
    alphabet = "abABz019_-. éÉßΩ🗝"

    @settings(max_examples=20)
    @given(
        ids=st.sets(st.text(alphabet, min_size=1, max_size=4), max_size=16),
        size=st.integers(1, 5),
    )
    def check(ids: set[str], size: int) -> None:
        with database.begin() as connection:
            connection.execute(text("DELETE FROM users"))
            add(connection, sorted(ids))
        (every,) = paged(accounts, 100) or [[]]
        assert sorted(every) == sorted(ids)
        assert paged(accounts, size) == ranged(accounts, size) == in_sizes(every, size)
        assert set(find(accounts, *ids)) == ids

    byte_for_byte = {"mariadb": "COLLATE utf8mb4_nopad_bin "}.get(database.dialect, "")
    kind = f"VARCHAR(40) {byte_for_byte}PRIMARY KEY"
    with users(database, kind) as accounts:
        check()


def test_ranges_are_locked(database: Database) -> None:
    """Accounts that are read to be changed can be locked with their range."""
    with users(database, "INTEGER PRIMARY KEY", [1, 2, 3]) as accounts:
        with accounts.writing() as connection:
            found = accounts.between(connection, low="1", high="3", lock=True)
            assert accounts.swap(connection, [Swap("2", "old", "new")]) == 1
        assert [account.id for account in found] == ["2", "3"]


def test_new_accounts_during_the_division(database: Database) -> None:
    """Accounts that come in while borders are read do not put these out of order."""
    with (
        users(database, "INTEGER PRIMARY KEY", [10, 20, 30]) as accounts,
        accounts.writing() as connection,
    ):
        borders = accounts.borders(connection, size=2)
        first = next(borders)
        add(connection, [35, 40, 50, 60])
        assert [first, *borders] == ["20", "35", "50", "60"]


# What the check finds.


def check(database: Database, kind: str, ids: Sequence[object] = ()) -> None:
    """Check a table with ids of *kind*."""
    with users(database, kind, ids) as accounts:
        accounts.check(widest=WIDEST)


def test_ids_that_stand_there_twice(database: Database) -> None:
    """Ids that are not unique are told, with some of them."""
    with pytest.raises(AccountIdError, match=r"more than once in 'id' .*\(2, 4\)"):
        check(database, "INTEGER", [1, 2, 2, 3, 4, 4, 4])
    with pytest.raises(AccountIdError, match="more than once"):
        check(database, "VARCHAR(40)", ["a", "b", "a"])
    check(database, "INTEGER", [3, 2, 1])
    check(database, "INTEGER PRIMARY KEY")


def test_ids_that_are_missing(database: Database) -> None:
    """Rows without an id, or with an empty one, are counted."""
    with pytest.raises(AccountIdError, match="2 rows of 'users' have no id"):
        check(database, "INTEGER", [None, 1, None])
    with pytest.raises(AccountIdError, match="2 rows of 'users' have no id"):
        check(database, "VARCHAR(40)", [None, "", "a"])


def test_ids_that_are_too_long(database: Database) -> None:
    """Ids that are too long for credguard's own tables are told beforehand."""
    with pytest.raises(AccountIdError, match="1 row of 'users' has"):
        check(database, "VARCHAR(400)", ["é" * 256, "é" * 255])
    check(database, "VARCHAR(400)", ["é" * 255])


def test_ids_that_are_no_numbers(sqlite_url: str) -> None:
    """Text, which SQLite keeps in a column of numbers, is told and not passed over."""
    database = Database(sqlite_url)
    with users(database, "INTEGER", [1, "two", 3]) as accounts:
        with pytest.raises(AccountIdError, match="1 row of 'users' has"):
            accounts.check(widest=WIDEST)
        with pytest.raises(AccountIdError, match="cannot be looked up"):
            paged(accounts, 10)
    database.close()


def test_a_border_that_is_no_id(database: Database) -> None:
    """A range that cannot be one of this table is refused, not taken for empty."""
    with (
        users(database, "INTEGER PRIMARY KEY", [1]) as accounts,
        accounts.reading() as connection,
    ):
        for low, high in ((None, "a"), ("a", "1")):
            with pytest.raises(AccountIdError):
                accounts.between(connection, low=low, high=high, lock=False)
        with pytest.raises(AccountIdError):
            accounts.swap(connection, [Swap("a", "old", "new")])


# Compare and set.


def test_a_swap_decides_row_by_row(database: Database) -> None:
    """A text is written where the old one still stands, and counted there only."""
    with users(database, "INTEGER PRIMARY KEY", [1, 2, 3]) as accounts:
        assert swap(accounts) == 0
        assert swap(accounts, ("2", "old", "x"), ("9", "old", "x")) == 1
        assert swap(accounts, ("1", "old", "y"), ("2", "old", "y")) == 1
        with accounts.reading() as connection:
            found = accounts.find(connection, ["1", "2", "3"])
        assert [found[each].password for each in "123"] == ["y", "x", "old"]


def test_a_swap_to_the_same_counts(database: Database) -> None:
    """A row that was asked to stay as it is counts as written."""
    with users(database, "INTEGER PRIMARY KEY", [1]) as accounts:
        assert swap(accounts, ("1", "old", "old")) == 1


def test_a_swap_compares_every_byte(database: Database) -> None:
    """Texts that a collation takes for equal are different password hashes."""
    with users(database, "INTEGER PRIMARY KEY", [1]) as accounts:
        for other in ("OLD", "old ", " old", "óld", "ol", "old\t"):
            assert swap(accounts, ("1", other, "new")) == 0, other
        assert one(accounts).password == "old"


def test_no_password_is_no_text(database: Database) -> None:
    """An account without a password has none, and nothing is swapped there."""
    with users(database, "INTEGER PRIMARY KEY", [1]) as accounts:
        with database.begin() as connection:
            connection.execute(text("UPDATE users SET password = NULL, email = NULL"))
        assert (one(accounts).password, one(accounts).address) == (None, None)
        assert swap(accounts, ("1", "", "new")) == 0


# What is special to one database.


def test_a_collation_that_ignores_case(database: Database) -> None:
    """Where the database takes 'a' for 'A', one is not found under the other's id."""
    collation = {
        "mariadb": "COLLATE utf8mb4_general_ci",
        "sqlite": "COLLATE NOCASE",
        "postgresql": "",
    }[database.dialect]
    with users(database, f"VARCHAR(40) {collation} PRIMARY KEY", "bacXé") as accounts:
        accounts.check(widest=WIDEST)
        assert find(accounts, "A", "b", "B", "x", "X", "e", "a ") == ["b", "X"]
        (every,) = paged(accounts, 100)
        assert sorted(every) == sorted("bacXé")
        for size in (1, 2, 5):
            assert ranged(accounts, size) == in_sizes(every, size)
            assert paged(accounts, size) == in_sizes(every, size)
    if database.dialect != "postgresql":
        with pytest.raises(AccountIdError, match="more than once"):
            check(database, f"VARCHAR(40) {collation}", ["a", "A"])


def test_a_type_that_ignores_case(database: Database) -> None:
    """PostgreSQL's CITEXT orders and compares in its own way in every statement."""
    if database.dialect != "postgresql":
        return
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS citext")
    with users(database, "CITEXT PRIMARY KEY", ["b", "A", "C", "d"]) as accounts:
        accounts.check(widest=WIDEST)
        assert paged(accounts, 1) == ranged(accounts, 1) == [["A"], ["b"], ["C"], ["d"]]
        assert find(accounts, "a", "A") == ["A"]


def test_padded_ids(database: Database) -> None:
    """Ids in a column of fixed width are read, divided and written to."""
    with users(database, "CHAR(8) PRIMARY KEY", ["a", "b", "cc"]) as accounts:
        ids = [each for page in paged(accounts, 2) for each in page]
        assert [each.rstrip() for each in ids] == ["a", "b", "cc"]
        assert ranged(accounts, 2) == in_sizes(ids, 2)
        assert find(accounts, *ids) == ids
        assert swap(accounts, *((each, "old", "new") for each in ids)) == 3
