import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sweeper
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from credguard import sweeps
from credguard._clock import system_clock
from credguard.errors import LeaseLostError, StorageUnavailableError
from credguard.storage import Database
from credguard.storage.schema import prepare
from credguard.storage.tables import sweep_range
from credguard.sweeps import Piece, Progress

NOW = datetime(2014, 11, 7, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SWEEP = "c0ffee"


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a database with credguard's tables."""
    database = Database(url)
    prepare(database)
    yield database
    database.close()


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """Such a database on SQLite."""
    with opened(sqlite_url) as database:
        yield database


@pytest.fixture
def any_database(database_url: str) -> Iterator[Database]:
    """Such a database on SQLite, PostgreSQL and MariaDB in turn."""
    with opened(database_url) as database:
        yield database


def lay_out(database: Database, *borders: str, sweep: str = SWEEP) -> None:
    """Lay out a sweep with *borders*."""
    with database.begin() as connection:
        sweeps.lay_out(connection, sweep, borders)


def lease(
    database: Database, *, now: datetime = NOW, worker: str = "one"
) -> Piece | None:
    """Lease a range for a minute."""
    return sweeps.lease(database, SWEEP, worker=worker, now=now)


def held(database: Database, *, now: datetime = NOW) -> Piece:
    """Lease a range that is known to be free."""
    piece = lease(database, now=now)
    assert piece
    return piece


def finish(database: Database, piece: Piece, *, touched: int = 0) -> None:
    """Finish a range."""
    with database.begin() as connection:
        sweeps.finish(connection, piece, touched=touched)


def progress(database: Database, sweep: str = SWEEP) -> Progress:
    """Return how far a sweep is."""
    with database.read() as connection:
        return sweeps.progress(connection, sweep)


def test_ranges_lie_side_by_side(database: Database) -> None:
    """Each range begins where the one before it ends, and the first has no begin."""
    lay_out(database, "10", "20", "25")
    with database.read() as connection:
        ranges = sweeps.open_ranges(connection, SWEEP)
    assert ranges == [(None, "10"), ("10", "20"), ("20", "25")]


def test_a_sweep_is_laid_out_once(any_database: Database) -> None:
    """Laying a sweep out again leaves what was done, and other sweeps, alone."""
    lay_out(any_database, "10", "20")
    lay_out(any_database, "A", sweep="another")
    finish(any_database, held(any_database), touched=7)
    lay_out(any_database, "10", "20")
    assert progress(any_database) == Progress(done=1, total=2, touched=7)
    assert progress(any_database, "another") == Progress(done=0, total=1, touched=0)


def test_a_sweep_of_nothing_is_done(database: Database) -> None:
    """A sweep with no ranges has nothing to lease and nothing left to do."""
    lay_out(database)
    assert lease(database) is None
    assert progress(database) == Progress(0, 0, 0)


def clear(database: Database, sweep: str = SWEEP) -> Progress | None:
    """Clear a sweep away."""
    with database.begin() as connection:
        return sweeps.clear(connection, sweep)


def test_a_finished_sweep_is_cleared_once(any_database: Database) -> None:
    """What it came to is told to whoever was first; other sweeps stay."""
    lay_out(any_database, "10", "20")
    lay_out(any_database, "A", sweep="another")
    for _ in range(2):
        assert clear(any_database) is None
        finish(any_database, held(any_database), touched=3)
    with any_database.read() as connection:
        assert sweeps.finished(connection, SWEEP) == [SWEEP]
        assert sweeps.finished(connection, "another") == []
    assert clear(any_database) == Progress(done=2, total=2, touched=6)
    assert clear(any_database) is None
    assert progress(any_database) == Progress(0, 0, 0)
    assert progress(any_database, "another").total == 1


def test_who_works_at_a_sweep_that_was_cleared_writes_nothing(
    any_database: Database,
) -> None:
    """A worker that was overtaken and comes late loses its lease, as ever."""
    lay_out(any_database, "10")
    late = held(any_database)
    finish(any_database, held(any_database, now=NOW + timedelta(hours=1)))
    clear(any_database)
    with pytest.raises(LeaseLostError):
        finish(any_database, late)


def test_a_range_is_leased_to_one(any_database: Database) -> None:
    """Ranges are handed out in order, each to one worker, until there are no more."""
    lay_out(any_database, "a", "b")
    first, second = held(any_database), held(any_database)
    assert (first.number, first.low, first.high) == (0, None, "a")
    assert (second.number, second.low, second.high) == (1, "a", "b")
    assert lease(any_database, now=NOW + sweeps.DEFAULT_LEASE) is None


def test_a_lease_runs_out(database: Database) -> None:
    """When a lease has run out, another worker takes the range over."""
    lay_out(database, "a")
    lost = held(database)
    taken = held(database, now=NOW + sweeps.DEFAULT_LEASE + SECOND)
    assert (taken.number, taken.version) == (lost.number, lost.version + 1)


def test_the_first_lease_to_run_out_is_known(any_database: Database) -> None:
    """Who finds nothing to lease is told when that may change."""
    lay_out(any_database, "a", "b")
    with any_database.read() as connection:
        assert sweeps.leased_until(connection, SWEEP) is None
    first = held(any_database)
    held(any_database, now=NOW + SECOND)
    with any_database.read() as connection:
        until = sweeps.leased_until(connection, SWEEP)
    assert until == NOW + sweeps.DEFAULT_LEASE
    finish(any_database, first)
    with any_database.read() as connection:
        until = sweeps.leased_until(connection, SWEEP)
    assert until == NOW + SECOND + sweeps.DEFAULT_LEASE


def test_a_range_is_finished_once(database: Database) -> None:
    """Finishing a range twice is refused, and counts once."""
    lay_out(database, "a")
    piece = held(database)
    finish(database, piece, touched=3)
    with pytest.raises(LeaseLostError):
        finish(database, piece, touched=3)
    assert progress(database) == Progress(done=1, total=1, touched=3)
    assert lease(database, now=NOW + timedelta(days=1)) is None


def test_who_was_overtaken_writes_nothing(any_database: Database) -> None:
    """A worker whose range was taken over cannot commit its work any more."""
    sweeper.work_log.create(any_database._engine)
    lay_out(any_database, "a")
    late = held(any_database)
    held(any_database, now=NOW + timedelta(minutes=2))
    with pytest.raises(LeaseLostError):
        sweeper.finish(any_database, late, "late")
    assert worked(any_database) == []
    assert progress(any_database).done == 0


def test_work_that_fails_leaves_the_range_open(database: Database) -> None:
    """When the work of a range fails, its range stays to be done."""
    lay_out(database, "a")
    piece = held(database)
    with pytest.raises(StorageUnavailableError):  # there is no table to work on
        sweeper.finish(database, piece, "one")
    assert progress(database) == Progress(done=0, total=1, touched=0)
    finish(database, piece)


@pytest.mark.promise("P2")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moves=st.lists(
        st.tuples(st.sampled_from(["lease", "finish", "stale"]), st.integers(0, 90)),
        max_size=25,
    )
)
def test_any_order_of_moves_finishes_each_range_once(
    sqlite_url: str, moves: list[tuple[str, int]]
) -> None:
    """Whoever leases, finishes and dawdles, a range is done by its last lessee."""
    database = Database(sqlite_url)
    prepare(database)
    with database.begin() as connection:
        connection.execute(sweep_range.delete())
    lay_out(database, *"abcde")
    now, pieces, done = NOW, list[Piece](), set[int]()
    latest: dict[int, int] = {}
    for move, waited in moves:
        now += waited * SECOND
        if move == "lease":
            if piece := lease(database, now=now):
                assert piece.number not in done
                latest[piece.number] = piece.version
                pieces.append(piece)
        elif pieces:
            piece = pieces[-1 if move == "finish" else 0]
            if latest[piece.number] == piece.version and piece.number not in done:
                finish(database, piece)
                done.add(piece.number)
            else:
                with pytest.raises(LeaseLostError):
                    finish(database, piece)
    assert progress(database).done == len(done)
    database.close()


def start(database_url: str, worker: str) -> "subprocess.Popen[str]":
    """Start a worker in a process of its own."""
    return subprocess.Popen(
        [sys.executable, str(Path(sweeper.__file__)), database_url, SWEEP, worker],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def worked(database: Database) -> list[int]:
    """Return the numbers of the ranges whose work was committed, in order."""
    query = select(sweeper.work_log.c.number).order_by(sweeper.work_log.c.number)
    with database.read() as connection:
        return list(connection.execute(query).scalars())


@pytest.mark.promise("P2")
def test_two_processes_share_a_sweep(any_database: Database, database_url: str) -> None:
    """Two processes that lease at once finish each of 200 ranges exactly once."""
    sweeper.work_log.create(any_database._engine)
    lay_out(any_database, *(str(number) for number in range(200)))
    workers = [start(database_url, "one"), start(database_url, "two")]
    said = [worker.communicate(timeout=120) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], said
    numbers = [int(line) for out, _ in said for line in out.split()]
    assert sorted(numbers) == worked(any_database) == list(range(200))
    assert progress(any_database) == Progress(200, 200, sum(range(200)))


@pytest.mark.promise("P2")
def test_a_killed_worker_loses_nothing(
    any_database: Database, database_url: str
) -> None:
    """Workers are killed in the midst of their work; the next one does the rest."""
    sweeper.work_log.create(any_database._engine)
    lay_out(any_database, *(str(number) for number in range(150)))
    for kill in range(3):
        worker = start(database_url, f"killed {kill}")
        assert worker.stdout
        for _ in range(5 + 3 * kill):
            worker.stdout.readline()
        worker.kill()
        worker.communicate()
        assert worker.returncode == -signal.SIGKILL
    assert len(worked(any_database)) >= 5 + 8 + 11
    late = system_clock() + timedelta(minutes=2)
    while piece := sweeps.lease(any_database, SWEEP, worker="last", now=late):
        sweeper.finish(any_database, piece, "last")
    assert worked(any_database) == list(range(150))
    assert progress(any_database) == Progress(150, 150, sum(range(150)))
