import threading
from collections.abc import Iterator
from contextlib import closing

import another_process
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Executable,
    column,
    delete,
    inspect,
    select,
    table,
    text,
    update,
)
from sqlalchemy.schema import DropTable

from credguard.errors import StorageSetupError, StorageUnavailableError
from credguard.storage import Database, schema, tables
from credguard.storage.schema import VERSION_TABLE, VERSIONS, prepare
from migrated import differences

VERSION = table(VERSION_TABLE, column("version_num"))
OURS = {VERSION_TABLE, *tables.metadata.tables}


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database."""
    database = Database(database_url)
    yield database
    database.close()


def found_tables(database: Database) -> set[str]:
    """Return the names of all tables."""
    with database.read() as connection:
        return set(inspect(connection).get_table_names())


def versions(database: Database) -> list[str]:
    """Return the versions that the database says its tables have."""
    with database.read() as connection:
        return list(connection.execute(select(VERSION)).scalars())


def alter(database: Database, statement: str | Executable) -> None:
    """Change the database behind our back."""
    with database.begin() as connection:
        connection.execute(text(statement) if isinstance(statement, str) else statement)


def test_an_empty_database_is_prepared(database: Database) -> None:
    """All tables are made, the version is kept, and a second time changes nothing."""
    for _ in range(2):
        prepare(database)
        assert found_tables(database) == OURS
        assert versions(database) == [VERSIONS[-1]]


def test_the_tables_are_those_of_the_code(database: Database) -> None:
    """What the migrations make is what the code reads: columns, types, indexes."""
    prepare(database)
    with database.read() as connection:
        assert differences(connection) == []


def test_every_migration_is_listed() -> None:
    """The versions in the code are the migrations' revisions, in their order."""
    folder = schema.__file__.rpartition("/")[0] + "/migrations"
    script = ScriptDirectory(folder)
    revisions = [revision.revision for revision in script.walk_revisions()]
    assert tuple(reversed(revisions)) == VERSIONS
    assert script.get_heads() == [VERSIONS[-1]]


def test_a_newer_database_is_refused(database: Database) -> None:
    """Tables of a later release are left alone, and the remedy is told."""
    prepare(database)
    alter(database, update(VERSION).values(version_num="9999"))
    with pytest.raises(StorageSetupError, match="newer than this release"):
        prepare(database)
    assert versions(database) == ["9999"]


def test_the_forums_tables_are_left_alone(database: Database) -> None:
    """Tables that are not ours are neither changed nor dropped."""
    alter(database, "CREATE TABLE auth_user (id INTEGER PRIMARY KEY, word VARCHAR(9))")
    alter(database, "CREATE TABLE alembic_version (version_num VARCHAR(32))")
    alter(database, "INSERT INTO auth_user VALUES (1, 'kept')")
    alter(database, "INSERT INTO alembic_version VALUES ('forum')")
    prepare(database)
    assert found_tables(database) == {*OURS, "auth_user", "alembic_version"}
    with database.read() as connection:
        rows = connection.execute(text("SELECT id, word FROM auth_user")).one()
        theirs = connection.execute(text("SELECT * FROM alembic_version")).scalar()
    assert (tuple(rows), theirs) == ((1, "kept"), "forum")


def test_an_interrupted_upgrade_is_finished(database: Database) -> None:
    """Where a migration was killed half-way, preparing again finishes it."""
    prepare(database)
    alter(database, delete(VERSION))
    for each in reversed(tables.metadata.sorted_tables):
        if each.name not in {"credguard_campaign", "credguard_notice"}:
            alter(database, DropTable(each))
    prepare(database)
    assert found_tables(database) == OURS
    assert versions(database) == [VERSIONS[-1]]


def test_processes_prepare_at_once(database: Database, database_url: str) -> None:
    """Four processes that start on an empty database make its tables once."""
    another_process.run_at_once(4, "prepare", database_url)
    assert found_tables(database) == OURS
    assert versions(database) == [VERSIONS[-1]]


def test_threads_prepare_databases_of_their_own(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Threads of one process that prepare several databases do not mix them up."""
    databases = [
        Database(f"sqlite:///{tmp_path_factory.mktemp('thread') / 'a.db'}")
        for _ in range(4)
    ]
    threads = [threading.Thread(target=prepare, args=(each,)) for each in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [versions(each) for each in databases] == [[VERSIONS[-1]]] * 4
    for each in databases:
        each.close()


def test_a_lock_that_is_not_given(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where another process is upgrading for too long, this one gives up."""
    if database.dialect != "mariadb":
        return
    monkeypatch.setattr(schema, "_LOCK_WAIT", 0)
    with closing(database._engine.raw_connection()) as other:
        cursor = other.cursor()
        cursor.execute(f"SELECT GET_LOCK('{schema._LOCK_NAME}', 60)")
        with pytest.raises(StorageUnavailableError, match="upgrading the tables"):
            prepare(database)
        cursor.execute(f"SELECT RELEASE_LOCK('{schema._LOCK_NAME}')")
    prepare(database)
    assert versions(database) == [VERSIONS[-1]]
