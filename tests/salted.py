"""A forum whose software keeps the salt in a column of its own, as MyBB does."""

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import text

from credguard import CredGuard, Keyring
from credguard._clock import Clock, system_clock
from credguard.accounts import SqlAccounts
from credguard.passwords import PasswordHasher
from credguard.passwords.legacy import DJANGO, MYBB
from credguard.testing import CHEAPEST
from forums import (
    COLUMNS,
    MEMBERS,
    Forum,
    House,
    has_password,
    password_of,
    policy,
)


def mybb_hash(password: str, salt: str) -> str:
    """Return what MyBB writes beside *salt*."""
    inner = [_md5(each) for each in (salt, password)]
    return _md5("".join(inner))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class SaltedForum(Forum):
    """A board, and what it does to its user table without asking us."""

    def make(self, numbers: Sequence[int]) -> None:
        """Make the table, with members *numbers*."""
        super().make(numbers)
        with self.writing() as connection:
            connection.execute(text("ALTER TABLE members ADD COLUMN salt VARCHAR(30)"))
        for number in filter(has_password, numbers):
            self.choose(number, password_of(number))

    def choose(self, number: int, password: str) -> None:
        """Store a password as the board's own form does: with another salt."""
        salt = secrets.token_hex(4)
        self.set_password(number, mybb_hash(password, salt))
        self.set_salt(number, salt)

    def salt(self, number: int) -> str | None:
        """Return what stands in the salt's column."""
        query = text("SELECT salt FROM members WHERE id = :id")
        with self.writing() as connection:
            found: str | None = connection.execute(query, {"id": number}).scalar()
        return found

    def beside(self, number: int) -> dict[str, str]:
        """Return the salt as the log-in form hands it over."""
        return {"salt": self.salt(number) or ""}

    def set_salt(self, number: int, salt: str) -> None:
        """Write the salt's column; a host that stores our hashes empties it."""
        query = text("UPDATE members SET salt = :salt WHERE id = :id")
        with self.writing() as connection:
            connection.execute(query, {"salt": salt, "id": number})


def open_salted(keyring: Keyring, ours: str, forum: str, clock: Clock) -> CredGuard:
    """Return the door of a process of a board."""
    return CredGuard(
        keyring=keyring,
        database=ours,
        accounts=SqlAccounts(
            forum, table="members", columns=replace(COLUMNS, salt="salt")
        ),
        passwords=PasswordHasher(work_factor=CHEAPEST, accept=DJANGO + MYBB),
        policy=policy(),
        clock=clock,
    )


@contextmanager
def salted_house_at(
    forum_url: str, folder: Path, mode: str, *, clock: Clock = system_clock
) -> Iterator[House]:
    """Open a board of sixty members: *mode* is together or apart."""
    forum = SaltedForum(forum_url)
    forum.make(MEMBERS)
    apart = f"sqlite:///{folder / 'ours.db'}"
    ours = forum_url if mode == "together" else apart
    house = House(ours, forum, clock, open_door=open_salted)
    yield house
    house.close()
