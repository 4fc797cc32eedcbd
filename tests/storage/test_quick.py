"""Single statements by the driver: what they return, and what a failure becomes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import bindparam, insert, select, update

from credguard.errors import StorageUnavailableError
from credguard.storage import Database
from credguard.storage.quick import Statement
from credguard.storage.schema import prepare
from credguard.storage.tables import credential

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIND = Statement(
    select(credential.c.epoch, credential.c.set_at).where(
        credential.c.account_id == bindparam("name")
    )
)
ALL = Statement(
    select(credential.c.account_id).order_by(credential.c.account_id).limit(2)
)
RAISE = Statement(
    update(credential)
    .where(credential.c.account_id == bindparam("name"))
    .values(epoch=bindparam("new"))
)
BROKEN = Statement(update(credential).values(epoch=bindparam("new")))


@pytest.fixture
def stocked(database_url: str) -> Iterator[Database]:
    """Three accounts, on SQLite, PostgreSQL and MariaDB in turn."""
    database = Database(database_url)
    prepare(database)
    with database.begin() as connection:
        rows = [{"account_id": n, "epoch": 1, "set_at": NOW} for n in ("a", "b", "c")]
        connection.execute(insert(credential), rows)
    yield database
    database.close()


def test_a_row_is_read_as_it_is_stored(stocked: Database) -> None:
    """An instant comes as its microseconds; a row that is not there as None."""
    with stocked.quick() as quick:
        found = quick.first(FIND, {"name": "b"})
        assert found
        assert tuple(found) == (1, int(NOW.timestamp()) * 1_000_000)
        assert quick.first(FIND, {"name": "x"}) is None


def test_several_rows_are_read(stocked: Database) -> None:
    """What stands in the statement itself, such as a limit, is kept."""
    with stocked.quick() as quick:
        assert [row[0] for row in quick.every(ALL, {})] == ["a", "b"]


def test_a_change_stands_when_the_block_ends(stocked: Database) -> None:
    """How many rows matched is told, whether or not their values changed."""
    with stocked.quick() as quick:
        assert quick.change(RAISE, {"name": "a", "new": 1}) == 1
        assert quick.change(RAISE, {"name": "a", "new": 2}) == 1
        assert quick.change(RAISE, {"name": "x", "new": 2}) == 0
    with stocked.read() as connection:
        epochs = connection.scalars(select(credential.c.epoch)).all()
    assert sorted(epochs) == [1, 1, 2]


def test_many_changes_are_one_transaction(stocked: Database) -> None:
    """All of them stand, or none does."""
    values = [{"name": name, "new": 5} for name in ("a", "b", "x")]
    with stocked.quick() as quick:
        assert quick.change_many(RAISE, values) == 2
    bad: list[dict[str, object]] = [{"name": "a", "new": 6}, {"name": "b", "new": None}]
    with pytest.raises(StorageUnavailableError) as failed, stocked.quick() as quick:
        quick.change_many(RAISE, bad)
    assert failed.value.__context__ is failed.value.__cause__ is None
    with stocked.read() as connection:
        epochs = connection.scalars(select(credential.c.epoch)).all()
    assert sorted(epochs) == [1, 5, 5]


def test_a_failure_of_the_driver_is_ours(stocked: Database) -> None:
    """What the driver refuses is named without its statement or values."""
    with pytest.raises(StorageUnavailableError) as failed, stocked.quick() as quick:
        quick.change(BROKEN, {"new": None})
    assert "NULL" not in str(failed.value)
    assert failed.value.__context__ is failed.value.__cause__ is None
    with stocked.quick() as quick:
        assert quick.first(FIND, {"name": "a"})


def test_an_error_of_the_caller_passes(stocked: Database) -> None:
    """What is raised in the block for another reason is not touched."""
    with pytest.raises(LookupError), stocked.quick():
        raise LookupError
    with stocked.quick() as quick:
        assert quick.first(FIND, {"name": "a"})


def test_a_lock_is_waited_for_and_told(tmp_path: Path) -> None:
    """Another process's write lock is waited for, and then it is said."""
    url = f"sqlite:///{tmp_path / 'credguard.db'}"
    holder, database = Database(url), Database(url, patience=timedelta(milliseconds=20))
    prepare(holder)
    with (
        holder.begin(),
        pytest.raises(StorageUnavailableError, match="locked"),
        database.quick() as quick,
    ):
        quick.change(RAISE, {"name": "a", "new": 2})
    with database.quick() as quick:
        assert quick.change(RAISE, {"name": "a", "new": 2}) == 0


def test_a_database_that_is_away_is_told(tmp_path: Path) -> None:
    """A file in a folder that is not there is named as such."""
    database = Database(f"sqlite:///{tmp_path / 'none' / 'credguard.db'}")
    with pytest.raises(StorageUnavailableError), database.quick():
        pass


def test_a_quick_write_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    """Single writes are not waited for, and transactions are, on SQLite."""
    url = f"sqlite:///{tmp_path / 'credguard.db'}"
    full, normal = 2, 1  # as PRAGMA synchronous has them
    for database, expected in (
        (Database(url), (full, normal)),
        (Database("sqlite://"), (full, full)),
    ):
        with database.begin() as connection:
            waits = connection.exec_driver_sql("PRAGMA synchronous").scalar()
        with database.quick() as quick:
            quick._cursor.execute("PRAGMA synchronous")
            (quickly,) = quick._cursor.fetchone() or (None,)
        assert (waits, quickly) == expected
        database.close()
