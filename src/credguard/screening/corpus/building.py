"""Builds a corpus from text, on as many cores as wanted, in flat memory."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path

from credguard.errors import CorpusSourceError, CorpusUnwrittenError
from credguard.screening.corpus.folders import RangeFolder
from credguard.screening.corpus.header import Header
from credguard.screening.corpus.layout import (
    MAX_DIRECTORY_BITS,
    Kind,
    Shape,
    Width,
    directory_bits,
)
from credguard.screening.corpus.packed import GZIP, PackedFile
from credguard.screening.corpus.runs import Run
from credguard.screening.corpus.sources import Piece, Source, TextFile
from credguard.screening.corpus.words import WordFile
from credguard.screening.corpus.writing import CorpusWriter, Origin

_AHEAD = 3  # pieces a process that wait or are under way

# Of hashes that are spread evenly, so many in a row are never missing by chance:
# once in e^60.
_NEVER_MISSING = 60

Progress = Callable[[int, int], object]
"""Is told how many hashes were written, and about how many there are in all."""


@dataclass(frozen=True, slots=True)
class Plan:
    """
    How a corpus is to be built.

    Attributes:
        width: How much of each hash is kept.

        kind: The kind of hash that the source must have; None for what it has.

        origin: What it is made of; the least count of a hash that is kept, too.

        words: True if the source is a file of plain words.

        partial: True if large parts of the hashes may be missing.

        jobs: How many processes read the source. More than one starts others that
            import the caller's main module.
    """

    width: Width = Width.DEFAULT
    kind: Kind | None = None
    origin: Origin = field(default_factory=Origin)
    words: bool = False
    partial: bool = False
    jobs: int = 1


def build(
    source: str | os.PathLike[str],
    path: str | os.PathLike[str],
    plan: Plan | None = None,
    *,
    on_progress: Progress | None = None,
) -> Header:
    """
    Build a corpus and swap it in.

    Args:
        source: The downloader's file, plain or packed by gzip, or a folder with a
            file for each range, or a file of plain words.

        path: The corpus file.

        plan: How to build it.

        on_progress: Is told how far it is.

    Returns:
        What the new file says about itself.

    Raises:
        CorpusSourceError: The source is not as it must be; the number of the line
            is told. The old file stands.
        CorpusUnwrittenError: The disk is full, or another process is building this
            corpus. The old file stands.
        CorpusSetupError: The file cannot be written there.
    """
    plan = plan or Plan()
    try:
        return _built(Path(source), Path(path), plan, on_progress)
    except OSError as error:
        message = f"{source} cannot be read: {error.strerror}"
    raise CorpusSourceError(message)


def _built(
    source: Path, target: Path, plan: Plan, on_progress: Progress | None
) -> Header:
    origin = plan.origin
    if not origin.source:
        origin = replace(origin, source=source.name)
    found: Source = (
        WordFile(source, beside=target.parent, kind=plan.kind or Kind.SHA1)
        if plan.words
        else source_at(source)
    )
    kind = found.kind()
    if plan.kind not in {None, kind}:
        message = f"{source} lists {kind} hashes, not {plan.kind}"
        raise CorpusSourceError(message)
    expected = found.expected(origin.min_count)
    bits = directory_bits(expected)
    writer = CorpusWriter(
        target,
        shape=Shape(kind, plan.width, bits),
        expected=expected,
        origin=origin,
        most_empty=1 << MAX_DIRECTORY_BITS if plan.partial else _gap(expected, bits),
    )
    with writer:
        for piece, run in _runs(found.pieces(kind), writer.shape, plan):
            try:
                writer.add(run)
            except CorpusSourceError as error:
                raise piece.blamed(error) from None
            if on_progress is not None:
                on_progress(writer.entries, max(expected, writer.entries))
        return writer.finish()


def source_at(path: Path) -> Source:
    """
    Return the source at *path*: a folder of ranges, or a file, packed or not.

    Raises:
        CorpusSourceError: There is nothing that can be read.
    """
    if path.is_dir():
        return RangeFolder(path)
    try:
        with path.open("rb") as file:
            packed = file.read(len(GZIP)) == GZIP
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
    else:
        return PackedFile(path) if packed else TextFile(path)
    raise CorpusSourceError(message)


def _gap(expected: int, bits: int) -> int:
    """Return how many buckets in a row may be empty."""
    return max((_NEVER_MISSING << bits) // max(expected, 1), 1)


def _runs(
    pieces: Iterator[Piece], shape: Shape, plan: Plan
) -> Iterator[tuple[Piece, Run]]:
    """Yield the pieces in order, each with what was made of it."""
    least = plan.origin.min_count
    if plan.jobs <= 1:
        for piece in pieces:
            yield piece, piece.read(shape, least)
        return
    pool = ProcessPoolExecutor(plan.jobs, mp_context=get_context("spawn"))
    waiting: deque[tuple[Piece, Future[Run]]] = deque()
    try:
        for piece in pieces:
            waiting.append((piece, pool.submit(_read, piece, shape, least)))
            if len(waiting) >= plan.jobs * _AHEAD:
                yield _next(waiting)
        while waiting:
            yield _next(waiting)
    finally:
        pool.shutdown(cancel_futures=True)


def _read(piece: Piece, shape: Shape, min_count: int) -> Run:
    return piece.read(shape, min_count)


def _next(waiting: "deque[tuple[Piece, Future[Run]]]") -> tuple[Piece, Run]:
    piece, future = waiting.popleft()
    try:
        return piece, future.result()
    except BrokenProcessPool:
        message = "a process that was reading the source has ended; build again"
    raise CorpusUnwrittenError(message)
