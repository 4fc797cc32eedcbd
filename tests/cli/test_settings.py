import sqlite3
from contextlib import closing

import pytest
from commands import Terminal

from credguard.cli.sections import refuse_password
from credguard.errors import SetupError, StorageSetupError


def test_accounts_are_counted_with_what_would_go_wrong(terminal: Terminal) -> None:
    """The real forum's members, schemes and unreachable addresses are told."""
    said = terminal.type("accounts", "check")
    assert said.status == 0, said.err
    assert "400" in said.out
    assert "django:pbkdf2_sha256" in said.out
    assert "15 accounts cannot be told by mail" in said.out


def test_accounts_check_changes_nothing(terminal: Terminal) -> None:
    """Not a byte of the forum's database is another one afterwards."""
    file = terminal.folder / "forum.sqlite"
    before = file.read_bytes()
    assert terminal.type("accounts", "check").status == 0
    assert file.read_bytes() == before


def test_options_describe_a_table_without_a_file(terminal: Terminal) -> None:
    """URL, table and columns can all come from options."""
    (terminal.folder / "credguard.toml").unlink()
    said = terminal.type(
        *("accounts", "check", "--database", "sqlite:///forum.sqlite"),
        *("--table", "auth_user", "--column", "name=username"),
    )
    assert said.status == 0, said.err
    assert "No column is named for created_at" in said.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--table", "members"), "no table 'members'"),
        (("--table", "members"), "did you mean auth_user"),
        (("--column", "password=passwd"), "no column 'passwd'"),
        (("--column", "shoe=size"), "'shoe' is not one of them"),
        (("--column", "password"), "MEANING=NAME"),
        (("--column", "password=last_name"), None),
        (("--database", "oracle://x/y"), "supported databases"),
        (("--database", "postgresql://me:hunter2@h/x"), "can be read by others"),
        (("--database", "mariadb://me@h/x?passwd=hunter2"), "can be read by others"),
        (("--settings", "nowhere.toml"), "cannot be read"),
    ],
)
def test_a_wrong_setting_has_its_own_error(
    terminal: Terminal, arguments: tuple[str, ...], told: str | None
) -> None:
    """The status is that of a configuration error, and the text names the remedy."""
    said = terminal.type("accounts", "check", *arguments)
    if told is None:
        assert said.status == 0
        return
    assert said.status == 78
    assert told in said.err
    assert "hunter2" not in said.err + said.out
    assert "Traceback" not in said.err


def test_a_narrow_column_is_refused(terminal: Terminal) -> None:
    """A password column of 40 characters is found before anything is written."""
    with closing(sqlite3.connect(terminal.folder / "forum.sqlite")) as forum:
        forum.execute(
            "CREATE TABLE old (id INT PRIMARY KEY, password VARCHAR(40),"
            " email TEXT, username TEXT)"
        )
    (terminal.folder / "credguard.toml").unlink()
    said = terminal.type(
        *("accounts", "check", "--database", "sqlite:///forum.sqlite"),
        *("--table", "old"),
    )
    assert said.status == 78
    assert "holds 40 characters, but 128 are needed" in said.err


@pytest.mark.parametrize(
    ("rows", "told"),
    [([(1,), (1,), (2,)], "stand more than once"), ([(None,), (2,)], "has no id")],
)
def test_a_duplicate_or_missing_id_is_refused(
    terminal: Terminal, rows: list[tuple[int | None]], told: str
) -> None:
    """An id column that is no key is found before anything is written."""
    with closing(sqlite3.connect(terminal.folder / "forum.sqlite")) as forum:
        forum.execute("CREATE TABLE old (nr INT, password TEXT, email TEXT)")
        forum.executemany("INSERT INTO old VALUES (?, 'x', '')", rows)
        forum.commit()
    (terminal.folder / "credguard.toml").unlink()
    said = terminal.type(
        *("accounts", "check", "--database", "sqlite:///forum.sqlite"),
        *("--table", "old", "--column", "id=nr"),
    )
    assert said.status == 78
    assert told in said.err


def test_an_unknown_setting_is_refused(terminal: Terminal) -> None:
    """A mistyped name in the settings file is not passed over in silence."""
    file = terminal.folder / "credguard.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("site =", "sight ="), encoding="utf-8")
    said = terminal.type("accounts", "check")
    assert said.status == 78
    assert "[notices] holds" in said.err


@pytest.mark.promise("P4")
@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter2@h/x",
        "postgresql://me:hun/ter2@h/x",
        "postgresql://me:hun#ter2@h/x",
        "postgresql://me:hun?ter2@h/x",
        "postgresql://:hunter2@h/x",
        "postgresql:///x?host=/run&password=hunter2",
        "postgresql://me@h/x?Password=hunter2",
        "postgresql://me@h/x?%70assword=hunter2",
        "postgresql://me@h/x#?password=hunter2",
        "postgresql://me@h/x?password=hunter2&password=hunter3",
        "postgresql://me@h/x?sslkey=a&sslpassword=hunter2",
        "postgresql://me@h/x?oauth_client_secret=hunter2",
        "mysql://me@h/x?passwd=hunter2",
        "mariadb://me@h/x?ssl_key=a&ssl_key_password=hunter2",
    ],
)
def test_a_password_is_refused_wherever_it_stands(url: str) -> None:
    """Before the host, and as every option that the drivers take one from."""
    with pytest.raises(SetupError, match="can be read by others") as refused:
        refuse_password(url, place="a file")
    assert "hunter" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///forum.sqlite",
        "postgresql://me@h/password?sslmode=require&passfile=/root/.pgpass",
        "mariadb://password@h/x?ssl_ca=password",
    ],
)
def test_what_holds_no_password_is_taken(url: str) -> None:
    """Where a password is to be read is none."""
    refuse_password(url, place="a file")


def test_what_is_no_url_is_said_to_be_none() -> None:
    """And is not repeated."""
    with pytest.raises(StorageSetupError) as refused:
        refuse_password("postgresql://me:hunter2@h:a port/x", place="a file")
    assert "hunter" not in str(refused.value)
