"""A real forum's members: the database that `credguard drill` ships."""

import csv
import gzip
import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib import resources
from typing import NamedTuple

import pytest

from credguard.errors import PasswordMismatchError
from credguard.passwords import PasswordHasher

DRILL = resources.files("credguard").joinpath("drill")
HARD_ONES = 12
MORE_FOR_EACH_SCHEME = 2


class Member(NamedTuple):
    """One row of the members' list."""

    username: str
    password: str
    scheme: str


def _members() -> list[Member]:
    text = DRILL.joinpath("members.csv").read_bytes().decode()
    rows = csv.reader(io.StringIO(text, newline=""))
    next(rows)
    return [Member(*row) for row in rows]


def _sample() -> Iterator[Member]:
    members = _members()
    yield from members[:HARD_ONES]
    for scheme in sorted({member.scheme for member in members}):
        rest = [member for member in members[HARD_ONES:] if member.scheme == scheme]
        yield from rest[:MORE_FOR_EACH_SCHEME]


@pytest.fixture(scope="module")
def stored() -> dict[str, str]:
    """Return the stored text of each member, as Django wrote it."""
    packed = DRILL.joinpath("forum.sqlite.gz").read_bytes()
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(gzip.GzipFile(fileobj=io.BytesIO(packed)).read())
        rows = database.execute("SELECT username, password FROM auth_user").fetchall()
    return dict(rows)


@pytest.fixture(scope="module")
def hasher() -> PasswordHasher:
    """Return a hasher as a forum would make it."""
    return PasswordHasher()


@pytest.mark.parametrize("member", list(_sample()), ids=lambda member: member.username)
def test_members_log_in_with_their_password_and_no_other(
    member: Member, stored: dict[str, str], hasher: PasswordHasher
) -> None:
    """A member's password verifies, and another one does not."""
    text = stored[member.username]
    if member.scheme == "unusable":
        with pytest.raises(PasswordMismatchError):
            hasher.verify(text, stored=text)
    else:
        verified = hasher.verify(member.password, stored=text)
        assert verified.scheme == f"django:{member.scheme}"
    with pytest.raises(PasswordMismatchError):
        hasher.verify("not-their-password", stored=text)


def test_nfc_and_nfd_of_one_password_are_one_password(
    stored: dict[str, str], hasher: PasswordHasher
) -> None:
    """Two members with one password, typed on two systems, may swap keyboards."""
    first, second = (
        member
        for member in _members()[:HARD_ONES]
        if member.username in {"ben0001", "cleo0002"}
    )
    assert first.password != second.password
    for typed, owner in ((first, second), (second, first)):
        verified = hasher.verify(typed.password, stored=stored[owner.username])
        assert verified.scheme == "django:pbkdf2_sha256"


def test_every_row_is_identified(
    stored: dict[str, str], hasher: PasswordHasher
) -> None:
    """All 400 rows are named as the members' list names them."""
    members = _members()
    assert len(members) == len(stored) == 400
    for member in members:
        found = hasher.identify(stored[member.username])
        assert found.removeprefix("django:") == member.scheme


def test_only_cheaper_or_other_rows_are_replaced(
    stored: dict[str, str], hasher: PasswordHasher
) -> None:
    """All is replaced but Django's Argon2id, which costs more than a new hash."""
    for member in _members():
        expected = member.scheme not in {"argon2", "unusable"}
        assert hasher.needs_rehash(stored=stored[member.username]) is expected
