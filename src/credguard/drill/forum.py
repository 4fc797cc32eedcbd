"""
The drill's forum: a database that real forum software wrote, grown to any size.

The first 400 members and all tables come from django-machina on Django 5.2 (their
own migrations, models and hashers). The others are made up here, in the same user
table, with hashes in formats that Django reads; their work factors are low, so
that ten thousand of them are made in seconds.
"""

import csv
import gzip
import hashlib
import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path

REAL_MEMBERS = 400
PASSES = 1_000  # of the invented members' PBKDF2; the real members' have a million

_PAGE = 5_000
_INSERT = (
    "INSERT INTO auth_user (id, password, last_login, is_superuser, username,"
    " last_name, email, is_staff, is_active, date_joined, first_name)"
    " VALUES (?, ?, ?, 0, ?, '', ?, 0, ?, ?, '')"
)

_SETTINGS = """\
[forum]
database = "{url}"
table = "auth_user"

[forum.columns]
id = "id"
password = "password"
address = "email"
name = "username"
created_at = "date_joined"
last_login_at = "last_login"
is_active = "is_active"
is_staff = "is_staff"

[notices]
site = "Machina"
sender_address = "help@machina.example"
link = "https://machina.example/reset#{{token}}"
"""


class Forum:
    """
    A forum in a file, and what its members' passwords are.

    Args:
        path: Where the database is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._real = _real_members()

    @property
    def url(self) -> str:
        """The database's URL."""
        return f"sqlite:///{self.path}"

    @property
    def settings(self) -> str:
        """The settings that lead credguard to it, as TOML."""
        return _SETTINGS.format(url=self.url)

    def build(self, accounts: int) -> None:
        """Write the database with *accounts* members, at least one."""
        packed = files("credguard.drill").joinpath("forum.sqlite.gz").read_bytes()
        self.path.write_bytes(gzip.decompress(packed))
        with closing(sqlite3.connect(self.path)) as connection:
            connection.execute("DELETE FROM auth_user WHERE id > ?", (accounts,))
            for start in range(REAL_MEMBERS + 1, accounts + 1, _PAGE):
                numbers = range(start, min(start + _PAGE, accounts + 1))
                connection.executemany(_INSERT, (_row(each) for each in numbers))
                connection.commit()
            connection.commit()

    def password_of(self, name: str) -> str:
        """Return a member's old password, empty if it has none."""
        return self._real[name]["password"] if name in self._real else _password(name)

    def scheme_of(self, name: str) -> str:
        """Return the scheme of a real member's old hash, empty for an invented one."""
        return self._real[name]["scheme"] if name in self._real else ""

    def member_at(self, address: str) -> tuple[str, str]:
        """Return account id and name of the first member with *address*."""
        query = "SELECT id, username FROM auth_user WHERE email = ? ORDER BY id"
        with closing(sqlite3.connect(self.path)) as connection:
            account_id, name = connection.execute(query, (address,)).fetchone()
        return str(account_id), name

    def stored(self, account_id: str) -> str:
        """Return what stands in a member's password column."""
        query = "SELECT password FROM auth_user WHERE id = ?"
        with closing(sqlite3.connect(self.path)) as connection:
            found: str = connection.execute(query, (int(account_id),)).fetchone()[0]
        return found

    def some_members(self, count: int) -> Iterator[tuple[str, str]]:
        """Yield account id and name of up to *count* members that have a password."""
        query = (
            "SELECT id, username FROM auth_user WHERE password NOT LIKE '!%'"
            " ORDER BY id DESC LIMIT ?"
        )
        with closing(sqlite3.connect(self.path)) as connection:
            for account_id, name in connection.execute(query, (count,)):
                yield str(account_id), name


def _real_members() -> dict[str, dict[str, str]]:
    text = files("credguard.drill").joinpath("members.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines(keepends=True))
    return {row["username"]: row for row in rows}


def _password(name: str) -> str:
    return f"{name} of old {hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _row(number: int) -> tuple[object, ...]:
    name = f"member{number}"
    year, month, day = 2009 + number % 16, 1 + number % 12, 1 + number % 28
    joined = f"{year}-{month:02}-{day:02} 12:00:00"
    last = None if number % 20 == 0 else f"{min(year + 1, 2025)}-{month:02}-01 08:00:00"
    address = "" if number % 50 == 0 else f"{name}@mail.example"
    return (number, _hash(number, name), last, name, address, number % 40 > 0, joined)


def _hash(number: int, name: str) -> str:
    password, salt = _password(name).encode(), f"salt{number}"
    if number % 4 == 0:
        digest = hashlib.md5(salt.encode() + password, usedforsecurity=False)
        return f"md5${salt}${digest.hexdigest()}"
    kind = "sha1" if number % 4 == 1 else "sha256"
    key = hashlib.pbkdf2_hmac(kind, password, salt.encode(), PASSES)
    return f"pbkdf2_{kind}${PASSES}${salt}${b64encode(key).decode()}"
