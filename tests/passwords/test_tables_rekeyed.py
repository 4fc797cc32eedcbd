"""A whole password column is re-keyed, and by the right keyring only."""

from pathlib import Path

import pytest
from table_work import MODES, WITH_PASSWORD, cheap, column_at, made, renew, surveyed

from credguard import Keyring
from credguard.errors import (
    UnknownKeyError,
)
from credguard.passwords.renewal import Fate, Rekeying, Wrapping
from forums import (
    password_of,
)


@MODES
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
