"""What was found of passwords, kept alike on every database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import update

from credguard import Keyring
from credguard.screening import Listed, NotListed, Reason, ReasonCode, standings
from credguard.screening.editions import Edition
from credguard.screening.reasons import breached
from credguard.screening.standing import Outcome, Standing, standing_of
from credguard.screening.standings import (
    counts,
    find,
    keep,
    keep_new,
    listed,
    names,
    tag_of,
)
from credguard.sessions import password_was_set
from credguard.storage import Database, tables
from credguard.storage.schema import prepare

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
EDITION = Edition("2" * 32, tells_all=True)
SEEN = standing_of(Listed(breached(10**12), times=10**12), EDITION, now=NOON)
FINE = standing_of(NotListed(), EDITION, now=NOON)
TAG = "tag"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with our tables."""
    database = Database(database_url)
    prepare(database)
    yield database
    database.close()


def put(database: Database, account_id: str, standing: Standing) -> None:
    """Keep what was found of an account's password."""
    with database.begin() as connection:
        keep_new(connection, account_id, standing, hash_tag=TAG)


def kept(database: Database, account_id: str) -> Standing | None:
    """Return what is kept of an account's password."""
    with database.read() as connection:
        row = find(connection, account_id)
    return row.standing if row else None


@pytest.mark.parametrize("standing", [SEEN, FINE])
def test_what_was_found_is_read_as_it_was_kept(
    database: Database, standing: Standing
) -> None:
    """Outcome, reason, number, edition and instant; and nothing of another account."""
    put(database, "alice", standing)
    assert kept(database, "alice") == standing
    assert kept(database, "Alice") is None
    assert kept(database, "alice ") is None


def test_a_new_password_replaces_what_was_known(database: Database) -> None:
    """Whoever read the row before writes nothing over it."""
    put(database, "alice", SEEN)
    with database.begin() as connection:
        before = find(connection, "alice")
    assert before is not None
    put(database, "alice", FINE)
    with database.begin() as connection:
        keep(connection, "alice", SEEN, hash_tag=TAG, seen=before.version)
    assert kept(database, "alice") == FINE
    with database.begin() as connection:
        keep(connection, "alice", SEEN, hash_tag=TAG, seen=None)
    assert kept(database, "alice") == FINE


def test_a_password_that_was_set_since_is_not_spoken_for(database: Database) -> None:
    """A slow log-in with the one before keeps nothing, and lists nobody."""
    put(database, "alice", SEEN)
    with database.begin() as connection:
        password_was_set(connection, "alice", now=NOON + SECOND)
        row = find(connection, "alice")
        assert row is not None
        keep(connection, "alice", FINE, hash_tag=TAG, seen=row.version)
        password_was_set(connection, "bob", now=NOON + SECOND)
        keep(connection, "bob", SEEN, hash_tag=TAG, seen=None)
        password_was_set(connection, "carol", now=NOON)
        keep(connection, "carol", SEEN, hash_tag=TAG, seen=None)
    assert kept(database, "alice") == SEEN
    assert kept(database, "bob") is None
    assert list(listed(database)) == [["carol"]]


def test_the_listed_are_read_in_pages(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them once, whatever the ids look like, and nobody else."""
    monkeypatch.setattr(standings, "PAGE", 3)
    ids = ["a", "A", "á", "a ", "b", "10", "9", "Z", "ж", "🦑"]
    for account_id in ids:
        put(database, account_id, SEEN)
    for account_id in ("fine", "f2"):
        put(database, account_id, FINE)
    pages = list(listed(database))
    assert [len(page) for page in pages] == [3, 3, 3, 1]
    found = [account_id for page in pages for account_id in page]
    assert sorted(found) == sorted(ids)
    with database.read() as connection:
        assert counts(connection) == {
            Outcome.LISTED: len(ids),
            Outcome.NOT_LISTED: 2,
            Outcome.UNASKED: 0,
        }


def test_only_those_seen_often_are_listed(database: Database) -> None:
    """A campaign may begin with the passwords that are tried first."""
    common = standing_of(Listed(Reason(ReasonCode.COMMON)), EDITION, now=NOON)
    put(database, "1", common)
    put(database, "2", SEEN)
    assert list(listed(database)) == [["1", "2"]]
    assert list(listed(database, at_least=10**12)) == [["2"]]
    assert list(listed(database, at_least=10**12 + 1)) == []


def test_the_first_of_many_log_ins_is_kept(database: Database) -> None:
    """Of all that read the same row, one writes, and the others pass."""
    together = Barrier(4)

    def work(number: int) -> None:
        standing = standing_of(NotListed(), EDITION, now=NOON + number * SECOND)
        together.wait()
        with database.begin() as connection:
            keep(connection, "alice", standing, hash_tag=TAG, seen=None)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    with database.read() as connection:
        row = find(connection, "alice")
    assert row is not None
    assert row.version == 1
    assert row.standing.outcome is Outcome.NOT_LISTED


def test_a_code_of_a_later_release_is_told_as_forbidden(database: Database) -> None:
    """During a rolling deploy an older process reads what a newer one wrote."""
    put(database, "alice", SEEN)
    with database.begin() as connection:
        connection.execute(update(tables.screening).values(reason="a_new_one"))
    found = kept(database, "alice")
    assert found is not None
    assert found.reasons == (Reason(ReasonCode.FORBIDDEN),)


def test_a_tag_names_one_accounts_hash() -> None:
    """Under any key of the ring, and it says nothing to those who have none."""
    ring = Keyring.generate()
    tag = tag_of(ring, "alice", "$argon2id$...")
    assert len(tag) <= tables.screening.c.hash_tag.type.length  # type: ignore[attr-defined]  # a String
    assert names(ring.rotate(), tag, account_id="alice", stored="$argon2id$...")
    for account_id, stored in (("alice", "other"), ("bob", "$argon2id$...")):
        assert not names(ring, tag, account_id=account_id, stored=stored)
    for other in (Keyring.generate(), ring):
        strange = tag if other is not ring else "x"
        assert not names(other, strange, account_id="alice", stored="$argon2id$...")
    assert not names(ring, tag, account_id="alice", stored=None)
