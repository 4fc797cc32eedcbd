"""
Syncs a corpus with a range service: all its ranges, or only what has changed.

Every range is checked as it comes and written to a journal, so that a sync that is
killed goes on where it was. The corpus file is made of the journal at the end, and
swapped in whole.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from credguard._text import counted
from credguard.errors import (
    CorpusDamagedError,
    CorpusSetupError,
    CorpusUnwrittenError,
)
from credguard.screening.corpus.corpus import Corpus
from credguard.screening.corpus.fetching import Fetcher, has_its_md5
from credguard.screening.corpus.header import Header
from credguard.screening.corpus.journal import PIECE_RANGES, Journal, Piece, Terms
from credguard.screening.corpus.layout import directory_bits
from credguard.screening.corpus.news import compare, sample
from credguard.screening.corpus.pieces import (
    PieceDone,
    SyncPlan,
    Work,
    end_session,
    fetch_piece,
    folder_of,
)
from credguard.screening.corpus.writing import CorpusWriter, Origin
from credguard.screening.transport import Answer
from credguard.screening.verdicts import Unasked

RANGE_BITS = 20
NAMED_FAILURES = 8


@dataclass(frozen=True, slots=True)
class SyncProgress:
    """
    How far a sync is.

    Attributes:
        done: How many ranges are there.

        total: How many there will be.

        unchanged: How many of them need not be fetched.

        failed: How many could not be had so far.

        is_writing: True if all were fetched and the file is being made.
    """

    done: int
    total: int
    unchanged: int = 0
    failed: int = 0
    is_writing: bool = False


@dataclass(frozen=True, slots=True)
class Synced:
    """
    What a sync has done.

    Attributes:
        header: What the new file says about itself.

        fetched: How many ranges were fetched, this time and before a kill.

        unchanged: How many were taken from the old file.
    """

    header: Header
    fetched: int
    unchanged: int


def sync(
    plan: SyncPlan,
    path: str | os.PathLike[str],
    *,
    on_progress: Callable[[SyncProgress], object] = lambda _: None,
    clock: Callable[[], float] = time.time,
) -> Synced:
    """
    Make a corpus what a range service has now, and swap it in.

    Run it again after it was stopped, however that was, and it goes on.

    Args:
        plan: What to sync.

        path: The corpus file. If it was made by an earlier sync with the same
            plan, only what has changed is fetched.

        on_progress: Is told how far it is, about every thousand ranges.

        clock: The time in Unix seconds.

    Raises:
        CorpusUnwrittenError: Some ranges could not be had and are named, the disk
            is full, or another process is syncing. The old file stands.
        BlocklistUnavailableError: The service does not answer any more.
        CorpusSourceError: The ranges do not make a corpus.
        CorpusSetupError: The file cannot be written there, or an address is none.
    """
    target = Path(path)
    base = _base(target, plan)
    journal = Journal(folder_of(target))
    try:
        work = _begun(plan, target, base, journal)
        unchanged = _fetch_all(work, on_progress)
        header = _write(work, base, on_progress, int(clock()))
        journal.remove()
    except OSError as error:
        message = (
            f"{target} cannot be synced: {error.strerror}; what was fetched is kept"
        )
        raise CorpusUnwrittenError(message) from None
    finally:
        end_session()
        journal.close()
    return Synced(header, plan.ranges - unchanged, unchanged)


def _base(target: Path, plan: SyncPlan) -> Corpus | None:
    """Return the corpus that unchanged ranges can be taken from, if there is one."""
    try:
        corpus = Corpus(target)
    except (CorpusSetupError, CorpusDamagedError):
        return None
    header = corpus.header
    fits = (
        header.has_ranges
        and header.shape.kind is plan.service.kind
        and header.shape.width is plan.width
        and header.shape.bits >= RANGE_BITS
        and header.min_count == plan.min_count
    )
    return corpus if fits else None


def _begun(plan: SyncPlan, target: Path, base: Corpus | None, journal: Journal) -> Work:
    """Look at a few ranges; decide on the terms, and whether to go on or begin."""
    numbers = sample(0, ranges=plan.ranges)
    found = _looked_at(plan, numbers)
    lines = sum((answer.body or b"").count(b":") for answer in found.values())
    expected = lines * plan.ranges // len(found)
    bits = max(directory_bits(expected), RANGE_BITS)
    # Records of another shape cannot be taken over.
    fits = base is not None and base.header.shape.bits in {bits, bits - 1}
    stands = base if fits else None
    terms = Terms(
        url=plan.service.url,
        kind=plan.service.kind,
        width=plan.width,
        bits=bits if stands is None else stands.header.shape.bits,
        min_count=plan.min_count,
        ranges=plan.ranges,
        stands_on="" if stands is None else stands.stamp,
    )
    work = Work(
        plan=plan,
        terms=terms,
        target=target,
        expected=expected,
        trusts_md5=not any(has_its_md5(each) is False for each in found.values()),
    )
    now = {number: answer.etag for number, answer in found.items()}
    if journal.terms() != terms or compare(_journaled(work, numbers), now).changed:
        journal.begin(terms)
    return work


def _looked_at(plan: SyncPlan, numbers: list[int]) -> dict[int, Answer]:
    fetcher = Fetcher(plan.service)
    try:
        with ThreadPoolExecutor(plan.service.at_once) as pool:
            answers = dict(zip(numbers, pool.map(fetcher.fetch, numbers), strict=True))
    finally:
        fetcher.close()
    failed = {n: each.why for n, each in answers.items() if isinstance(each, Unasked)}
    if len(failed) == len(answers):
        raise _lacking(failed)
    return {n: each for n, each in answers.items() if isinstance(each, Answer)}


def _journaled(work: Work, numbers: list[int]) -> dict[int, str]:
    """Return the ETags that some ranges had when they were fetched, if they were."""
    found: dict[int, str] = {}
    for number in {number // PIECE_RANGES for number in numbers}:
        with Piece(work.folder, number) as piece:
            wanted = piece.numbers.intersection(numbers)
            found |= {each: piece.fetched(each).etag for each in wanted}
    return found


def _fetch_all(work: Work, on_progress: Callable[[SyncProgress], object]) -> int:
    """Fetch what is not there yet; return how many ranges need no fetching."""
    done = unchanged = 0
    failed: dict[int, str] = {}
    for piece in _pieces_done(work):
        done += piece.done
        unchanged += piece.unchanged
        failed |= piece.failed
        on_progress(SyncProgress(done, work.plan.ranges, unchanged, len(failed)))
    if failed:
        raise _lacking(failed)
    return unchanged


def _pieces_done(work: Work) -> Iterator[PieceDone]:
    if work.plan.jobs <= 1:
        yield from map(fetch_piece, [work] * len(work.pieces()), work.pieces())
        return
    pool = ProcessPoolExecutor(work.plan.jobs, mp_context=get_context("spawn"))
    try:
        pending = [pool.submit(fetch_piece, work, piece) for piece in work.pieces()]
        for future in pending:
            yield future.result()
    except BrokenProcessPool:
        message = "a process that was fetching has ended; run the same again to go on"
        raise CorpusUnwrittenError(message) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _write(
    work: Work,
    base: Corpus | None,
    on_progress: Callable[[SyncProgress], object],
    now: int,
) -> Header:
    """Make the file of the journal and of what has not changed."""
    plan = work.plan
    origin = Origin(
        plan.service.url, source_time=now, built_time=now, min_count=plan.min_count
    )
    done = 0
    with CorpusWriter(
        work.target,
        shape=work.shape,
        expected=work.expected,
        origin=origin,
        has_ranges=True,
    ) as writer:
        for number in work.pieces():
            with Piece(work.folder, number) as piece:
                for each in sorted(piece.numbers):
                    fetched = piece.fetched(each)
                    run = fetched.run
                    if run is None and base is not None:
                        run = base.range_run(each)
                    if run is not None:
                        writer.add(run)
                    writer.note_etag(each, fetched.etag)
                    done += 1
            on_progress(SyncProgress(done, plan.ranges, is_writing=True))
        return writer.finish()


def _lacking(failed: Mapping[int, str]) -> CorpusUnwrittenError:
    named = [f"{number:05X} ({failed[number]})" for number in sorted(failed)]
    more = len(named) - NAMED_FAILURES
    if more > 0:
        named = [*named[:NAMED_FAILURES], f"and {more:,} more"]
    return CorpusUnwrittenError(
        f"{counted(len(failed), 'range', 'ranges')} could not be fetched: "
        f"{', '.join(named)}; the old file stands, and running the same again asks for "
        "those alone"
    )
