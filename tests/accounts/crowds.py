"""User tables whose every column holds whatever it may hold, and scopes to ask."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert, text

from credguard.accounts import Columns, SqlAccounts
from credguard.campaigns.expressions import Facts, Scope
from credguard.campaigns.lists import AccountList, address_hash
from credguard.campaigns.means import Kept, facts_of, kept_of
from credguard.campaigns.scope import (
    cost_below,
    created_before,
    credential_set_before,
    everyone,
    has_second_factor,
    in_list,
    logged_in_between,
    mail_domain,
    scheme,
    staff,
)
from credguard.passwords import DJANGO, PasswordHasher
from credguard.passwords.recognizing import Recognizer
from credguard.storage import Database
from credguard.storage.tables import credential, second_factor

NUMBER_OF_ROWS = 150
T = datetime(2014, 4, 12, 17, 45, tzinfo=UTC)
SECOND, MICROSECOND = timedelta(seconds=1), timedelta(microseconds=1)
# Instants around which rows and questions crowd, so that they meet.
MOMENTS = [
    T + days * timedelta(days=1) + rest
    for days in (-4000, 0, 31, 2000)
    for rest in (timedelta(0), MICROSECOND, -MICROSECOND, SECOND / 2, SECOND)
]
IDENTIFY = Recognizer(PasswordHasher(accept=DJANGO))
PASSWORDS = [
    None,
    "",
    "!",
    "!Xyz",
    "md5$seasalt$3f86d0865b210db7e18a5e9b2d9b0ab3",
    "MD5$seasalt$3f86d0865b210db7e18a5e9b2d9b0ab3",
    "pbkdf2_sha256$600000$seasalt$h2xyz0000000000000000000000000000000000000w=",
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + "A" * 43,
    "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + "A" * 43,
    "$ARGON2ID$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + "A" * 43,
    "cgretired1:20140412-abcdef:0011223344556677",
    "what nobody can read",
    "x" * 240,
]
ADDRESSES = [
    None,
    "",
    "@",
    "mail.example",
    "@mail.example",
    "a@mail.example",
    "A@MAIL.EXAMPLE",
    "a@mail.example ",
    " a@mail.example",
    "a@mail.example\n",
    "a@b@mail.example",
    "a@sub.mail.example",
    "a@SUB.Mail.example",
    "a@notmail.example",
    "a@mail.example.org",
    "a@.mail.example",
    "ä@mail.example",
    "Ä@MÄIL.EXAMPLE",
    "a@\u212aelvin.example",
    "a@kelvin.example",
    "a@maıl.example",
    "a%@ma_l.example",
]
DOMAINS = [
    "mail.example",
    "*.mail.example",
    "sub.mail.example",
    "kelvin.example",
    "*.example.org",
]


@dataclass(frozen=True)
class Layout:
    """
    One way in which a forum made its table.

    Attributes:
        ids: The ids, as they are stored.
        kinds: The type of each column but the password's and the address's.
        instants: What its columns of instants may hold.
        truths: What its columns of truth values may hold.
        numbers: True if instants are Unix seconds.
    """

    ids: Sequence[object]
    kinds: dict[str, str]
    instants: Sequence[object]
    truths: Sequence[object]


def plain(moments: Sequence[datetime]) -> list[datetime]:
    """Return instants as a driver takes them for a column without a zone."""
    return [each.replace(tzinfo=None) for each in moments]


def seconds(moments: Sequence[datetime]) -> list[int]:
    """Return whole Unix seconds around instants."""
    return [int(each.timestamp()) + more for each in moments for more in (0, 1)]


NEVER = [0, -1, 1, 2**40, 253_402_300_799, 253_402_300_800, None]
NUMBERS = list(range(1, NUMBER_OF_ROWS + 1))
TEXT_IDS = [f"{letter}{number:02}" for number in range(30) for letter in "aBé0 "]
ODD_TEXTS: list[object] = [
    "",
    "never",
    "2014-04-12",
    "2014-04-12 17:45",
    "2014-04-12T17:45:00",
    "2014-04-12 17:45:00Z",
    "2014-04-12 17:45:00+02:00",
    "2014-04-12 17:45:00.5",
    "2014-04-12 17:45:00.500",
    "2014-04-12 24:00:00",
    "2014-04-12 17:60:00",
    "2014-02-31 00:00:00",
    "2016-02-29 00:00:00",
    "0000-01-01 00:00:00",
    "0001-01-01 00:00:00",
    "9999-12-31 23:59:59.999999",
    "1969-12-31 23:59:59",
    " 2014-04-12 17:45:00",
    "1397324700",
    "1397324700.5",
    1397324700.5,
    b"2014-04-12 17:45:00",
]
AS_TEXT = [
    each.isoformat(" ", timespec)
    for each in plain(MOMENTS)
    for timespec in ("auto", "seconds", "microseconds")
]
TRUTHS: list[object] = [None, 0, 1, 2, -1]
LAYOUTS: dict[str, dict[str, Layout]] = {
    "sqlite": {
        "whatever": Layout(
            NUMBERS,
            {"id": "INTEGER PRIMARY KEY", "instant": "DATETIME", "truth": "BOOLEAN"},
            [*AS_TEXT, *ODD_TEXTS, *seconds(MOMENTS), *NEVER],
            [*TRUTHS, "t", "no", "", b"\x01", b"0", 0.5],
        ),
        "texts": Layout(
            TEXT_IDS,
            {
                "id": "VARCHAR(20) PRIMARY KEY COLLATE NOCASE",
                "instant": "TEXT COLLATE NOCASE",
                "truth": "INTEGER",
            },
            [*AS_TEXT, None],
            TRUTHS,
        ),
    },
    "postgresql": {
        "usual": Layout(
            NUMBERS,
            {"id": "BIGINT PRIMARY KEY", "instant": "TIMESTAMP", "truth": "BOOLEAN"},
            [
                *plain(MOMENTS),
                *[
                    "infinity",
                    "-infinity",
                    "0044-03-15 BC",
                    "1969-12-31",
                    "20000-01-01",
                ],
                None,
            ],
            [None, True, False],
        ),
        "zoned": Layout(
            TEXT_IDS,
            {
                "id": 'VARCHAR(20) COLLATE "C" PRIMARY KEY',
                "instant": "TIMESTAMP WITH TIME ZONE",
                "truth": "SMALLINT",
            },
            [*MOMENTS, "infinity", None],
            TRUTHS,
        ),
        "seconds": Layout(
            [f"{each:<20}" for each in TEXT_IDS],
            {"id": "CHAR(20) PRIMARY KEY", "instant": "BIGINT", "truth": "VARCHAR(5)"},
            [*seconds(MOMENTS), *NEVER],
            [None, "", "t", "no", "1", "0"],
        ),
        "days": Layout(
            NUMBERS,
            {"id": "INTEGER PRIMARY KEY", "instant": "DATE", "truth": "BOOLEAN"},
            [*(each.date() for each in MOMENTS), "infinity", None],
            [None, True, False],
        ),
    },
    "mariadb": {
        "usual": Layout(
            NUMBERS,
            {"id": "BIGINT PRIMARY KEY", "instant": "DATETIME(6)", "truth": "BOOLEAN"},
            [*plain(MOMENTS), "0000-00-00", "2014-02-31", "2014-00-00", None],
            TRUTHS,
        ),
        "texts": Layout(
            TEXT_IDS,
            {
                "id": "VARCHAR(20) COLLATE utf8mb4_bin PRIMARY KEY",
                "instant": "VARCHAR(40)",
                "truth": "BIT(1)",
            },
            [*AS_TEXT, *(each for each in ODD_TEXTS if isinstance(each, str)), None],
            [None, b"\x00", b"\x01"],
        ),
        "seconds": Layout(
            [f"{number:03}" for number in NUMBERS],
            {
                "id": "CHAR(20) CHARACTER SET latin1 PRIMARY KEY",
                "instant": "INTEGER UNSIGNED",
                "truth": "TINYINT",
            },
            [*seconds(MOMENTS), 0, 1, None],
            TRUTHS,
        ),
        "days": Layout(
            NUMBERS,
            {"id": "INTEGER PRIMARY KEY", "instant": "DATE", "truth": "SMALLINT"},
            [*(each.date() for each in MOMENTS), "0000-00-00", None],
            TRUTHS,
        ),
    },
}
COLUMNS = Columns(
    created_at="made",
    last_login_at="seen",
    set_at="changed",
    is_active="active",
    is_staff="staff",
    second_factor="factor",
)
INSTANTS, TRUTH_COLUMNS = ("made", "seen", "changed"), ("active", "staff", "factor")


@dataclass(frozen=True)
class Crowd:
    """
    A table of accounts, and what Python reads of each.

    Attributes:
        accounts: The table.
        kept_in: Where our own rows are, None where there are none.
        facts: What is known of each account, as the gate knows it.
        lists: Lists with some of the accounts on them.
    """

    accounts: SqlAccounts
    kept_in: Database | None
    facts: dict[str, Facts]
    lists: list[AccountList]

    def in_scope(self, scope: Scope) -> set[str]:
        """Return the ids of those whom the predicate includes."""
        return {name for name, facts in self.facts.items() if scope.includes(facts)}


@contextmanager
def crowd_at(
    forum: Database, layout: Layout, ours: Database | None, *, seed: int
) -> Iterator[Crowd]:
    """Make a table in *forum*, with rows of our own about some of it in *ours*."""
    draw = Random(seed)
    with forum.begin() as connection:
        _make(connection, layout, draw)
    url = forum._url.render_as_string(hide_password=False)
    accounts = SqlAccounts(url, table="crowd", columns=COLUMNS)
    try:
        with accounts.reading() as connection:
            pages = accounts.pages(connection, size=40)
            everybody = [account for page in pages for account in page]
        ids = [account.id for account in everybody]
        kept = {each: Kept() for each in ids}
        if ours is not None:
            with ours.begin() as connection:
                _keep(connection, ids, draw)
                kept = kept_of(connection, everybody, ())
        facts = {
            each.id: facts_of(each, kept[each.id], identify=IDENTIFY)
            for each in everybody
        }
        assert len(facts) == NUMBER_OF_ROWS
        yield Crowd(accounts, ours, facts, _lists(ids, draw))
    finally:
        accounts._database.close()
        with forum.begin() as connection:
            connection.exec_driver_sql("DROP TABLE crowd")
        if ours is not None:
            with ours.begin() as connection:
                connection.execute(delete(credential))
                connection.execute(delete(second_factor))


def _make(connection: Connection, layout: Layout, draw: Random) -> None:
    if connection.dialect.name == "mariadb":
        # As databases that were made long ago have them.
        connection.exec_driver_sql("SET sql_mode = 'ALLOW_INVALID_DATES'")
    kinds = layout.kinds
    columns = [f"id {kinds['id']}", "password VARCHAR(255)", "email VARCHAR(254)"]
    columns += [f"{name} {kinds['instant']}" for name in INSTANTS]
    columns += [f"{name} {kinds['truth']}" for name in TRUTH_COLUMNS]
    connection.exec_driver_sql(f"CREATE TABLE crowd ({', '.join(columns)})")
    names = ["id", "password", "email", *INSTANTS, *TRUTH_COLUMNS]
    marks = ", ".join(f":{name}" for name in names)
    rows = [
        {
            "id": account_id,
            "password": draw.choice(PASSWORDS),
            "email": draw.choice(ADDRESSES),
            **{name: draw.choice(layout.instants) for name in INSTANTS},
            **{name: draw.choice(layout.truths) for name in TRUTH_COLUMNS},
        }
        for account_id in layout.ids
    ]
    statement = text(f"INSERT INTO crowd ({', '.join(names)}) VALUES ({marks})")  # noqa: S608  # our names
    for row in rows:
        connection.execute(statement, row)


def _keep(connection: Connection, ids: Sequence[str], draw: Random) -> None:
    """Write rows of ours about some of the accounts."""
    for account_id in draw.sample(ids, len(ids) // 2):
        set_at = draw.choice([None, *MOMENTS])
        connection.execute(
            insert(credential).values(account_id=account_id, epoch=1, set_at=set_at)
        )
    for account_id in draw.sample(ids, len(ids) // 3):
        connection.execute(
            insert(second_factor).values(
                account_id=account_id,
                place=draw.choice(["current", "pending"]),
                id="x",
                state=draw.choice(["active", "active", "locked", "disabled"]),
                failures=0,
                made_at=T,
                changed_at=T,
                version=0,
            )
        )


def _lists(ids: Sequence[str], draw: Random) -> list[AccountList]:
    some = draw.sample(ids, 40)
    odd = [
        *some[:3],
        "-0",
        "A00",
        "b00",
        " a00",
        "é00",
        "e00",
        "7 ",
        "07",
        "\U0001f98a",
    ]
    return [
        AccountList.of(some),
        AccountList.of(odd),
        AccountList.of(["nobody"]),
        AccountList.of_addresses(["A@mail.example", address_hash("ä@mail.example")]),
        AccountList.of_addresses(["nobody@mail.example"]),
    ]


def questions(crowd: Crowd) -> st.SearchStrategy[Scope]:
    """Return scopes to ask of *crowd*."""
    instants = st.sampled_from(MOMENTS)
    windows = st.lists(instants, min_size=2, max_size=2, unique=True)
    leaves = st.one_of(
        st.sampled_from([everyone, has_second_factor, staff]),
        instants.map(credential_set_before),
        instants.map(created_before),
        windows.map(lambda both: logged_in_between(min(both), max(both))),
        st.sampled_from(crowd.lists).map(in_list),
        st.sampled_from(["argon2id", "django:md5", "unusable", "retired"]).map(scheme),
        st.sampled_from(["owasp", "m=9,t=1"]).map(cost_below),
        st.sampled_from(DOMAINS).map(mail_domain),
    )
    return st.recursive(leaves, _joined, max_leaves=6)


def _joined(inner: st.SearchStrategy[Scope]) -> st.SearchStrategy[Scope]:
    pairs = st.tuples(inner, inner)
    return st.one_of(
        pairs.map(lambda both: both[0] & both[1]),
        pairs.map(lambda both: both[0] | both[1]),
        inner.map(lambda one: ~one),
    )
