"""A whole password column is re-keyed, and by the right keyring only."""

import json
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from table_work import (
    MODES,
    NUMBERS,
    WITH_PASSWORD,
    cheap,
    column_at,
    made,
    renew,
    surveyed,
)

from credguard import Keyring
from credguard.errors import (
    UnknownKeyError,
)
from credguard.passwords.renewal import Fate, Rekeying, Wrapping
from credguard.storage import Database
from credguard.storage.audit import verify
from credguard.storage.audit_tables import audit
from credguard.storage.tables import sweep_range
from forums import (
    password_of,
)


@MODES
@pytest.mark.promise("P23")
def test_direct_and_wrapped_rows_are_re_keyed_alike(
    database_url: str, tmp_path: Path, mode: str
) -> None:
    """No password is needed; afterwards the older key is in no row."""
    forum, ours = made(database_url, tmp_path, mode)
    old = Keyring.generate()
    before = cheap(old)
    renew(ours, column_at(forum.url), Wrapping(before))
    forum.set_password(1, before.hash("a direct one", account_id="1"))
    ring = old.rotate()
    renewal = Rekeying(cheap(ring), current=ring.current.id)
    found = surveyed(forum.url, renewal)
    assert found.fates[Fate.DUE] == len(WITH_PASSWORD)
    done = renew(ours, column_at(forum.url), renewal)
    assert done.changed == len(WITH_PASSWORD)
    rest = surveyed(forum.url, renewal)
    assert rest.census.keys == {ring.current.id: len(WITH_PASSWORD)}
    only_new = cheap(Keyring(current=ring.current))
    only_new.verify("a direct one", stored=forum.password(1), account_id="1")
    only_new.verify(password_of(2), stored=forum.password(2), account_id="2")


def test_bare_rows_are_sealed_where_that_is_asked_for(
    sqlite_url: str, tmp_path: Path
) -> None:
    """An Argon2id hash under no key stays bare unless told otherwise."""
    forum, ours = made(sqlite_url, tmp_path)
    forum.set_password(1, cheap().hash("a direct one"))
    ring = Keyring.generate()
    kept = Rekeying(cheap(ring), current=ring.current.id)
    assert renew(ours, column_at(forum.url), kept).changed == 0
    sealing = Rekeying(cheap(ring), current=ring.current.id, seals_bare=True)
    assert renew(ours, column_at(forum.url), sealing).changed == 1
    stored = forum.password(1)
    cheap(ring).verify("a direct one", stored=stored, account_id="1")


@pytest.mark.promise("P23")
def test_a_wrong_keyring_is_refused_before_the_first_write(
    sqlite_url: str, tmp_path: Path
) -> None:
    """Rows under a key that is missing stop the work, and nothing is changed."""
    forum, ours = made(sqlite_url, tmp_path)
    renew(ours, column_at(forum.url), Wrapping(cheap(Keyring.generate())))
    before = forum.passwords()
    other = Keyring.generate()
    with pytest.raises(UnknownKeyError):
        renew(
            ours,
            column_at(forum.url),
            Rekeying(cheap(other), current=other.current.id),
        )
    assert forum.passwords() == before


def test_a_row_of_another_account_is_left_and_counted(
    sqlite_url: str, tmp_path: Path
) -> None:
    """A sealed hash that was copied to another account is not sealed anew."""
    forum, ours = made(sqlite_url, tmp_path)
    old = Keyring.generate()
    stolen = cheap(old).hash("a direct one", account_id="1")
    forum.set_password(2, stolen)
    ring = old.rotate()
    renewal = Rekeying(cheap(ring), current=ring.current.id)
    done = renew(ours, column_at(forum.url), renewal)
    assert (done.changed, done.fates[Fate.BROKEN]) == (0, 1)
    assert forum.password(2) == stolen


def test_rows_under_a_lost_key_are_passed_over_where_that_is_asked_for(
    database_url: str, tmp_path: Path
) -> None:
    """They stay as they are and are counted; all others go to the current key."""
    forum, ours = made(database_url, tmp_path)
    kept = Keyring.generate()
    renew(ours, column_at(forum.url), Wrapping(cheap(kept)))
    under_lost = cheap(Keyring.generate()).hash("a direct one", account_id="1")
    forum.set_password(1, under_lost)
    ring = kept.rotate()
    renewal = Rekeying(cheap(ring), current=ring.current.id)
    with pytest.raises(UnknownKeyError):
        renew(ours, column_at(forum.url), renewal)
    done = renew(ours, column_at(forum.url), renewal, passes_over_lost=True)
    others = len(WITH_PASSWORD) - 1
    assert (done.changed, done.fates[Fate.UNKNOWN_KEY]) == (others, 1)
    assert forum.password(1) == under_lost
    found = surveyed(forum.url, renewal, passes_over_lost=True)
    assert found.census.keys[ring.current.id] == others
    assert (found.fates[Fate.DUE], found.fates[Fate.UNKNOWN_KEY]) == (0, 1)


def events_in(url: str, ring: Keyring) -> list[tuple[str, dict[str, object]]]:
    """Return what the audit log says, after checking it."""
    database = Database(url)
    try:
        verify(database, ring)
        query = select(audit.c.event, audit.c.detail).order_by(audit.c.number)
        with database.read() as connection:
            found = connection.execute(query).all()
    finally:
        database.close()
    return [(row.event, json.loads(row.detail)) for row in found]


def test_begin_and_end_are_in_the_audit_log(database_url: str, tmp_path: Path) -> None:
    """Once each, with what was due and what was changed, and the log is whole."""
    forum, ours = made(database_url, tmp_path)
    ring = Keyring.generate()
    renew(ours, column_at(forum.url), Wrapping(cheap(ring)), keyring=ring)
    (begun, due), (ended, did) = events_in(ours, ring)
    assert (begun, ended) == ("wrap begun", "wrap finished")
    assert due["sweep"] == did["sweep"]
    assert due["rows"] == {
        "due": len(WITH_PASSWORD),
        "no_hash": len(NUMBERS) - len(WITH_PASSWORD),
    }
    assert did["changed"] == len(WITH_PASSWORD)


@pytest.mark.promise("P23")
def test_a_killed_run_is_closed_by_the_next(sqlite_url: str, tmp_path: Path) -> None:
    """Ranges that were all done when a run was killed are cleared and written down."""
    forum, ours = made(sqlite_url, tmp_path)
    ring = Keyring.generate()
    done = {"state": "done", "touched": 5, "version": 2, "high": "9", "number": 0}
    other = {"state": "open", "touched": 0, "version": 0, "high": "9", "number": 0}
    database = Database(ours)
    with database.begin() as connection:
        connection.execute(insert(sweep_range), {"sweep": "rekey-an-older", **done})
        connection.execute(insert(sweep_range), {"sweep": "rekey-at-work", **other})
        connection.execute(insert(sweep_range), {"sweep": "a-campaign", **done})
    renewal = Rekeying(cheap(ring), current=ring.current.id)
    renew(ours, column_at(forum.url), renewal, keyring=ring)
    with database.read() as connection:
        left = set(connection.scalars(select(sweep_range.c.sweep)))
    database.close()
    assert left == {"rekey-at-work", "a-campaign"}
    told = [(event, detail.get("changed")) for event, detail in events_in(ours, ring)]
    assert told == [
        ("rekey finished", 5),
        ("rekey begun", None),
        ("rekey finished", 0),
    ]
