"""
All seeds under the current key, while people log in.

Key ranges are leased, and each is gone through in short transactions of some
hundred rows. A row is written over what was read and over nothing else: a log-in
that came in between wins, and the row is looked at again. What is done stands,
whenever the process is killed.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from time import sleep
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from credguard import sweeps
from credguard._random import random_hex
from credguard.errors import LeaseLostError, SetupError, StoredDataError
from credguard.second_factor.events import EventKind, FactorEvent
from credguard.second_factor.kit import Kit
from credguard.second_factor.seeds import resealed
from credguard.storage.quick import Statement
from credguard.storage.tables import second_factor
from credguard.sweeps import Piece, Progress

BATCH_SIZE = 500  # rows of one transaction: it holds SQLite's lock for milliseconds
RANGE_SIZE = 5_000  # rows of one lease
# A range that takes longer is done twice, and found done: only a little time is lost.
LEASE = timedelta(seconds=10)

_MOST_TRIES = 20  # at rows that log-ins keep changing
_MOST_NAMED = 1000  # accounts whose seeds do not open
_FEWEST_BATCH = 2  # an account has two rows, which stay together
_MOST_BATCH = 10_000
_NAME_BYTES = 4
_MOST_OWNER_CHARACTERS = 64
_GLANCE = timedelta(seconds=1)  # how long to wait before looking again

_C = second_factor.c
_PAGE = Statement(
    select(_C.account_id, _C.place, _C.id, _C.version, _C.sealed)
    .where(
        _C.account_id > bindparam("low"),
        _C.account_id <= bindparam("high"),
        _C.sealed.is_not(None),
        or_(_C.key_id.is_(None), _C.key_id != bindparam("current")),
    )
    .order_by(_C.account_id, _C.place)
    .limit(bindparam("most"))
)
_WRITE = Statement(
    update(second_factor)
    .where(
        and_(
            _C.account_id == bindparam("at_account"),
            _C.place == bindparam("at_place"),
            _C.id == bindparam("found_id"),
            _C.version == bindparam("found_version"),
        )
    )
    .values(
        sealed=bindparam("new_sealed"),
        key_id=bindparam("new_key_id"),
        version=bindparam("new_version"),
    )
)


@dataclass(slots=True)
class Resealed:
    """
    What one run did.

    Attributes:
        changed: How many seeds it put under the current key.

        overtaken: How many had changed by the time they were to be written; they
            were looked at again.

        unreadable: Accounts whose seed does not open, a thousand at most, and why.
    """

    changed: int = 0
    overtaken: int = 0
    unreadable: dict[str, StoredDataError] = field(default_factory=dict)


class Resealing:
    """
    The sweep that puts all seeds under the current key.

    Args:
        kit: What it works with.

        batch: Rows of one transaction, 2 to 10,000.

        rate: The most rows that this process changes in a second; None for as many
            as it can.

        pause: Waits so many seconds.

    Raises:
        SetupError: A number is out of its range.
    """

    def __init__(
        self,
        kit: Kit,
        *,
        batch: int = BATCH_SIZE,
        rate: float | None = None,
        pause: Callable[[float], None] = sleep,
    ) -> None:
        if not _FEWEST_BATCH <= batch <= _MOST_BATCH:
            message = f"a batch has {_FEWEST_BATCH} to {_MOST_BATCH} rows"
            raise SetupError(message)
        if rate is not None and not rate > 0:
            message = "a rate is a number of rows a second, above 0"
            raise SetupError(message)
        self._kit = kit
        self._batch = batch
        self._rate = rate
        self._pause = pause
        self._current = kit.keyring.current.id

    def run(self, *, worker: str, on_progress: Callable[[Progress], None]) -> Resealed:
        """
        Put every seed under the current key, or go on where another run stopped.

        Args:
            worker: Who works, for the leases; no two have one name.

            on_progress: Called after each range.

        Returns:
            What this run did. Seeds that do not open are left as they are.

        Raises:
            StorageUnavailableError: The database is away, locked or full; what is
                done stands, and a further call goes on.
        """
        kit, done = self._kit, Resealed()
        name = self._begun()
        while not self._is_over(name):
            piece = sweeps.lease(
                kit.database,
                name,
                worker=worker[:_MOST_OWNER_CHARACTERS],
                now=kit.clock(),
                lasting=LEASE,
            )
            if piece is None:
                self._await_others(name)
                continue
            # A range that was taken over from a slow worker is done by another.
            with suppress(LeaseLostError):
                self._reseal(piece, done)
            with kit.database.read() as connection:
                on_progress(sweeps.progress(connection, name))
        self._record(done)
        return done

    def _begun(self) -> str:
        """Return the sweep to work at: one that is unfinished, or a new one."""
        prefix = f"reseal-{self._current}-"
        with self._kit.database.begin() as connection:
            found = sweeps.unfinished(connection, prefix)
            if found is None:
                found = prefix + random_hex(_NAME_BYTES)
                sweeps.lay_out(connection, found, borders(connection))
        return found

    def _is_over(self, name: str) -> bool:
        with self._kit.database.read() as connection:
            progress = sweeps.progress(connection, name)
        return progress.done == progress.total

    def _await_others(self, name: str) -> None:
        with self._kit.database.read() as connection:
            until = sweeps.leased_until(connection, name)
        rest = _GLANCE if until is None else until - self._kit.clock()
        self._pause(max(0.0, min(rest, _GLANCE).total_seconds()))

    def _reseal(self, piece: Piece, done: Resealed) -> None:
        low, tries, changed = piece.low or "", 0, 0
        while page := self._page(low, piece.high):
            texts = list(self._texts(page, done))
            with self._kit.database.quick() as quick:
                written = quick.change_many(_WRITE, texts) if texts else 0
            changed += written
            done.overtaken += len(texts) - written
            # Rows that a log-in changed are still under the older key, some of them.
            tries = 0 if written == len(texts) else tries + 1
            if tries in {0, _MOST_TRIES}:
                low, tries = page[-1][0], 0
            if self._rate is not None:
                self._pause(len(page) / self._rate)
        done.changed += changed
        with self._kit.database.begin() as connection:
            sweeps.finish(connection, piece, touched=changed)

    def _page(self, low: str, high: str) -> Sequence[Sequence[Any]]:
        """Return the next rows that are due; an account's rows stay together."""
        values = {
            "low": low,
            "high": high,
            "current": self._current,
            "most": self._batch,
        }
        with self._kit.database.quick() as quick:
            page = quick.every(_PAGE, values)
        if len(page) < self._batch:
            return page
        last = page[-1][0]
        return [row for row in page if row[0] != last] or page

    def _texts(
        self, page: Sequence[Sequence[Any]], done: Resealed
    ) -> Iterator[dict[str, object]]:
        keyring = self._kit.keyring
        for account_id, place, factor_id, version, sealed in page:
            try:
                text = resealed(
                    keyring, sealed, account_id=account_id, factor_id=factor_id
                )
            except StoredDataError as error:
                if len(done.unreadable) < _MOST_NAMED:
                    done.unreadable[account_id] = error
                continue
            yield {
                "at_account": account_id,
                "at_place": place,
                "found_id": factor_id,
                "found_version": version,
                "new_sealed": text,
                "new_key_id": self._current,
                "new_version": version + 1,
            }

    def _record(self, done: Resealed) -> None:
        """Say in the audit log what was done; by then all of it is on the disk."""
        detail = {
            "key_id": self._current,
            "changed": done.changed,
            "unreadable": len(done.unreadable),
        }
        kit = self._kit
        event = FactorEvent(EventKind.RESEALED, None, kit.clock(), detail)
        with kit.database.begin() as connection:
            kit.events.record(connection, event)
        kit.events.tell_of(event)


def key_counts(connection: Connection) -> dict[str, int]:
    """Return how many seeds are under each key."""
    query = (
        select(_C.key_id, func.count())
        .where(_C.sealed.is_not(None))
        .group_by(_C.key_id)
        .order_by(_C.key_id)
    )
    return {str(key_id): count for key_id, count in connection.execute(query)}


def borders(connection: Connection) -> Iterator[str]:
    """Return the last account id of each range."""
    low = ""
    while True:
        query = (
            select(_C.account_id)
            .where(_C.account_id > low)
            .order_by(_C.account_id)
            .limit(1)
        )
        high = connection.execute(query.offset(RANGE_SIZE - 1)).scalar()
        if high is None:
            rest = select(func.max(_C.account_id)).where(_C.account_id > low)
            last = connection.execute(rest).scalar()
            if last is not None:
                yield last
            return
        yield high
        low = high
