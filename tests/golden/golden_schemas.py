"""Databases as older releases left them: dumped, and made again on any server."""

import gzip
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import (
    Connection,
    MetaData,
    Table,
    create_engine,
    insert,
    inspect,
    select,
)
from sqlalchemy.pool import NullPool

from credguard.storage import Database, schema
from forums import metadata as forum


def upgraded_to(connection: Connection, revision: str) -> None:
    """Make the tables as they were at a revision."""
    config = Config()
    place = str(Path(schema.__file__).parent / "migrations").replace("%", "%%")
    config.set_main_option("script_location", place)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def dumped(path: Path, revision: str, folder: Path) -> bytes:
    """Return, packed, the SQLite database at *path* as it was at *revision*."""
    older = folder / f"{revision}.db"
    engine = create_engine(f"sqlite:///{older}", poolclass=NullPool)
    with engine.begin() as connection:
        upgraded_to(connection, revision)
    with engine.begin() as connection:
        _copied(path, connection)
    with closing(sqlite3.connect(older)) as found:
        text = "\n".join(found.iterdump())
    return gzip.compress(text.encode(), mtime=0)


def restored(dump: Path, database: Database, folder: Path) -> None:
    """Make what was dumped again, in the empty *database* of any kind."""
    text = gzip.decompress(dump.read_bytes()).decode()
    if database.is_sqlite:
        with closing(sqlite3.connect(str(database._engine.url.database))) as made:
            made.executescript(text)
        return
    path = folder / "dump.db"
    with closing(sqlite3.connect(path)) as made:
        made.executescript(text)
    with database.begin() as connection:
        upgraded_to(connection, dump.name.partition(".")[0])
    with database.begin() as connection:
        _copied(path, connection)


def _copied(path: Path, target: Connection) -> None:
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    source, made = MetaData(), MetaData()
    with engine.connect() as reading:
        source.reflect(reading)
        forum.create_all(target)
        made.reflect(target)
        for table in made.sorted_tables:
            rows = list(_rows(reading, source.tables.get(table.name), table))
            if rows and table.name != schema.VERSION_TABLE:
                target.execute(insert(table), rows)


def _rows(
    reading: Connection, source: Table | None, target: Table
) -> Iterator[dict[str, object]]:
    if source is None:
        return
    names = [each.name for each in target.columns if each.name in source.columns]
    for row in reading.execute(select(*(source.columns[name] for name in names))):
        yield dict(zip(names, row, strict=True))


def shape_of(database: Database) -> dict[str, object]:
    """Return our tables' columns, keys and indexes, to be compared."""
    found: dict[str, object] = {}
    with database.read() as connection:
        looking = inspect(connection)
        for name in looking.get_table_names():
            if name.startswith("credguard_"):
                columns = [
                    (each["name"], str(each["type"]), each["nullable"])
                    for each in looking.get_columns(name)
                ]
                indexes = [
                    (str(each["name"]), tuple(each["column_names"]), each["unique"])
                    for each in looking.get_indexes(name)
                ]
                key = tuple(looking.get_pk_constraint(name)["constrained_columns"])
                found[name] = (sorted(columns), sorted(indexes, key=str), key)
    return found
