"""Who writes next to an SQLite database."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import cast

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from credguard.storage.engines import milliseconds

_BETWEEN_LOOKS = 0.002  # seconds
_PRIMARY = 0xFF  # the part of SQLite's result that says why, in short


def take_turn(connection: Connection, patience: timedelta) -> None:
    """
    Begin a transaction that writes, as soon as nobody else writes.

    SQLite's own wait sleeps for up to a tenth of a second between two looks, however
    soon the other is done. Two workers that take turns at a sweep lose a quarter of
    their time by that, and a log-in beside them waits longer than it has to.

    Args:
        connection: A connection to SQLite, in no transaction.

        patience: How long to wait for others.

    Raises:
        OperationalError: Others wrote all the while, or the database is away.
    """
    until = time.monotonic() + patience.total_seconds()
    # Single statements that run into each other are left to SQLite.
    with waiting(connection, 0, then=milliseconds(patience)):
        while not _has_begun(connection, is_last=time.monotonic() >= until):
            time.sleep(_BETWEEN_LOOKS)


@contextmanager
def waiting(
    connection: Connection, longest: int, *, then: int
) -> Iterator[sqlite3.Connection]:
    """
    Let SQLite itself wait *longest* milliseconds in this block, and *then* again.

    Yields:
        The driver's own connection, of which SQLAlchemy begins no transaction.
    """
    raw = cast("sqlite3.Connection", connection.connection.driver_connection)
    _let_wait(raw, longest)
    try:
        yield raw
    finally:
        # SQLAlchemy closes the connection of who is interrupted, as by Ctrl-C.
        if not connection.invalidated:
            _let_wait(raw, then)


def _has_begun(connection: Connection, *, is_last: bool) -> bool:
    try:
        # A deferred transaction that turns into a writer fails at once with
        # "database is locked", whatever the patience; an immediate one can wait.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as error:
        why = getattr(error.orig, "sqlite_errorcode", 0) & _PRIMARY
        if is_last or why != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _let_wait(raw: sqlite3.Connection, longest: int) -> None:
    with closing(raw.execute(f"PRAGMA busy_timeout = {longest:d}")):
        pass
