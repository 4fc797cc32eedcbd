"""A worker of its own: leases ranges and finishes them, until it is killed."""

import sys

from sqlalchemy import Column, Integer, MetaData, String, Table

from credguard import sweeps
from credguard._clock import system_clock
from credguard.storage import Database

# What was done in which range: written in the transaction that finishes it.
work_log = Table(
    "work_log", MetaData(), Column("number", Integer), Column("worker", String(20))
)


def finish(database: Database, piece: sweeps.Piece, worker: str) -> None:
    """Do the work of a range and mark the range done, in one transaction."""
    with database.begin() as connection:
        row = {"number": piece.number, "worker": worker}
        connection.execute(work_log.insert(), row)
        sweeps.finish(connection, piece, touched=piece.number)


def work(database: Database, sweep: str, worker: str) -> None:
    """Finish range after range, and print the number of each when it is done."""
    while True:
        piece = sweeps.lease(database, sweep, worker=worker, now=system_clock())
        if piece is None:
            return
        finish(database, piece, worker)
        print(piece.number, flush=True)


if __name__ == "__main__":
    work(Database(sys.argv[1]), sys.argv[2], sys.argv[3])
