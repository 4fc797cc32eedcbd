"""
Work over many rows: ranges that are leased, finished once, and never lost.

A sweep is laid out once as key ranges. A worker leases one, does its work in a
short transaction and marks the range done in that same transaction. A worker
that is killed loses its lease when it runs out, and another takes the range.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    func,
    or_,
    select,
    update,
)

from credguard._clock import FARTHEST
from credguard.errors import LeaseLostError
from credguard.storage.database import Database, insert_new
from credguard.storage.tables import sweep_range

DEFAULT_LEASE = timedelta(seconds=60)

OPEN = "open"
DONE = "done"


@dataclass(frozen=True, slots=True)
class Piece:
    """
    A range that this worker holds.

    Attributes:
        sweep: The sweep's name.

        number: Its place in the sweep.

        low: The id before its first, None for the first range.

        high: Its last id.

        version: What must still stand in the row when it is finished.
    """

    sweep: str
    number: int
    low: str | None
    high: str
    version: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sweep is: ranges done, ranges in all, rows touched."""

    done: int
    total: int
    touched: int


def lay_out(connection: Connection, sweep: str, borders: Iterable[str]) -> None:
    """
    Write the ranges of *sweep*, each from one border to the next.

    Args:
        connection: A transaction that writes.

        sweep: The sweep's name.

        borders: The last id of each range, in order.
    """
    low: str | None = None
    rows: list[dict[str, object]] = []
    for number, high in enumerate(borders):
        rows.append(
            {
                "sweep": sweep,
                "number": number,
                "low": low,
                "high": high,
                "state": OPEN,
                "owner": None,
                "lease_until": None,
                "touched": 0,
                "version": 0,
            }
        )
        low = high
    insert_new(connection, sweep_range, rows)


def unfinished(connection: Connection, prefix: str) -> str | None:
    """Return the first sweep whose name begins with *prefix* and that is not done."""
    query = select(func.min(sweep_range.c.sweep)).where(
        sweep_range.c.sweep.startswith(prefix, autoescape=True),
        sweep_range.c.state == OPEN,
    )
    found: str | None = connection.execute(query).scalar()
    return found


def finished(connection: Connection, prefix: str) -> list[str]:
    """Return the sweeps whose name begins with *prefix* and of which all is done."""
    is_open = case((sweep_range.c.state == OPEN, 1), else_=0)
    query = (
        select(sweep_range.c.sweep)
        .where(sweep_range.c.sweep.startswith(prefix, autoescape=True))
        .group_by(sweep_range.c.sweep)
        .having(func.sum(is_open) == 0)
        .order_by(sweep_range.c.sweep)
    )
    return list(connection.scalars(query))


def clear(connection: Connection, sweep: str) -> Progress | None:
    """
    Delete the ranges of a finished sweep, which nobody asks for again.

    A worker that still looks at the sweep finds no range, which means the same as
    none that is left to do.

    Args:
        connection: A transaction that writes.

        sweep: The sweep's name.

    Returns:
        What it came to; None if it is not finished, or another process was first.
    """
    ended = progress(connection, sweep)
    if ended.done < ended.total:
        return None
    deleted = connection.execute(
        delete(sweep_range).where(
            sweep_range.c.sweep == sweep, sweep_range.c.state == DONE
        )
    )
    return ended if deleted.rowcount else None


def lease(
    database: Database,
    sweep: str,
    *,
    worker: str,
    now: datetime,
    lasting: timedelta = DEFAULT_LEASE,
    number: int | None = None,
) -> Piece | None:
    """
    Lease a range that nobody works on.

    Args:
        database: Where the ranges are.

        sweep: The sweep's name.

        worker: Who asks.

        now: The present instant.

        lasting: How long the range is this worker's; longer than one takes.

        number: The range to lease; None for the first that is free.

    Returns:
        The range, None if all (or the one) are done or leased by others.
    """
    free = or_(
        sweep_range.c.lease_until.is_(None),
        sweep_range.c.lease_until < now,
        sweep_range.c.lease_until > now + lasting + FARTHEST,
    )
    query = (
        select(sweep_range)
        .where(_open(sweep, number), free)
        .order_by(sweep_range.c.number)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with database.begin() as connection:
        row = connection.execute(query).first()
        if row is None:
            return None
        version = row.version + 1
        connection.execute(
            update(sweep_range)
            .where(sweep_range.c.sweep == sweep, sweep_range.c.number == row.number)
            .values(owner=worker, lease_until=now + lasting, version=version)
        )
        return Piece(sweep, row.number, row.low, row.high, version)


def finish(connection: Connection, piece: Piece, *, touched: int) -> None:
    """
    Mark *piece* done in the transaction that did its work.

    Args:
        connection: That transaction.

        piece: The range.

        touched: How many rows were changed, for the progress.

    Raises:
        LeaseLostError: Another worker took the range over. The caller's
            transaction must not commit.
    """
    changed = connection.execute(
        update(sweep_range)
        .where(
            sweep_range.c.sweep == piece.sweep,
            sweep_range.c.number == piece.number,
            sweep_range.c.state == OPEN,
            sweep_range.c.version == piece.version,
        )
        .values(
            state=DONE,
            owner=None,
            lease_until=None,
            touched=touched,
            version=piece.version + 1,
        )
    )
    if changed.rowcount != 1:
        message = "another worker took this range over; its work stands, not ours"
        raise LeaseLostError(message)


def release(database: Database, piece: Piece) -> None:
    """Let go of *piece*, which was not done, so that it is free at once."""
    with database.begin() as connection:
        connection.execute(
            update(sweep_range)
            .where(
                _open(piece.sweep, piece.number), sweep_range.c.version == piece.version
            )
            .values(owner=None, lease_until=None, version=piece.version + 1)
        )


def progress(connection: Connection, sweep: str) -> Progress:
    """Return how far *sweep* is."""
    query = (
        select(sweep_range.c.state, func.count(), func.sum(sweep_range.c.touched))
        .where(sweep_range.c.sweep == sweep)
        .group_by(sweep_range.c.state)
    )
    rows = [tuple(row) for row in connection.execute(query)]
    total = sum(int(count) for _, count, _ in rows)
    done = sum(int(count) for state, count, _ in rows if state == DONE)
    return Progress(done, total, sum(int(touched or 0) for _, _, touched in rows))


def leased_until(
    connection: Connection, sweep: str, number: int | None = None
) -> datetime | None:
    """Return when the first lease on an open range runs out, None if there is none."""
    query = select(func.min(sweep_range.c.lease_until)).where(_open(sweep, number))
    found: datetime | None = connection.execute(query).scalar()
    return found


def is_open(connection: Connection, sweep: str, number: int | None = None) -> bool:
    """Return True if a range, or the one with *number*, is not done yet."""
    query = select(sweep_range.c.number).where(_open(sweep, number)).limit(1)
    return connection.execute(query).first() is not None


def _open(sweep: str, number: int | None) -> ColumnElement[bool]:
    found = and_(sweep_range.c.sweep == sweep, sweep_range.c.state == OPEN)
    return found if number is None else and_(found, sweep_range.c.number == number)


def open_ranges(connection: Connection, sweep: str) -> list[tuple[str | None, str]]:
    """Return low and high of every range that is not done."""
    query = (
        select(sweep_range.c.low, sweep_range.c.high)
        .where(sweep_range.c.sweep == sweep, sweep_range.c.state == OPEN)
        .order_by(sweep_range.c.number)
    )
    return [(row.low, row.high) for row in connection.execute(query)]
