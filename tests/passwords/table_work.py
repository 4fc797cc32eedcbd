"""A table of members, and renewals that are run over it."""

from collections.abc import Callable
from datetime import timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

import credguard.drill
from credguard import Keyring, PasswordHasher
from credguard._clock import system_clock
from credguard.accounts import SqlAccounts
from credguard.campaigns.means import pause
from credguard.passwords.renewal import Renewal, Wrapping
from credguard.passwords.surveying import Survey, survey
from credguard.passwords.tables import Done, Renewing
from credguard.storage import Database
from credguard.storage.schema import prepare
from credguard.sweeps import Progress
from credguard.testing import CHEAPEST
from forums import (
    COLUMNS,
    Forum,
    has_password,
)

NUMBERS = range(1, 351)
WITH_PASSWORD = [number for number in NUMBERS if has_password(number)]
MEMBERS = Path(credguard.drill.__file__).parent / "members.csv"

MODES = pytest.mark.parametrize("mode", ["together", "apart"])


def cheap(keyring: Keyring | None = None) -> PasswordHasher:
    """Return a hasher that costs next to nothing."""
    return PasswordHasher(work_factor=CHEAPEST, keyring=keyring)


def column_at(url: str) -> SqlAccounts:
    """Return the members' table, opened anew."""
    return SqlAccounts(url, table="members", columns=COLUMNS)


def renew(
    ours: str,
    column: SqlAccounts,
    renewal: Renewal,
    *,
    rate: float | None = None,
    later: timedelta = timedelta(0),
    keyring: Keyring | None = None,
    passes_over_lost: bool = False,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
) -> Done:
    """Run a renewal to its end, *later* than it is."""
    database = Database(ours)
    work = Renewing(
        column=column,
        database=database,
        renewal=renewal,
        clock=lambda: system_clock() + later,
        pause=pause,
        rate=rate,
        keyring=keyring,
        passes_over_lost=passes_over_lost,
    )
    try:
        return work.run(worker="test", on_progress=on_progress)
    finally:
        database.close()
        column._database.close()


def run_apart(
    ours: str, forum: str, rate: float | None, begun: Event, done: "Queue[int]"
) -> None:
    """Wrap in a process of its own, and say when the first range is done."""

    def tell(_progress: Progress) -> None:
        begun.set()

    found = renew(
        ours, column_at(forum), Wrapping(cheap()), rate=rate, on_progress=tell
    )
    done.put(found.changed)


def surveyed(url: str, renewal: Renewal, *, passes_over_lost: bool = False) -> Survey:
    """Say what a renewal would do to the members' table."""
    column = column_at(url)
    try:
        return survey(column, renewal, passes_over_lost=passes_over_lost)
    finally:
        column._database.close()


def prepare_at(url: str) -> None:
    """Make our tables."""
    database = Database(url)
    prepare(database)
    database.close()


def wrapped_in(forum: Forum) -> int:
    """Return how many rows are wrapped."""
    texts = forum.passwords().values()
    return sum((each or "").startswith("$cgw1$") for each in texts)


def made(url: str, folder: Path, mode: str = "together") -> tuple[Forum, str]:
    """Make a forum and our tables: in one database, or each in its own."""
    forum = Forum(url)
    forum.make(NUMBERS)
    ours = url if mode == "together" else f"sqlite:///{folder / 'ours.db'}"
    prepare_at(ours)
    return forum, ours
