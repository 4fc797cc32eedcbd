"""credguard's tables in another database: all of them, or none."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from credguard.errors import StorageSetupError, StorageUnavailableError
from credguard.storage import Database
from credguard.storage import audit as audit_log
from credguard.storage.copying import copy_tables
from credguard.storage.schema import prepare
from credguard.storage.tables import metadata
from credguard.testing import RememberedMail
from forums import House, house_at, open_guard, tokens_in

NEW = "a quiet harbour at noon"


@pytest.fixture
def moved(tmp_path: Path) -> Iterator[House]:
    """A forum on SQLite, credguard's tables beside it, in the middle of a campaign."""
    with house_at(f"sqlite:///{tmp_path / 'forum.db'}", tmp_path, "apart") as found:
        found.guard.second_factors.enroll("1")
        yield found


def test_a_campaign_goes_on_in_the_other_database(
    moved: House, database_url: str
) -> None:
    """With its members, its links, its second factors and its audit log."""
    campaign = moved.swept()
    mail = RememberedMail()
    moved.campaigns.send(campaign, mail, worker="sender")
    token = tokens_in(mail.messages)[1]
    source, target = Database(moved.ours), Database(database_url)
    seen: list[tuple[int, int]] = []
    counts = copy_tables(
        source, target, on_progress=lambda done, total: seen.append((done, total))
    )
    assert set(counts) == set(metadata.tables)
    assert seen[-1] == (sum(counts.values()),) * 2
    with source.read() as old, target.read() as new:
        for table in metadata.sorted_tables:
            columns = list(table.primary_key.columns)
            query = select(table).order_by(*columns)
            assert new.execute(query).all() == old.execute(query).all()
            rows = select(func.count()).select_from(table)
            assert new.execute(rows).scalar_one() == counts[table.name]
    assert audit_log.verify(target, moved.keyring) == audit_log.verify(
        source, moved.keyring
    )
    there = open_guard(moved.keyring, database_url, moved.forum.url)
    there.redeem(token, password=NEW)
    login = there.log_in(NEW, account_id="1", stored=moved.forum.password(1))
    assert login.scheme == "argon2id"
    there.close()
    source.close()
    target.close()


def test_one_database_is_not_copied_into_itself(sqlite_url: str) -> None:
    """However it is written."""
    other = sqlite_url.replace("/credguard.db", "/./credguard.db")
    with pytest.raises(StorageSetupError, match="same database"):
        copy_tables(Database(sqlite_url), Database(other))


def test_rows_that_are_there_are_not_mixed(moved: House, tmp_path: Path) -> None:
    """Whatever they are of."""
    target = f"sqlite:///{tmp_path / 'target.db'}"
    open_guard(moved.keyring, target, moved.forum.url).close()
    with pytest.raises(StorageSetupError, match="empty database"):
        copy_tables(Database(moved.ours), Database(target))


def test_a_copy_that_fails_leaves_nothing(moved: House, tmp_path: Path) -> None:
    """And can be made again."""
    target = tmp_path / "target.db"
    prepare(Database(f"sqlite:///{target}"))
    with sqlite3.connect(target) as full:
        full.execute(
            "CREATE TRIGGER full BEFORE INSERT ON credguard_second_factor "
            "BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    with pytest.raises(StorageUnavailableError):
        copy_tables(Database(moved.ours), Database(f"sqlite:///{target}"))
    with sqlite3.connect(target) as mended:
        mended.execute("DROP TRIGGER full")
    assert copy_tables(Database(moved.ours), Database(f"sqlite:///{target}"))
