"""
A whole password column: looked through first, then changed range by range.

The costly hashes are computed outside any transaction. What was computed is written
over the text that it was computed from, and over no other: a log-in or a reset that
came in between wins. A process that is killed loses one range, which is done again.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from credguard import sweeps
from credguard._clock import Clock
from credguard._random import random_hex
from credguard.errors import LeaseLostError, SetupError
from credguard.keys import Keyring
from credguard.passwords.column import NewText, PasswordColumn
from credguard.passwords.renewal import Fate, Renewal, judge
from credguard.passwords.surveying import Survey, survey
from credguard.storage import Database, audit
from credguard.sweeps import Piece, Progress

RANGE_SIZE = 100  # rows; at 20 ms a hash, 2 seconds are lost to a kill

_SHORTEST_LEASE = timedelta(seconds=15)
_LEASE_MARGIN = 4  # times as long as a range should take; machines get busy
_GLANCE = timedelta(seconds=1)  # how long to wait before looking again
_NAME_BYTES = 4
_MOST_OWNER_CHARACTERS = 64


@dataclass(slots=True)
class Done:
    """
    What one run did.

    Attributes:
        changed: How many rows it wrote.
        overtaken: How many had changed by the time they were to be written.
        fates: How many of the rows that it looked at were to become what.
    """

    changed: int = 0
    overtaken: int = 0
    fates: Counter[Fate] = field(default_factory=Counter)


@dataclass(frozen=True, kw_only=True)
class Renewing:
    """
    The sweep that changes a whole password column.

    Args:
        column: The forum's password column.

        database: Where the credguard_* tables are.

        renewal: What is done to each row.

        clock: Tells the time.

        pause: Waits.

        rate: The most rows that this process changes in a second; None for as
            many as it can.

        keyring: What makes the audit log's records of begin and end; None to
            write none.

        passes_over_lost: Whether rows under a key that is not on the keyring are
            left as they are, and do not stop the work.

    Raises:
        SetupError: *rate* is not above 0.
    """

    column: PasswordColumn
    database: Database
    renewal: Renewal
    clock: Clock
    pause: Callable[[timedelta], None]
    rate: float | None = None
    keyring: Keyring | None = None
    passes_over_lost: bool = False

    def __post_init__(self) -> None:
        if self.rate is not None and not self.rate > 0:
            message = "a rate is a number of rows a second, above 0"
            raise SetupError(message)

    def run(self, *, worker: str, on_progress: Callable[[Progress], None]) -> Done:
        """
        Change every row that is due, or go on where another run stopped.

        Several processes may run it at once; each takes ranges that are free.

        Args:
            worker: Who works, for the leases.

            on_progress: Called after each range.

        Returns:
            What this run did. The table may hold rows that are due when others
            wrote them meanwhile: take a survey and run it again.

        Raises:
            BusyError: The machine gave no memory; call again to go on.
            StorageUnavailableError: The database is away, locked or full; what is
                done stands, and a further call goes on.
            AccountsTableError, AccountIdError, ColumnTooNarrowError, SetupError,
            UnknownKeyError: See `survey`, which is taken first.
        """
        found = survey(
            self.column, self.renewal, passes_over_lost=self.passes_over_lost
        )
        name = self._begun(found)
        lasting = self._lease_time()
        pace = _Pace(self.rate, self.clock, self.pause)
        done = Done()
        while not self._is_over(name):
            piece = sweeps.lease(
                self.database,
                name,
                worker=worker[:_MOST_OWNER_CHARACTERS],
                now=self.clock(),
                lasting=lasting,
            )
            if piece is None:
                self._await_others(name)
                continue
            # A range that was taken over from a slow worker is done by another.
            with suppress(LeaseLostError):
                self._renew(piece, pace, done, widest=found.widest)
            with self.database.read() as connection:
                now = sweeps.progress(connection, name)
            if now.total:  # another process may have tidied up already
                on_progress(now)
        with self.database.begin() as connection:
            self._end(connection, name)
        return done

    def _begun(self, found: Survey) -> str:
        """Return the sweep to work at: one that is unfinished, or a new one."""
        prefix = f"{self.renewal.name_in(self.column.place)}-"
        with self.database.read() as connection:
            name = sweeps.unfinished(connection, prefix)
        if name is not None:
            return name
        with self.column.reading() as forum:
            borders = list(self.column.borders(forum, size=RANGE_SIZE))
        mine = prefix + random_hex(_NAME_BYTES)
        with self.database.begin() as connection:
            # Two that begin at once may both come here: the second then finds
            # nothing to be changed in its ranges.
            name = sweeps.unfinished(connection, prefix)
            if name is not None:
                return name
            for ended in sweeps.finished(connection, f"{self.renewal.kind}-"):
                self._end(connection, ended)
            sweeps.lay_out(connection, mine, borders)
            fates = {fate.name.lower(): count for fate, count in found.fates.items()}
            self._record(connection, "begun", {"sweep": mine, "rows": fates})
        return mine

    def _end(self, connection: Connection, name: str) -> None:
        """Clear a sweep away if it is finished; who does that also writes it down."""
        ended = sweeps.clear(connection, name)
        if ended is not None:
            detail = {"sweep": name, "ranges": ended.total, "changed": ended.touched}
            self._record(connection, "finished", detail)

    def _record(
        self, connection: Connection, what: str, detail: Mapping[str, object]
    ) -> None:
        if self.keyring is not None:
            event = f"{self.renewal.kind} {what}"
            audit.record(
                connection, self.keyring, event=event, detail=detail, now=self.clock()
            )

    def _lease_time(self) -> timedelta:
        row_time = self.renewal.row_time()
        if self.rate is not None:
            row_time = max(row_time, timedelta(seconds=1 / self.rate))
        return max(_SHORTEST_LEASE, RANGE_SIZE * row_time * _LEASE_MARGIN)

    def _is_over(self, name: str) -> bool:
        with self.database.read() as connection:
            found = sweeps.progress(connection, name)
        return found.done == found.total

    def _await_others(self, name: str) -> None:
        with self.database.read() as connection:
            until = sweeps.leased_until(connection, name)
        rest = _GLANCE if until is None else until - self.clock()
        self.pause(min(rest, _GLANCE))

    def _renew(self, piece: Piece, pace: "_Pace", done: Done, *, widest: int) -> None:
        with self.column.reading() as forum:
            rows = self.column.between(
                forum, low=piece.low, high=piece.high, lock=False
            )
        texts: list[NewText] = []
        fates: Counter[Fate] = Counter()
        for row in rows:
            verdict = judge(self.renewal, row)
            fates[verdict.fate] += 1
            # A row that came after the survey may be too long for the column.
            if verdict.fate is Fate.DUE and verdict.characters <= widest:
                pace.wait()
                new = self.renewal.renew(row)
                texts.append(NewText(row.id, row.password or "", new))
        changed = self._write(piece, texts)
        done.changed += changed
        done.overtaken += len(texts) - changed
        done.fates += fates

    def _write(self, piece: Piece, texts: list[NewText]) -> int:
        """Write what still may be written, and mark the range done."""
        if self.column.shares(self.database):
            with self.database.begin() as both:
                changed = self.column.swap(both, texts)
                sweeps.finish(both, piece, touched=changed)
            return changed
        with self.column.writing() as forum:
            changed = self.column.swap(forum, texts)
        # A kill in between is harmless: the range is done again and finds it done.
        with self.database.begin() as ours:
            sweeps.finish(ours, piece, touched=changed)
        return changed


class _Pace:
    """Spreads rows evenly over time."""

    def __init__(
        self, rate: float | None, clock: Clock, pause: Callable[[timedelta], None]
    ) -> None:
        self._step = None if rate is None else timedelta(seconds=1 / rate)
        self._clock = clock
        self._pause = pause
        self._next: datetime | None = None

    def wait(self) -> None:
        """Wait until the next row may be changed."""
        if self._step is None:
            return
        now = self._clock()
        due = max(now, self._next or now)
        if due > now:
            self._pause(due - now)
        self._next = due + self._step
