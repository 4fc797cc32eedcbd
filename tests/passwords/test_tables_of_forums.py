"""Tables that other software wrote are wrapped in place."""

import csv
import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from table_work import MEMBERS, cheap, prepare_at, renew

from credguard import PasswordHasher
from credguard.accounts import Columns, SqlAccounts
from credguard.errors import (
    ColumnTooNarrowError,
    PasswordMismatchError,
)
from credguard.passwords import legacy
from credguard.passwords.renewal import Fate, Wrapping
from credguard.passwords.surveying import survey, take_census
from credguard.testing import CHEAPEST
from forums import (
    engine_at,
)


def test_a_survey_writes_nothing(forum_path: Path) -> None:
    """A dry run and a census leave every byte as it was."""
    before = forum_path.read_bytes()
    column = SqlAccounts(
        f"sqlite:///{forum_path}", table="auth_user", columns=Columns()
    )
    census = take_census(column, PasswordHasher())
    assert (census.rows, census.wrappable, census.unusable) == (400, 395, 5)
    with pytest.raises(ColumnTooNarrowError):
        survey(column, Wrapping(PasswordHasher()))
    assert forum_path.read_bytes() == before


def test_a_column_that_is_too_narrow_is_refused_before_the_first_write(
    forum_path: Path,
) -> None:
    """Django's 128 characters do not hold its own hashes wrapped."""
    url = f"sqlite:///{forum_path}"
    prepare_at(url)
    with closing(sqlite3.connect(forum_path)) as forum:
        before = forum.execute("SELECT id, password FROM auth_user").fetchall()
        column = SqlAccounts(url, table="auth_user", columns=Columns())
        with pytest.raises(ColumnTooNarrowError):
            renew(url, column, Wrapping(cheap()))
        assert forum.execute("SELECT id, password FROM auth_user").fetchall() == before


def test_a_real_forum_is_wrapped_in_place(forum_path: Path) -> None:
    """Members of each of Django's schemes log in as before, and no one else does."""
    url = f"sqlite:///{forum_path}"
    with closing(sqlite3.connect(forum_path)) as forum:
        forum.execute("PRAGMA writable_schema = ON")
        forum.execute(
            "UPDATE sqlite_master SET sql = replace(sql, '(128)', '(255)') "
            "WHERE name = 'auth_user'"
        )
        forum.commit()
    prepare_at(url)
    column = SqlAccounts(url, table="auth_user", columns=Columns())
    done = renew(url, column, Wrapping(cheap()))
    assert (done.changed, done.fates[Fate.NO_HASH]) == (395, 5)
    with closing(sqlite3.connect(forum_path)) as forum:
        stored = dict(forum.execute("SELECT username, password FROM auth_user"))
    with MEMBERS.open(encoding="utf-8", newline="") as file:
        members = list(csv.DictReader(file))
    for scheme in {member["scheme"] for member in members} - {"unusable"}:
        whose = next(each for each in members if each["scheme"] == scheme)
        text_now = stored[whose["username"]]
        verified = cheap().verify(whose["password"], stored=text_now)
        assert verified.scheme == f"wrapped:django:{scheme}"
        with pytest.raises(PasswordMismatchError):
            cheap().verify("not-their-password", stored=text_now)


def _md5(plain: str) -> str:
    return hashlib.md5(plain.encode(), usedforsecurity=False).hexdigest()


def test_salt_and_username_come_from_their_columns(database_url: str) -> None:
    """What the old hash took from beside it is kept, so that the columns may go."""
    password = "fair winds"
    mybb = _md5(_md5("s4lt") + _md5(password))
    smf = hashlib.sha1(f"ada{password}".encode(), usedforsecurity=False).hexdigest()
    engine = engine_at(database_url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE users (uid INTEGER PRIMARY KEY, pass VARCHAR(255), "
                "email VARCHAR(50), salt VARCHAR(10), login VARCHAR(50))"
            )
        )
        connection.execute(
            text("INSERT INTO users VALUES (:uid, :pass, '', :salt, :login)"),
            [
                {"uid": 1, "pass": mybb, "salt": "s4lt", "login": "bob"},
                {"uid": 2, "pass": smf, "salt": "xyz1", "login": "Ada"},
                {"uid": 3, "pass": mybb, "salt": None, "login": "eve"},
            ],
        )
    prepare_at(database_url)
    columns = Columns(
        id="uid", password="pass", address="email", salt="salt", username="login"
    )
    column = SqlAccounts(database_url, table="users", columns=columns)
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=legacy.MYBB + legacy.SMF[-1:])
    done = renew(database_url, column, Wrapping(hasher))
    assert (done.changed, done.fates[Fate.UNREADABLE]) == (2, 1)
    with engine.begin() as connection:
        rows = connection.execute(text("SELECT uid, pass FROM users"))
        stored = {row.uid: row._mapping["pass"] for row in rows}
    assert hasher.verify(password, stored=stored[1]).scheme == "wrapped:mybb:md5"
    assert hasher.verify(password, stored=stored[2]).scheme.startswith("wrapped:smf")
    assert stored[3] == mybb
