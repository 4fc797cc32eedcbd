"""A small forum beside credguard: a user table with real, cheap hashes."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    DateTime,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    insert,
    make_url,
    select,
    update,
)
from sqlalchemy.pool import NullPool

from credguard import CredGuard, Keyring
from credguard._clock import Clock, system_clock
from credguard.accounts import Columns, SqlAccounts
from credguard.campaigns import Hook, LetterTemplate, Plan, Scope, Status, everyone
from credguard.campaigns.states import AccountState
from credguard.campaigns.status import as_markdown
from credguard.passwords import PasswordHasher
from credguard.screening import PasswordPolicy
from credguard.screening.verdicts import NotListed, Verdict
from credguard.testing import CHEAPEST

JOINED = datetime(2013, 1, 1, tzinfo=UTC)
NO_PASSWORD = "!an-unusable-one"
NEW_PASSWORD = "a quiet harbour at noon {}"
BY_FORUM = "chosen in the forum's own form {}"
MEMBERS = range(1, 61)
FAST = 100_000.0  # notices a second, so that no test waits for the rate

LETTER = LetterTemplate(
    site="Machina",
    reason="On 7 November somebody copied our database.",
    sender_name="Machina",
    sender_address="help@machina.example",
    link="https://machina.example/reset#{token}",
)
DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "mariadb": "mariadb+pymysql",
}
_LINK = re.compile(r"https://machina\.example/reset#(\S+)")

metadata = MetaData()
members = Table(
    "members",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("username", String(150), nullable=False),
    Column("password", String(255)),
    Column("email", String(254)),
    Column("date_joined", DateTime),
    Column("last_login", DateTime),
    Column("is_active", Boolean, nullable=False),
)
COLUMNS = Columns(
    id="id",
    password="password",
    address="email",
    name="username",
    created_at="date_joined",
    last_login_at="last_login",
    is_active="is_active",
)


class Unlisting:
    """A blocklist that was asked and never has the password."""

    def look_up(self, password: str) -> Verdict:
        """Return that *password* is not listed."""
        del password
        return NotListed()


def password_of(number: int) -> str:
    """Return the password that member *number* had when the database leaked."""
    return f"the old password of {number}"


def address_of(number: int) -> str:
    """Return the member's address, empty for every tenth: nobody to tell."""
    return "" if number % 10 == 0 else f"member{number}@mail.example"


def has_password(number: int) -> bool:
    """Return False for every fourteenth member, who never had one."""
    return number % 14 != 0


def django_hash(password: str, salt: str = "pepperandsalt") -> str:
    """Return what Django writes, but for the cost (pbkdf2_sha256)."""
    tag = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 2)
    return f"pbkdf2_sha256$2${salt}${base64.b64encode(tag).decode()}"


def werkzeug_hash(password: str, salt: str = "pepperandsalt") -> str:
    """Return what Werkzeug writes, but for the cost (pbkdf2:sha256)."""
    tag = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 2)
    return f"pbkdf2:sha256:2${salt}${tag.hex()}"


def hash_of(number: int) -> str:
    """Return what stands in the member's password column at first."""
    if not has_password(number):
        return NO_PASSWORD
    maker = werkzeug_hash if number % 3 == 0 else django_hash
    return maker(password_of(number), f"salt{number}")


def row_of(number: int) -> dict[str, object]:
    """Return the member's row of the user table at first."""
    return {
        "id": number,
        "username": f"member{number}",
        "password": hash_of(number),
        "email": address_of(number),
        "date_joined": (JOINED + timedelta(days=number)).replace(tzinfo=None),
        "last_login": (JOINED + timedelta(days=400 + number)).replace(tzinfo=None)
        if number % 5
        else None,
        "is_active": number % 7 != 0,
    }


def engine_at(url: str) -> Engine:
    """Return an engine of the test's own, which keeps no connection open."""
    found = make_url(url)
    driver = DRIVERS[found.get_backend_name()]
    return create_engine(found.set(drivername=driver), poolclass=NullPool)


@dataclass(frozen=True)
class Forum:
    """The forum's own code: what it does to its user table without asking us."""

    url: str

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction of the forum's own."""
        engine = engine_at(self.url)
        with engine.begin() as connection:
            yield connection

    def make(self, numbers: Sequence[int]) -> None:
        """Make the table, with members *numbers*."""
        with self.writing() as connection:
            metadata.create_all(connection)
            connection.execute(insert(members), [row_of(each) for each in numbers])

    def rows(self) -> dict[str, dict[str, object]]:
        """Return the whole table, by id as text."""
        with self.writing() as connection:
            found = connection.execute(select(members)).mappings().all()
        return {str(row["id"]): dict(row) for row in found}

    def passwords(self) -> dict[str, str | None]:
        """Return the password column, by id as text."""
        return {
            name: None if row["password"] is None else str(row["password"])
            for name, row in self.rows().items()
        }

    def password(self, number: int) -> str | None:
        """Return what stands in the member's password column."""
        return self.passwords().get(str(number))

    def set_password(self, number: int, stored: str) -> None:
        """Write the password column, as the forum's own reset form does."""
        self._change(number, password=stored)

    def choose(self, number: int, password: str) -> None:
        """Store a password as the forum's own form does, which asks nobody."""
        self.set_password(number, django_hash(password, "another"))

    def beside(self, number: int) -> dict[str, str]:
        """Return what else a log-in form hands over: nothing here."""
        del number
        return {}

    def set_address(self, number: int, address: str) -> None:
        """Write the address column, as a moderator does."""
        self._change(number, email=address)

    def add(self, *numbers: int) -> None:
        """Let members join."""
        with self.writing() as connection:
            connection.execute(insert(members), [row_of(each) for each in numbers])

    def remove(self, *numbers: int) -> None:
        """Delete accounts."""
        with self.writing() as connection:
            connection.execute(delete(members).where(members.c.id.in_(numbers)))

    def _change(self, number: int, **values: str) -> None:
        with self.writing() as connection:
            connection.execute(
                update(members).where(members.c.id == number).values(**values)
            )


def hasher() -> PasswordHasher:
    """Return a hasher that costs next to nothing."""
    return PasswordHasher(work_factor=CHEAPEST)


def policy() -> PasswordPolicy:
    """Return a policy that looks at length and context only."""
    return PasswordPolicy(blocklist=Unlisting(), fewest_guesses=0)


def open_guard(
    keyring: Keyring,
    ours: str,
    forum: str,
    clock: Clock = system_clock,
    *,
    hooks: Sequence[Hook] = (),
) -> CredGuard:
    """Return the door of a process: to our database and to the forum's table."""
    return CredGuard(
        keyring=keyring,
        database=ours,
        accounts=SqlAccounts(forum, table="members", columns=COLUMNS),
        passwords=hasher(),
        policy=policy(),
        clock=clock,
        hooks=hooks,
    )


def close_guard(guard: CredGuard) -> None:
    """Let go of a door's connections."""
    accounts = guard.campaigns._means.accounts
    assert isinstance(accounts, SqlAccounts)
    accounts.close()
    guard.close()


@dataclass
class House:
    """A forum with credguard in it, and what the tests do there again and again."""

    ours: str
    forum: Forum
    clock: Clock = system_clock
    keyring: Keyring = field(default_factory=Keyring.generate)
    open_door: Callable[[Keyring, str, str, Clock], CredGuard] = open_guard

    def __post_init__(self) -> None:
        self._opened: list[CredGuard] = []
        self.guard = self.another()
        self.campaigns = self.guard.campaigns

    def another(self, clock: Clock | None = None) -> CredGuard:
        """Return the door of another process."""
        opened = self.open_door(
            self.keyring, self.ours, self.forum.url, clock or self.clock
        )
        self._opened.append(opened)
        return opened

    def close(self) -> None:
        """Let go of all connections, as the end of a process does."""
        for guard in self._opened:
            close_guard(guard)

    def plan(self, scope: Scope = everyone, *, rate: float = FAST) -> Plan:
        """Plan a campaign."""
        return self.campaigns.plan(scope, letter=LETTER, rate=rate)

    def start(self, scope: Scope = everyone, *, rate: float = FAST) -> str:
        """Plan a campaign and start it."""
        return self.campaigns.start(self.plan(scope, rate=rate))

    def swept(self, scope: Scope = everyone, *, rate: float = FAST) -> str:
        """Return a campaign that is swept."""
        campaign = self.start(scope, rate=rate)
        self.campaigns.sweep(campaign, worker="sweeper")
        return campaign

    def log_in(self, number: int, password: str) -> str:
        """Log a member in and return the session stamp."""
        stored = self.forum.password(number)
        account_id = None if stored is None else str(number)
        login = self.guard.log_in(
            password, account_id=account_id, stored=stored, **self.forum.beside(number)
        )
        return login.session

    def counted(self, campaign: str) -> Status:
        """Return the status after checking that it counts each account once."""
        status = self.campaigns.status(campaign)
        left = status.counts.get(AccountState.LEFT, 0)
        assert status.adds_up, as_markdown(status)
        assert status.accounts == len(self.forum.rows()) + left
        assert all(count > 0 for count in status.counts.values())
        return status


@contextmanager
def house_at(
    forum_url: str, folder: Path, mode: str, *, clock: Clock = system_clock
) -> Iterator[House]:
    """Open a house of sixty members: *mode* is together or apart."""
    forum = Forum(forum_url)
    forum.make(MEMBERS)
    apart = f"sqlite:///{folder / 'ours.db'}"
    house = House(forum_url if mode == "together" else apart, forum, clock)
    yield house
    house.close()


def token_in(message: EmailMessage) -> str:
    """Return the reset token that a notice carries."""
    found = _LINK.search(message.get_content())
    assert found is not None
    return found[1]


def tokens_in(messages: Sequence[EmailMessage]) -> dict[int, str]:
    """Return the token of each member, who must have got one message."""
    tokens: dict[int, str] = {}
    for message in messages:
        number = int(str(message["To"]).removeprefix("member").partition("@")[0])
        assert number not in tokens
        tokens[number] = token_in(message)
    return tokens
