"""Where secrets could lie about: in a database, and beside a process."""

import sqlite3
from contextlib import closing
from pathlib import Path

from canaries import Canaries


def in_tables(path: Path, canaries: Canaries) -> tuple[set[tuple[str, str]], int]:
    """Return which secrets stand in which table or in a dump, and the count of rows."""
    with closing(sqlite3.connect(path)) as connection:
        dump = "\n".join(connection.iterdump())
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type='table'")
        rows = [
            (table, row)
            for (table,) in tables.fetchall()
            for row in connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608
        ]
    found = {("dump", name) for name in canaries.in_text(dump)}
    for table, row in rows:
        found |= {(table, name) for name in canaries.in_text(repr(row))}
    return found, len(rows)


def seen_of(process: int) -> bytes:
    """Return the arguments and the environment of a process, where Linux is."""
    folder = Path("/proc") / str(process)
    if not folder.exists():
        return b""
    return (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
