"""SQLite's write-ahead log is kept short, whoever reads meanwhile."""

import os
import sqlite3
import time
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from credguard.storage.engines import milliseconds
from credguard.storage.turns import waiting

LONGEST_LOG = 16 << 20  # bytes; SQLite itself begins to copy at a quarter of that
_PATIENCE = 200  # milliseconds; a range is read, or written, in less
_SHORTEST_REST, _LONGEST_REST = 0.5, 60.0  # seconds between two tries


class WriteAheadLog:
    """
    The write-ahead log of one database file.

    SQLite copies it back at each commit, but begins it anew only if nobody reads just
    then. Where workers read by turns it grows without end, and each read has to look
    through more of it: a sweep of 1.5 million accounts left 600 MB, and took half as
    long again.

    Args:
        file: The path of the database.

        patience: How long its connections wait for others.
    """

    def __init__(self, file: str, patience: timedelta) -> None:
        self._patience = milliseconds(patience)
        self._path = Path(f"{file}-wal")
        self._rest = _SHORTEST_REST
        self._rests_until = 0.0

    def shorten(self, connection: Connection) -> None:
        """
        Wait a moment for readers and empty the log, if it has grown too long.

        Nothing hangs on it: what was committed stands, whatever happens here.

        Args:
            connection: A connection to that database, in no transaction.
        """
        if not self._is_too_long():
            return
        is_empty = False
        with (
            suppress(sqlite3.Error),
            waiting(connection, _PATIENCE, then=self._patience) as raw,
        ):
            is_empty = _empty(raw)
        if is_empty:
            self._rest = _SHORTEST_REST
            return
        # Who reads for minutes, such as a backup, must not hold up each commit.
        self._rests_until = time.monotonic() + self._rest
        self._rest = min(2 * self._rest, _LONGEST_REST)

    def _is_too_long(self) -> bool:
        if time.monotonic() < self._rests_until:
            return False
        try:
            size = os.stat(self._path).st_size  # noqa: PTH116  # at each commit
        except OSError:
            return False
        return size > LONGEST_LOG


def _empty(raw: sqlite3.Connection) -> bool:
    with closing(raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")) as asked:
        return bool(asked.fetchone()[0] == 0)  # 1 where a reader was in its way
