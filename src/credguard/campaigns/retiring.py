"""The sweep: hashes in scope are taken out of use, one key range at a time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from credguard import sweeps
from credguard.campaigns import hook_ranges, hooks, leases, records
from credguard.campaigns.hook_progress import HookProgress
from credguard.campaigns.means import Means
from credguard.campaigns.ranges import RangeWork, refuse_aborted
from credguard.campaigns.records import Record
from credguard.campaigns.states import UNSWEPT, CampaignState
from credguard.errors import CampaignStateError, LeaseLostError
from credguard.storage import audit
from credguard.sweeps import Piece, Progress

RANGE_SIZE = 10_000  # accounts; a range of this size is written in well under 1 s
RANGE_LEASE = timedelta(seconds=15)  # how long a run that was killed holds up others

_GLANCE = timedelta(seconds=1)  # how long to wait before looking again


def sweep(
    means: Means,
    campaign_id: str,
    *,
    worker: str,
    on_progress: Callable[[Progress], None],
) -> Record:
    """
    Retire every hash in scope, or go on where another run stopped.

    Args:
        means: What to work with.

        campaign_id: The campaign.

        worker: Who works, for the leases.

        on_progress: Called after each range.

    Returns:
        The campaign, every hash in its scope retired and every hook called for it.

    Raises:
        CampaignStateError: The campaign was aborted, before or meanwhile, or one
            that was opened earlier is not swept yet.
        BusyError: The forum's columns are being changed; call again to go on.
        HookFailedError: A hook failed; all passwords are retired.
        StorageUnavailableError: The database is away, locked or full; what is
            done stands, and a further call goes on.
    """
    record = _laid_out(means, campaign_id)
    while record.state in UNSWEPT:
        step = _step(means, record, worker, number=None)
        record = step.record
        on_progress(step.chunk.progress)
        if step.chunk.outcome is ChunkOutcome.HELD:
            _await_others(means, record)
    refuse_aborted(record.state)
    _finish_hooks(means, record, worker)
    return record


class ChunkOutcome(StrEnum):
    """What came of one chunk."""

    DONE = "done"
    """This call did it, or what was left of it."""

    ALREADY = "already done"
    """It was done before, by whomever, with its hooks."""

    HELD = "held"
    """Somebody else works on it; should they be killed, it is free at `retry_at`."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """
    What one call of `run_chunk` came to.

    Attributes:
        outcome: What was done.

        progress: How far the whole sweep is.

        retry_at: When to ask again, None unless it is held.

        hooks: How far each hook of the host is.
    """

    outcome: ChunkOutcome
    progress: Progress
    retry_at: datetime | None = None
    hooks: tuple[HookProgress, ...] = ()

    @property
    def is_over(self) -> bool:
        """True if nothing is left of the sweep, and every hook was called for all."""
        is_swept = self.progress.done == self.progress.total
        return is_swept and all(hook.is_over for hook in self.hooks)


def hand_out(means: Means, campaign_id: str) -> range:
    """
    Lay the sweep out, if it is not yet, and return the numbers of its chunks.

    Raises:
        CampaignStateError: The campaign was aborted, or one that was opened earlier
            is not swept yet.
    """
    record = _laid_out(means, campaign_id)
    refuse_aborted(record.state)
    with means.database.read() as connection:
        return range(sweeps.progress(connection, record.id).total)


def chunk(means: Means, campaign_id: str, *, worker: str, number: int | None) -> Chunk:
    """
    Do one range of the sweep, unless it is done or somebody else works on it.

    Raises:
        CampaignStateError, BusyError, StorageUnavailableError, HookFailedError: As
            `sweep`.
    """
    record = _laid_out(means, campaign_id)
    step = _step(means, record, worker, number=number)
    refuse_aborted(step.record.state)
    called = False
    if step.chunk.outcome is not ChunkOutcome.HELD:
        called = hooks.run(means, record, worker=worker, number=step.number)
    return _with_hooks(means, step, called=called)


@dataclass(frozen=True, slots=True)
class _Step:
    """
    What one step came to.

    Attributes:
        chunk: As it is returned, without the hooks.

        record: The campaign after it.

        number: The range, None for all that there are.
    """

    chunk: Chunk
    record: Record
    number: int | None


def _step(means: Means, record: Record, worker: str, *, number: int | None) -> _Step:
    piece = None
    if record.state in UNSWEPT:
        piece = sweeps.lease(
            means.database,
            record.id,
            worker=leases.owner(worker),
            now=means.clock(),
            lasting=RANGE_LEASE,
            number=number,
        )
    if piece is not None:
        try:
            RangeWork.of(means, record).retire(piece)
        except LeaseLostError:
            piece = None  # taken over by another, who is at it or has done it
    with means.database.read() as connection:
        ranges = _Ranges(connection, record.id, number)
        done = ranges.chunk(piece, soon=means.clock() + _GLANCE)
        record = records.find(connection, record.id)
    is_swept = done.progress.done == done.progress.total
    if is_swept and record.state is CampaignState.SWEEPING:
        record = _swept(means, record, done.progress)
    # Of one range only while others are open: hooks are called for what is retired.
    return _Step(done, record, number if piece is None else piece.number)


def _with_hooks(means: Means, step: _Step, *, called: bool) -> Chunk:
    """Return what a step came to, with how its hooks stand."""
    campaign_id, names = step.record.id, hooks.names_of(means.hooks)
    soon = means.clock() + _GLANCE
    with means.database.read() as connection:
        found = hook_ranges.progress(connection, campaign_id, names)
        until = hook_ranges.open_until(
            connection, campaign_id, names, number=step.number, soon=soon
        )
    chunk = replace(step.chunk, hooks=found)
    if chunk.outcome is ChunkOutcome.HELD:
        return chunk
    if until is not None:
        return replace(chunk, outcome=ChunkOutcome.HELD, retry_at=until)
    return replace(chunk, outcome=ChunkOutcome.DONE) if called else chunk


def _finish_hooks(means: Means, record: Record, worker: str) -> None:
    """Call every hook for what is left, and wait for what others are at."""
    names = hooks.names_of(means.hooks)
    while True:
        hooks.run(means, record, worker=worker, number=None)
        with means.database.read() as connection:
            until = hook_ranges.open_until(
                connection, record.id, names, number=None, soon=means.clock()
            )
            refuse_aborted(records.find(connection, record.id).state)
        if until is None:
            return
        means.pause(_GLANCE)


@dataclass(frozen=True, slots=True)
class _Ranges:
    """A campaign's ranges, or the one with a number, as they stand."""

    connection: Connection
    campaign_id: str
    number: int | None

    def chunk(self, piece: Piece | None, *, soon: datetime) -> Chunk:
        progress = sweeps.progress(self.connection, self.campaign_id)
        asked = (self.connection, self.campaign_id, self.number)
        if piece is not None:
            return Chunk(ChunkOutcome.DONE, progress)
        if not sweeps.is_open(*asked):
            return Chunk(ChunkOutcome.ALREADY, progress)
        until = sweeps.leased_until(*asked)
        return Chunk(ChunkOutcome.HELD, progress, max(until or soon, soon))


def _laid_out(means: Means, campaign_id: str) -> Record:
    with means.database.read() as connection:
        record = records.find(connection, campaign_id)
        _check_turn(connection, record)
    if record.state is CampaignState.OPEN:
        record = _lay_out(means, record)
    hooks.lay_out_late(means, record.id)
    return record


def _lay_out(means: Means, record: Record) -> Record:
    with means.accounts.reading() as forum:
        borders = list(means.accounts.borders(forum, size=RANGE_SIZE))
    try:
        with means.database.begin() as connection:
            # The campaign's row first: who loses it must hold no lock on a range.
            now = means.clock()
            then = CampaignState.SWEEPING
            moved = records.move(connection, record, then, now=now)
            sweeps.lay_out(connection, record.id, borders)
            names = hooks.names_of(means.hooks)
            hook_ranges.lay_out(connection, record.id, names, borders)
            return moved
    except LeaseLostError:
        with means.database.read() as connection:
            return records.find(connection, record.id)


def _check_turn(connection: Connection, record: Record) -> None:
    """
    Check that every earlier campaign is swept, so that they can be undone in turn.

    The watermark of the later one is in force all the while.
    """
    for earlier in records.gating(connection):
        if earlier.opened_at < record.opened_at and earlier.state in UNSWEPT:
            message = (
                f"campaign {earlier.id} was opened earlier and is not swept yet; go on "
                f"with it first: credguard campaign run {earlier.id}"
            )
            raise CampaignStateError(message)


def _swept(means: Means, record: Record, done: Progress) -> Record:
    now = means.clock()
    try:
        with means.database.begin() as connection:
            moved = records.move(connection, record, CampaignState.NOTIFYING, now=now)
            detail = {"campaign": record.id, "accounts": done.touched}
            audit.record(
                connection, means.keyring, event="swept", detail=detail, now=now
            )
            return moved
    except LeaseLostError:
        with means.database.read() as connection:
            return records.find(connection, record.id)


def _await_others(means: Means, record: Record) -> None:
    with means.database.read() as connection:
        until = sweeps.leased_until(connection, record.id)
    if until is not None:
        means.pause(min(until - means.clock(), _GLANCE))
