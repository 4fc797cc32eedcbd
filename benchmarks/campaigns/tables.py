"""
A user table of any size, made quickly: for measuring campaigns on it.

The rows are those of a forum that has grown for years: most members have not been
there for long, some addresses are dead, a few hashes are old. They are made by the
database itself where it can, and are the same every time.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

TABLE = "forum_user"
PAGE = 50_000
# One hash, with a salt of each row's own: what a hash costs does not matter here.
HASH = "pbkdf2_sha256$600000${salt:022d}$" + "A" * 43 + "="
OLD_HASH = "md5$s{salt:06d}$" + "0" * 32
DOMAINS = (
    *["gmail.example"] * 8,
    *["hotmail.example"] * 4,
    *["yahoo.example"] * 3,
    *["btinternet.example"] * 2,
)
_KINDS = {
    "sqlite": ("INTEGER PRIMARY KEY", "DATETIME", "BOOL"),
    "postgresql": ("INTEGER PRIMARY KEY", "TIMESTAMP WITH TIME ZONE", "BOOLEAN"),
    "mariadb": ("INTEGER PRIMARY KEY", "DATETIME(6)", "BOOLEAN"),
}
_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "mariadb": "mariadb+pymysql",
}
# The columns of Django's auth_user, by what they mean.
COLUMNS = {
    "id": "id",
    "password": "password",
    "address": "email",
    "name": "username",
    "created_at": "date_joined",
    "last_login_at": "last_login",
    "is_active": "is_active",
    "is_staff": "is_staff",
}


@dataclass(frozen=True)
class UserTable:
    """
    A table of users like Django's, made for a measurement.

    Args:
        url: Where: a database that may be written to.

        accounts: How many rows.
    """

    url: str
    accounts: int

    def engine(self) -> Engine:
        """Return an engine that keeps no connection open."""
        url = make_url(self.url)
        driver = _DRIVERS[url.get_backend_name()]
        return create_engine(url.set(drivername=driver), poolclass=NullPool)

    def make(self) -> float:
        """Make the table anew; return the seconds that took."""
        started = time.perf_counter()
        engine = self.engine()
        with engine.begin() as connection:
            connection.execute(text(f"DROP TABLE IF EXISTS {TABLE}"))
            connection.execute(text(_definition(engine.dialect.name)))
            for first in range(1, self.accounts + 1, PAGE):
                count = min(PAGE, self.accounts + 1 - first)
                _insert(connection, range(first, first + count))
        with engine.begin() as connection:
            for name in ("username", "email"):
                index = f"CREATE INDEX {TABLE}_{name} ON {TABLE} ({name})"
                connection.execute(text(index))
        if engine.dialect.name == "postgresql":
            with engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").execute(
                    text(f"VACUUM ANALYZE {TABLE}")
                )
        return time.perf_counter() - started

    def drop(self) -> None:
        """Remove the table and all of credguard's."""
        engine = self.engine()
        with engine.begin() as connection:
            for name in (TABLE, *_own_tables(connection)):
                connection.execute(text(f"DROP TABLE IF EXISTS {name}"))


def row_of(number: int) -> dict[str, object]:
    """Return the row with the id *number*, the same every time."""
    mixed = number * 2_654_435_761 % 2**32  # Knuth's multiplicative hash
    years = (mixed % 1000 / 1000) ** 2 * 12
    joined = f"{2025 - int(years):04}-{mixed % 12 + 1:02}-{mixed % 28 + 1:02} 10:00:00"
    seen_years = years * (mixed // 1000 % 100 / 100)
    seen = (
        f"{2025 - int(seen_years):04}-{mixed % 11 + 1:02}-{mixed % 27 + 1:02} 11:00:00"
    )
    is_old = mixed % 20 == 0
    domain = (
        f"own{mixed % 5000}.example"
        if mixed % 6 == 0
        else DOMAINS[mixed % len(DOMAINS)]
    )
    return {
        "id": number,
        "username": f"member{number}",
        "password": (OLD_HASH if is_old else HASH).format(salt=mixed),
        "email": "" if mixed % 40 == 0 else f"member{number}@{domain}",
        "date_joined": joined,
        "last_login": None if mixed % 10 == 0 else max(seen, joined),
        "is_active": mixed % 50 != 0,
        "is_staff": number % 30_000 == 1,
    }


def _definition(dialect: str) -> str:
    key, instant, truth = _KINDS[dialect]
    return (
        f"CREATE TABLE {TABLE} (id {key}, username VARCHAR(150) NOT NULL, "
        f"password VARCHAR(128) NOT NULL, email VARCHAR(254) NOT NULL, "
        f"date_joined {instant} NOT NULL, last_login {instant}, "
        f"is_active {truth} NOT NULL, is_staff {truth} NOT NULL)"
    )


def _insert(connection: Connection, numbers: range) -> None:
    rows = [row_of(number) for number in numbers]
    names = list(rows[0])
    if connection.dialect.name == "postgresql":
        cursor = connection.connection.cursor()
        with cursor.copy(f"COPY {TABLE} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(tuple(row.values()))
        return
    marks = ", ".join(f":{name}" for name in names)
    statement = f"INSERT INTO {TABLE} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608  # our names
    connection.execute(text(statement), rows)


def _own_tables(connection: Connection) -> Iterator[str]:
    from credguard.storage import tables  # noqa: PLC0415  # needs no table to load

    del connection
    yield from (table.name for table in reversed(tables.metadata.sorted_tables))
    yield "credguard_version"
