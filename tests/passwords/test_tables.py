"""A whole password column is wrapped, whatever happens meanwhile."""

import multiprocessing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from table_work import (
    MODES,
    NUMBERS,
    WITH_PASSWORD,
    cheap,
    column_at,
    made,
    renew,
    run_apart,
    wrapped_in,
)

from credguard import Keyring
from credguard._clock import system_clock
from credguard.errors import (
    PasswordMismatchError,
    SetupError,
)
from credguard.passwords.column import Row
from credguard.passwords.renewal import Fate, Wrapping
from credguard.passwords.tables import Renewing
from credguard.storage import Database
from credguard.storage.tables import sweep_range
from credguard.sweeps import Progress
from forums import (
    Forum,
    close_guard,
    django_hash,
    engine_at,
    open_guard,
    password_of,
)


@MODES
def test_every_old_hash_is_wrapped_and_verifies(
    database_url: str, tmp_path: Path, mode: str
) -> None:
    """Known passwords verify, wrong ones do not, and the rest is left alone."""
    forum, ours = made(database_url, tmp_path, mode)
    seen: list[Progress] = []
    before = forum.passwords()
    done = renew(ours, column_at(forum.url), Wrapping(cheap()), on_progress=seen.append)
    assert done.changed == len(WITH_PASSWORD)
    assert done.fates[Fate.NO_HASH] == len(NUMBERS) - len(WITH_PASSWORD)
    assert [(each.done, each.total) for each in seen] == [
        (1, 4),
        (2, 4),
        (3, 4),
        (4, 4),
    ]
    after = forum.passwords()
    for number in NUMBERS:
        stored = after[str(number)]
        if number in WITH_PASSWORD:
            verified = cheap().verify(password_of(number), stored=stored)
            assert verified.needs_rehash
            assert verified.scheme.startswith("wrapped:")
            with pytest.raises(PasswordMismatchError):
                cheap().verify("another", stored=stored)
        else:
            assert stored == before[str(number)]


def test_a_wrapped_row_is_replaced_at_the_next_log_in(
    sqlite_url: str, tmp_path: Path
) -> None:
    """The door takes the wrapped hash and offers a direct one."""
    forum, ours = made(sqlite_url, tmp_path)
    renew(ours, column_at(forum.url), Wrapping(cheap()))
    guard = open_guard(Keyring.generate(), ours, forum.url)
    try:
        stored = forum.password(1)
        login = guard.log_in(password_of(1), account_id="1", stored=stored)
    finally:
        close_guard(guard)
    assert login.replacement is not None
    assert cheap().identify(login.replacement) == "argon2id"


def test_a_second_run_finds_nothing(database_url: str, tmp_path: Path) -> None:
    """What is wrapped is current, and is not wrapped again."""
    forum, ours = made(database_url, tmp_path)
    renew(ours, column_at(forum.url), Wrapping(cheap()))
    before = forum.passwords()
    again = renew(ours, column_at(forum.url), Wrapping(cheap()))
    assert again.changed == 0
    assert again.fates[Fate.CURRENT] == len(WITH_PASSWORD)
    assert forum.passwords() == before


def test_two_processes_share_the_work(database_url: str, tmp_path: Path) -> None:
    """Each row is written by one of them, and both come to an end."""
    forum, ours = made(database_url, tmp_path)
    context = multiprocessing.get_context("spawn")
    begun, done = context.Event(), context.Queue()
    runs = [
        context.Process(target=run_apart, args=(ours, forum.url, 300.0, begun, done))
        for _ in range(2)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join(120)
        assert run.exitcode == 0
    counts = [done.get(timeout=10) for _ in runs]
    assert sum(counts) == len(WITH_PASSWORD)
    assert wrapped_in(forum) == len(WITH_PASSWORD)


@pytest.mark.promise("P2")
@MODES
def test_a_run_that_was_killed_is_finished(
    database_url: str, tmp_path: Path, mode: str
) -> None:
    """After kill -9 the same sweep goes on, and no row is lost or wrapped twice."""
    forum, ours = made(database_url, tmp_path, mode)
    context = multiprocessing.get_context("spawn")
    begun, done = context.Event(), context.Queue()
    run = context.Process(target=run_apart, args=(ours, forum.url, 200.0, begun, done))
    run.start()
    assert begun.wait(120)
    run.kill()
    run.join(120)
    first = wrapped_in(forum)
    assert 0 < first < len(WITH_PASSWORD)
    later = timedelta(minutes=10)  # when the lease of the killed one has run out
    names = sweeps_in(ours)
    assert len(names) == 1
    seen = []
    rest = renew(
        ours,
        column_at(forum.url),
        Wrapping(cheap()),
        later=later,
        on_progress=lambda _progress: seen.append(sweeps_in(ours)),
    )
    assert rest.changed == len(WITH_PASSWORD) - first
    assert all(now == names for now in seen)
    assert sweeps_in(ours) == set()
    for number, stored in forum.passwords().items():
        if int(number) in WITH_PASSWORD:
            cheap().verify(password_of(int(number)), stored=stored)


def sweeps_in(url: str) -> set[str]:
    """Return the names of the sweeps whose ranges are kept."""
    with engine_at(url).connect() as connection:
        return set(connection.scalars(select(sweep_range.c.sweep)))


class Interrupted(Wrapping):
    """A wrapping during which member 7 logs in and gets a new hash."""

    forum: Forum

    def renew(self, row: Row) -> str:
        """Let the log-in come after the row was read and before it is written."""
        if row.id == "7":
            self.forum.set_password(7, django_hash("chosen just now"))
        return super().renew(row)


@MODES
def test_a_row_that_changed_meanwhile_is_left_alone(
    database_url: str, tmp_path: Path, mode: str
) -> None:
    """The log-in wins; no transaction of ours holds it up."""
    forum, ours = made(database_url, tmp_path, mode)
    renewal = Interrupted(cheap())
    renewal.forum = forum
    done = renew(ours, column_at(forum.url), renewal)
    assert done.overtaken == 1
    assert done.changed == len(WITH_PASSWORD) - 1
    assert forum.password(7) == django_hash("chosen just now")


def test_the_rate_spreads_rows_over_time(sqlite_url: str, tmp_path: Path) -> None:
    """With ten rows a second, each row after the first is a tenth later."""
    forum, ours = made(sqlite_url, tmp_path)
    waits: list[timedelta] = []
    stands = system_clock()
    work = Renewing(
        column=column_at(forum.url),
        database=Database(ours),
        renewal=Wrapping(cheap()),
        clock=lambda: stands,
        pause=waits.append,
        rate=10,
    )
    work.run(worker="test", on_progress=lambda _progress: None)
    tenth = timedelta(milliseconds=100)
    assert waits == [tenth * number for number in range(1, len(WITH_PASSWORD))]
    with pytest.raises(SetupError):
        replace(work, rate=0)


def test_only_the_schemes_that_are_named_are_wrapped(
    sqlite_url: str, tmp_path: Path
) -> None:
    """Other rows stay; a name that is none is refused."""
    forum, ours = made(sqlite_url, tmp_path)
    only = frozenset({"werkzeug:pbkdf2"})
    hasher = cheap()
    names = {scheme.name for scheme in hasher.accept}
    assert only <= names
    renew(ours, column_at(forum.url), Wrapping(hasher, only=only))
    thirds = [number for number in WITH_PASSWORD if number % 3 == 0]
    assert wrapped_in(forum) == len(thirds)
    with pytest.raises(SetupError):
        Wrapping(hasher, only=frozenset({"django:md4"}))
