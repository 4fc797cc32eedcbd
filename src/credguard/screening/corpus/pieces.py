"""Fetches a piece of a sync, in a process of its own if wanted."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from credguard.errors import (
    CorpusDamagedError,
    CorpusSourceError,
    CorpusUnwrittenError,
)
from credguard.screening.corpus.corpus import Corpus
from credguard.screening.corpus.fetching import Fetcher, Service, has_its_md5
from credguard.screening.corpus.journal import PIECE_RANGES, Fetched, Piece, Terms
from credguard.screening.corpus.layout import RANGES, Kind, Shape, Width
from credguard.screening.corpus.lines import read_lines
from credguard.screening.range_service import FEWEST_LINES
from credguard.screening.transport import Answer
from credguard.screening.verdicts import Unasked, UnaskedReason

_MANY_LINES = 400
_LAST_DIGIT = b"F"


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """
    What is to be synced, and how.

    Attributes:
        service: Whom to fetch from.

        width: How much of each hash is kept.

        min_count: Hashes seen less often than this are left out.

        fewest_lines: How many lines a whole range has at least; fewer are taken for
            a cut answer. Lower it, to 0 even, for a service with a small corpus.

        jobs: How many processes fetch. More than one starts others that import the
            caller's main module.

        ranges: How many ranges there are. Fewer than all are for rehearsals: such a
            corpus says of nearly every password that it is not listed.
    """

    service: Service
    width: Width = Width.DEFAULT
    min_count: int = 1
    fewest_lines: int = FEWEST_LINES
    jobs: int = 1
    ranges: int = RANGES


@dataclass(frozen=True, slots=True)
class Work:
    """
    What a process needs to know that fetches pieces.

    Attributes:
        plan: What is to be synced.

        terms: What all pieces have in common.

        target: The corpus file.

        expected: About how many hashes there will be.

        trusts_md5: Whether the MD5 that the service states is that of a range.
    """

    plan: SyncPlan
    terms: Terms
    target: Path
    expected: int
    trusts_md5: bool

    @property
    def shape(self) -> Shape:
        """How records look."""
        return Shape(Kind(self.terms.kind), Width(self.terms.width), self.terms.bits)

    @property
    def folder(self) -> Path:
        """Where the journal is."""
        return folder_of(self.target)

    def pieces(self) -> range:
        """Return the numbers of all pieces."""
        return range(-(-self.plan.ranges // PIECE_RANGES))


@dataclass(frozen=True, slots=True)
class PieceDone:
    """
    What became of a piece.

    Attributes:
        done: How many ranges are there now.

        unchanged: How many of them stand as they are in the corpus.

        failed: Those that could not be had, with the reason.
    """

    done: int
    unchanged: int
    failed: dict[int, str] = field(default_factory=dict)


def folder_of(target: Path) -> Path:
    """Return where the journal of a sync is kept."""
    return target.with_name(f"{target.name}.sync")


def fetch_piece(work: Work, number: int) -> PieceDone:
    """
    Fetch what is missing of a piece.

    Args:
        work: What it is a piece of.

        number: Which piece.

    Raises:
        BlocklistUnavailableError: The service does not answer any more.
        CorpusUnwrittenError: The corpus was replaced meanwhile.
        OSError: The disk is full, or gone.
    """
    first = number * PIECE_RANGES
    wanted = range(first, min(first + PIECE_RANGES, work.plan.ranges))
    failed: dict[int, str] = {}
    with Piece(work.folder, number) as piece:
        missing = [each for each in wanted if each not in piece.numbers]
        for each, fetched in _fetched(work, missing):
            if isinstance(fetched, Fetched):
                piece.append(each, fetched)
            else:
                failed[each] = str(fetched)
        return PieceDone(len(piece.numbers), piece.unchanged, failed)


def _fetched(
    work: Work, numbers: list[int]
) -> Iterator[tuple[int, Fetched | UnaskedReason]]:
    if not numbers:
        return
    fetcher, base = _session(work)

    def fetch(number: int) -> tuple[int, Fetched | UnaskedReason]:
        return number, _range(work, fetcher, base, number)

    pool = ThreadPoolExecutor(work.plan.service.at_once, "credguard sync")
    try:
        yield from pool.map(fetch, numbers)
    finally:
        pool.shutdown(cancel_futures=True)


_Session = tuple[Fetcher, Corpus | None]
# Connections are kept from piece to piece, and never over a fork.
_sessions: dict[tuple[int, Service, str], _Session] = {}


def end_session() -> None:
    """Close what this process keeps from piece to piece."""
    while _sessions:
        fetcher, base = _sessions.popitem()[1]
        fetcher.close()
        if base is not None:
            base.close()


def _session(work: Work) -> _Session:
    key = (os.getpid(), work.plan.service, work.terms.stands_on)
    if key not in _sessions:
        end_session()
        _sessions[key] = (Fetcher(work.plan.service), _base(work))
    return _sessions[key]


def _base(work: Work) -> Corpus | None:
    if not work.terms.stands_on:
        return None
    base = Corpus(work.target)
    if base.stamp != work.terms.stands_on:
        message = f"{work.target} was replaced meanwhile; run the same again"
        raise CorpusUnwrittenError(message)
    return base


def _range(
    work: Work, fetcher: Fetcher, base: Corpus | None, number: int
) -> Fetched | UnaskedReason:
    etag = "" if base is None else _etag_of_whole(base, number)
    found: Fetched | UnaskedReason = UnaskedReason.MALFORMED
    # An answer may be damaged on its way; one that is wrong twice stays so.
    for _ in range(2):
        answer = fetcher.fetch(number, etag=etag)
        if isinstance(answer, Unasked):
            return answer.why
        found = _checked(work, number, answer)
        if isinstance(found, Fetched):
            return found
    return found


def _etag_of_whole(base: Corpus, number: int) -> str:
    """Return the ETag of a range that can be read, nothing if it is damaged."""
    try:
        base.range_run(number)
    except CorpusDamagedError:
        return ""
    return base.etag(number)


def _checked(work: Work, number: int, answer: Answer) -> Fetched | UnaskedReason:
    if answer.body is None:
        return Fetched(answer.etag, None)
    if work.trusts_md5 and has_its_md5(answer) is False:
        return UnaskedReason.MALFORMED
    text = answer.body.strip(b"\r\n")
    lines = text.count(b"\n") + 1 if text else 0
    last = text[text.rfind(b"\n") + 1 :].upper()
    # Among so many, some begin with F; a body that was cut has none.
    is_cut = lines >= _MANY_LINES and not last.startswith(_LAST_DIGIT)
    if lines < work.plan.fewest_lines or is_cut:
        return UnaskedReason.TOO_FEW_LINES
    try:
        run = read_lines(
            text,
            work.shape,
            prefix=f"{number:05X}".encode(),
            min_count=work.plan.min_count,
        )
    except CorpusSourceError:
        return UnaskedReason.MALFORMED
    return Fetched(answer.etag, run)
