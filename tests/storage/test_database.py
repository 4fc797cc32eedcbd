import logging
import os
import socket
import sqlite3
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import another_process
import pytest
from sqlalchemy import BigInteger, Connection, make_url, select, text, type_coerce

from credguard.errors import (
    CredguardError,
    MissingExtraError,
    StorageSetupError,
    StorageUnavailableError,
)
from credguard.storage import Database
from credguard.storage.database import insert_new
from credguard.storage.schema import prepare
from credguard.storage.tables import credential, key_canary, sending

NOW = datetime(2014, 11, 7, 10, 0, 0, 123_456, tzinfo=UTC)
IMPATIENT = timedelta(milliseconds=200)
CANARY = "tweet-tweet-4711"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with credguard's tables."""
    database = Database(database_url)
    prepare(database)
    yield database
    database.close()


def write(database: Database, *account_ids: str) -> None:
    """Write a row for each of *account_ids*."""
    with database.begin() as connection:
        for account_id in account_ids:
            row = {"account_id": account_id, "epoch": 1, "set_at": NOW}
            connection.execute(credential.insert(), row)


def written(database: Database) -> list[str]:
    """Return the account ids that were written."""
    with database.read() as connection:
        return sorted(connection.execute(select(credential.c.account_id)).scalars())


def everything_in(error: BaseException) -> str:
    """Return all that a report of *error* could show, with the errors behind it."""
    shown = []
    seen: list[BaseException | None] = [error]
    for each in seen:
        if each is not None:
            shown.append(f"{each!r} {each} {each.args} {vars(each)}")
            seen += [each.__cause__, each.__context__]
    return "\n".join([*shown, *traceback.format_exception(error)])


def test_a_transaction_stands_or_falls_whole(database: Database) -> None:
    """What a block wrote is there when it ends well, and gone when it does not."""
    write(database, "a")

    def fail(connection: Connection) -> None:
        connection.execute(credential.insert(), {"account_id": "b", "epoch": 1})
        raise KeyError

    with pytest.raises(KeyError), database.begin() as connection:
        fail(connection)
    assert written(database) == ["a"]


def test_an_instant_is_read_back(database: Database) -> None:
    """An instant comes back in UTC and to the microsecond, as a number in the row."""
    write(database, "a")
    number = type_coerce(credential.c.set_at, BigInteger)
    with database.read() as connection:
        assert connection.execute(select(credential.c.set_at)).scalar() == NOW
        assert connection.execute(select(number)).scalar() == 1_415_354_400_123_456


def test_a_reader_sees_one_instant(database: Database) -> None:
    """What is committed while a reader reads is not seen until it reads again."""
    query = select(credential.c.account_id)
    with database.read() as connection:
        assert connection.execute(query).all() == []
        write(database, "a")
        assert connection.execute(query).all() == []
    assert written(database) == ["a"]


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    """A reader is not held up by a transaction that writes, and sees none of it."""
    with database.begin() as connection:
        connection.execute(credential.insert(), {"account_id": "a", "epoch": 1})
        assert written(database) == []
    assert written(database) == ["a"]


def test_new_rows_are_inserted_and_known_ones_left(database: Database) -> None:
    """A row whose key stands there stays as it is; the others are written."""
    write(database, "b")
    rows = [{"account_id": each, "epoch": 9, "set_at": None} for each in "abc"]
    with database.begin() as connection:
        insert_new(connection, credential, [])
        insert_new(connection, credential, rows)
        found = connection.execute(select(credential.c.account_id, credential.c.epoch))
        assert sorted(map(tuple, found)) == [("a", 9), ("b", 1), ("c", 9)]


def test_only_a_known_key_is_passed_over(database: Database) -> None:
    """A row that breaks another rule is refused, not cut to fit or left out."""
    orphan = {"campaign_id": "none", "version": 0}
    with pytest.raises(StorageUnavailableError), database.begin() as connection:
        insert_new(connection, sending, [orphan])
    if not database.is_sqlite:  # which does not look at the length of a text
        rows = [{"account_id": "x" * 256, "epoch": 1, "set_at": None}]
        with pytest.raises(StorageUnavailableError), database.begin() as connection:
            insert_new(connection, credential, rows)
    assert written(database) == []


def refuse_twice(database: Database) -> None:
    """Write one key twice."""
    write(database, CANARY, CANARY)


def refuse_length(database: Database) -> None:
    """Write a text that is too long for its column, or another one twice."""
    with database.begin() as connection:
        for _ in range(2):
            row = {"key_id": CANARY, "sealed": CANARY * 99, "made_at": NOW}
            connection.execute(key_canary.insert(), row)


def refuse_statement(database: Database) -> None:
    """Hand a parameter to a statement that cannot work."""
    with database.begin() as connection:
        connection.execute(
            text("SELECT nothing FROM nowhere WHERE a = :a"), {"a": CANARY}
        )


def test_no_error_carries_a_parameter(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """No text, no error behind the error and no log shows what was to be written."""
    caplog.set_level(logging.DEBUG)
    for refuse in (refuse_twice, refuse_length, refuse_statement):
        with pytest.raises(CredguardError) as caught:
            refuse(database)
        assert type(caught.value) is StorageUnavailableError
        assert CANARY not in everything_in(caught.value)
    assert CANARY not in caplog.text


@pytest.mark.usefixtures("database")
def test_a_lock_is_not_awaited_for_ever(database_url: str) -> None:
    """Who meets another process's lock gives up after its patience, and says why."""
    impatient = Database(database_url, patience=timedelta(seconds=1))
    with another_process.started("hold", database_url) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        with pytest.raises(StorageUnavailableError, match="locked by another process"):
            write(impatient, "held")
    assert written(impatient) == ["held"]
    impatient.close()


def test_all_connections_in_use(sqlite_url: str) -> None:
    """When the pool has no connection left, the error is a declared one."""
    database = Database(sqlite_url, patience=IMPATIENT)
    held = [database.read() for _ in range(15)]
    for each in held:
        each.__enter__()
    with pytest.raises(StorageUnavailableError, match="in use"), database.read():
        pass
    for each in held:
        each.__exit__(None, None, None)
    database.close()


def test_threads_share_a_database(database: Database) -> None:
    """Threads write at once through one object, and nothing is lost."""

    def write_ten(whose: str) -> None:
        for number in range(10):
            write(database, f"{whose}{number}")

    threads = [threading.Thread(target=write_ten, args=(each,)) for each in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(written(database)) == 40


def test_sqlite_is_set_up(sqlite_url: str) -> None:
    """Our own SQLite database keeps a write-ahead log, waits, and checks keys."""
    database = Database(sqlite_url, patience=timedelta(seconds=3))
    with database.begin() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "busy_timeout", "foreign_keys", "synchronous")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "busy_timeout": 3000,
        "foreign_keys": 1,
        "synchronous": 2,
    }
    database.close()


def test_an_old_sqlite_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is when the database is opened, and not in the middle of a sweep."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 32, 3))
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.32.3")
    with pytest.raises(StorageSetupError, match=r"3\.33 is needed; .* has 3\.32\.3"):
        Database("sqlite://")


def test_a_forums_journal_is_left_alone(forum_path: Path) -> None:
    """A database that is the forum's alone keeps its journal mode."""
    with closing(sqlite3.connect(forum_path)) as forum:
        before = forum.execute("PRAGMA journal_mode").fetchone()
    database = Database(f"sqlite:///{forum_path}", ours=False)
    with database.begin() as connection:
        now = tuple(connection.execute(text("PRAGMA journal_mode")).one())
    assert now == before != ("wal",)
    database.close()


def test_a_forums_database_is_not_made(tmp_path: Path) -> None:
    """A mistyped path of the forum's database is told, and no file is made there."""
    database = Database(f"sqlite:///{tmp_path / 'forrum.db'}", ours=False)
    with pytest.raises(StorageSetupError, match="does not exist"), database.read():
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk(sqlite_url: str) -> None:
    """On a full disk the transaction is rolled back and what stood before stands."""
    database = Database(sqlite_url)
    prepare(database)
    write(database, "before")
    with database.begin() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    many = [f"{CANARY} {number:0200}" for number in range(2000)]
    with pytest.raises(StorageUnavailableError, match=r"disk .* is full") as caught:
        write(database, *many)
    assert "nothing was lost" in str(caught.value)
    assert written(database) == ["before"]
    write(database, "after")
    database.close()


def test_a_folder_that_is_missing(tmp_path: Path) -> None:
    """A path into a folder that does not exist is told as such."""
    database = Database(f"sqlite:///{tmp_path / 'none' / 'credguard.db'}")
    with pytest.raises(StorageUnavailableError, match="cannot be opened"):
        prepare(database)


def test_a_file_that_is_read_only(sqlite_url: str) -> None:
    """A database that may only be read can be read, and tells who would write."""
    ours = Database(sqlite_url)
    prepare(ours)
    write(ours, "a")
    ours.close()
    path = make_url(sqlite_url).database
    database = Database(f"sqlite:///file:{path}?mode=ro&uri=true", ours=False)
    assert written(database) == ["a"]
    with pytest.raises(StorageUnavailableError, match="read-only"):
        write(database, "b")
    database.close()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """A file of another kind is told as such, and left as it was."""
    path = tmp_path / "forum.txt"
    path.write_text("not a database\n" * 100)
    database = Database(f"sqlite:///{path}", ours=False)
    with pytest.raises(StorageUnavailableError, match="not a database"):
        written(database)
    assert path.read_text() == "not a database\n" * 100
    database.close()


def test_a_text_that_is_not_utf8(sqlite_url: str) -> None:
    """A text that SQLite keeps, but that is not UTF-8, is told without showing it."""
    database = Database(sqlite_url)
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE u (name TEXT)")
        connection.exec_driver_sql("INSERT INTO u VALUES (CAST(x'6a6f73e9' AS TEXT))")
    with pytest.raises(StorageUnavailableError, match="not UTF-8") as caught:
        _read_names(database)
    assert "jos" not in everything_in(caught.value)
    database.close()


def _read_names(database: Database) -> None:
    with database.read() as connection:
        connection.exec_driver_sql("SELECT name FROM u").all()


@pytest.mark.parametrize("dialect", ["postgresql", "mariadb"])
def test_a_server_that_is_away(dialect: str) -> None:
    """Where no server listens, the error comes at once and tells to try again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"{dialect}://somebody:{CANARY}@127.0.0.1:{port}/forum"
    with pytest.raises(StorageUnavailableError, match="does not answer") as caught:
        prepare(Database(url))
    assert CANARY not in everything_in(caught.value)


@pytest.mark.parametrize("dialect", ["postgresql", "mariadb"])
def test_a_server_that_says_nothing(dialect: str) -> None:
    """A server that takes the connection and is silent is not awaited for ever."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = f"{dialect}://somebody:{CANARY}@127.0.0.1:{port}/forum?silence=1"
        database = Database(url, patience=timedelta(seconds=1))
        with pytest.raises(StorageUnavailableError) as caught:
            prepare(database)
    assert CANARY not in everything_in(caught.value)


def test_a_database_that_is_missing_on_the_server(database_url: str) -> None:
    """A server without the database that the URL names is told from a dead one."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return
    other = url.set(database="credguard_test_none").render_as_string(False)  # noqa: FBT003
    with pytest.raises(StorageUnavailableError):
        prepare(Database(other))


def test_a_server_gone_in_between(database: Database) -> None:
    """A connection that died in the pool is replaced before it is used."""
    write(database, "a")
    if database.is_sqlite:
        return
    postgres = database.dialect == "postgresql"
    which = "SELECT pg_backend_pid()" if postgres else "SELECT CONNECTION_ID()"
    kill = "SELECT pg_terminate_backend({})" if postgres else "KILL {}"
    with pytest.raises(StorageUnavailableError):
        _die_within(database, which, kill)
    assert written(database) == ["a"]


def _die_within(database: Database, which: str, kill: str) -> None:
    with database.read() as pooled:
        number = pooled.exec_driver_sql(which).scalar()
        with database.read() as another:
            another.exec_driver_sql(kill.format(number))
        pooled.exec_driver_sql(which)


BAD_URLS = {
    "nothing": "",
    "a path": "/srv/forum.db",
    "another database": "oracle://localhost/forum",
    "a driver of its own": "mssql+pyodbc://localhost/forum",
    "a port that is no number": "postgresql://localhost:port/forum",
    "a lone surrogate": "sqlite:////srv/\ud800.db",
    "a zero byte": "sqlite:////srv/\0.db",
}


@pytest.mark.parametrize("url", BAD_URLS.values(), ids=BAD_URLS)
def test_a_url_that_is_none(url: str) -> None:
    """A URL that leads to no supported database is refused without repeating it."""
    with pytest.raises(StorageSetupError) as caught:
        Database(url)
    assert not url or url not in everything_in(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "url",
    [
        f"mariadb://localhost/forum?{CANARY}=1",
        f"sqlite:///forum.db?timeout={CANARY}",
    ],
    ids=["an unknown setting", "a setting that is no number"],
)
def test_a_url_that_the_driver_refuses(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setting in the URL that the driver does not know is a fault of the URL."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StorageSetupError) as caught:
        prepare(Database(url))
    assert CANARY not in everything_in(caught.value)


@pytest.mark.parametrize(
    ("dialect", "driver", "extra"),
    [("postgresql", "psycopg", "postgres"), ("mariadb", "pymysql", "mariadb")],
)
def test_a_driver_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, dialect: str, driver: str, extra: str
) -> None:
    """A driver that is not installed is told with the pip command to run."""
    monkeypatch.setitem(sys.modules, driver, None)
    with pytest.raises(MissingExtraError) as caught:
        Database(f"{dialect}://localhost/forum")
    assert f"pip install 'credguard[{extra}]'" in str(caught.value)
    assert caught.value.extra == extra
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://somebody:{CANARY}@localhost/forum",
        f"postgresql://localhost/forum?password={CANARY}",
        f"mariadb://somebody:{CANARY}@localhost:3307/forum?password={CANARY}",
    ],
)
def test_a_password_is_not_shown(url: str) -> None:
    """A database's repr and identity name the database and never the password."""
    database = Database(url)
    assert "forum" in repr(database)
    assert CANARY not in f"{database!r} {database} {database.identity}"


SAME = [
    ("postgresql://localhost/forum", "postgres://127.0.0.1:5432/forum"),
    ("postgresql://a:b@LOCALHOST/forum", "postgresql+psycopg2://[::1]/forum"),
    ("postgresql://db.example/forum", "postgresql:///forum?host=DB.example"),
    ("postgresql:///forum", "postgresql://localhost/forum?connect_timeout=3"),
    ("mariadb://localhost/forum", "mysql+mysqldb://127.0.0.1:3306/forum?charset=utf8"),
    ("sqlite:///forum.db", "sqlite:///./forum.db"),
    ("sqlite:///forum.db", "sqlite:///{here}/forum.db"),
    ("sqlite:///forum.db", "sqlite:///{here}/link.db"),
    ("sqlite:///forum.db", "sqlite:///file:{here}/forum.db?uri=true&mode=ro"),
]
OTHERS = [
    ("postgresql://localhost/forum", "postgresql://localhost/blog"),
    ("postgresql://localhost/forum", "postgresql://localhost:5433/forum"),
    ("postgresql://localhost/forum", "mariadb://localhost/forum"),
    ("postgresql://one.example/forum", "postgresql://two.example/forum"),
    ("postgresql:///forum?host=one", "postgresql:///forum?host=two"),
    ("postgresql:///forum", "postgresql:///forum?port=5433"),
    ("mariadb:///forum?unix_socket=/a", "mariadb:///forum?unix_socket=/b"),
    ("sqlite:///forum.db", "sqlite:///blog.db"),
    ("sqlite://", "sqlite://"),
    ("sqlite:///:memory:", "sqlite:///:memory:"),
]


def identities(here: Path, *urls: str) -> list[tuple[str, ...]]:
    """Return what tells the databases at *urls* apart."""
    databases = [Database(url.format(here=here)) for url in urls]
    return [database.identity for database in databases]


@pytest.mark.parametrize("urls", SAME, ids=" ".join)
def test_one_database_is_known_by_all_its_names(
    urls: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """URLs that spell one database in two ways have one identity."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.db").symlink_to("forum.db")
    one, other = identities(tmp_path, *urls)
    assert one == other


@pytest.mark.parametrize("urls", OTHERS, ids=" ".join)
def test_two_databases_are_told_apart(
    urls: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """URLs that lead to two databases have two identities."""
    monkeypatch.chdir(tmp_path)
    one, other = identities(tmp_path, *urls)
    assert one != other


def test_a_forked_path_is_no_other(sqlite_url: str) -> None:
    """The file of a relative URL is the one in the working folder."""
    assert Database("sqlite:///x.db").identity == ("sqlite", os.path.realpath("x.db"))
    assert Database(sqlite_url).dialect == "sqlite"
