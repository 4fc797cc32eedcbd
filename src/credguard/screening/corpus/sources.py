"""
What a corpus is made of: the downloader's text, cut into pieces of work.

One file, plain or packed by gzip, or a folder with a file for each range. A piece
says where its lines are, so that another process can read them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from credguard.errors import CorpusSourceError
from credguard.screening.corpus.layout import Kind, Shape
from credguard.screening.corpus.lines import read_lines
from credguard.screening.corpus.runs import Run

PIECE_BYTES = 1 << 20
_GZIP = b"\x1f\x8b"
_SAMPLE_BYTES = 1 << 16
_SAMPLES = 16
_LONGEST_LINE = 1 << 12
_MOST_PACKED = 1032  # deflate packs no tighter
_BOM = b"\xef\xbb\xbf"
_LINE = re.compile(rb"(?:\xef\xbb\xbf)?([0-9A-Fa-f]+):([0-9,]+)\r?")
_KINDS = {40: Kind.SHA1, 32: Kind.NTLM, 35: Kind.SHA1, 27: Kind.NTLM}


class Piece(Protocol):
    """A piece of a source, which another process can read."""

    def read(self, shape: Shape, min_count: int) -> Run:
        """
        Return its records.

        Raises:
            CorpusSourceError: A line is not as it must be; its number counts from
                the source's first line.
        """

    def blamed(self, error: CorpusSourceError) -> CorpusSourceError:
        """Return *error* with the number of the piece's first line, if it has one."""


class Source(Protocol):
    """Hashes with counts, in order of the hash."""

    def kind(self) -> Kind:
        """Return which hash it lists."""

    def expected(self, min_count: int) -> int:
        """Return about how many hashes there are, from samples."""

    def pieces(self, kind: Kind) -> Iterator[Piece]:
        """Return the pieces in order."""


@dataclass(frozen=True, slots=True)
class FilePiece:
    """The lines that begin in a part of a plain file."""

    path: Path
    start: int
    end: int

    def read(self, shape: Shape, min_count: int) -> Run:
        """Return the records of the lines."""
        start, text = _lines_in(self.path, self.start, self.end)
        try:
            return read_lines(text, shape, min_count=min_count)
        except CorpusSourceError as error:
            before = _lines_before(self.path, start)
            raise placed(error, before, str(self.path)) from None

    def blamed(self, error: CorpusSourceError) -> CorpusSourceError:
        """Return *error* with the number of the first line."""
        start, _ = _lines_in(self.path, self.start, self.end)
        first = CorpusSourceError(error.flaw, 1)
        return placed(first, _lines_before(self.path, start), str(self.path))


class TextFile:
    """
    A plain file of the downloader.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size

    def kind(self) -> Kind:
        """Return which hash the first line has."""
        with self._path.open("rb") as file:
            return kind_of(file.read(_LONGEST_LINE))

    def expected(self, min_count: int) -> int:
        """Return about how many hashes there are, from samples of the lines."""
        step = max(self._size // _SAMPLES, 1)
        texts = []
        for start in range(0, self._size, step):
            end = min(start + _SAMPLE_BYTES, self._size)
            texts.append(_lines_in(self._path, start, end)[1])
        size, kept = sampled(texts, min_count)
        return self._size * kept // size if size else 0

    def pieces(self, kind: Kind) -> Iterator[Piece]:
        """Return the pieces in order."""
        del kind  # each piece looks for itself
        for start in range(0, self._size, PIECE_BYTES):
            yield FilePiece(self._path, start, min(start + PIECE_BYTES, self._size))


def kind_of(text: bytes) -> Kind:
    """
    Return which hash the first line has.

    Args:
        text: The beginning of a file.

    Raises:
        CorpusSourceError: It is no line of the downloader.
    """
    lines = (line for line in text.split(b"\n") if line.strip(b"\r"))
    found = _LINE.fullmatch(next(lines, b""))
    kind = _KINDS.get(len(found[1])) if found else None
    if kind is None:
        message = (
            "the first line is not HASH:COUNT; for a file of plain words, say that "
            "it is one"
        )
        raise CorpusSourceError(message)
    return kind


def placed(error: CorpusSourceError, before: int, where: str) -> CorpusSourceError:
    """Return *error* with the number of its line in the whole file."""
    number = None if error.number is None else before + error.number
    return CorpusSourceError(f"{error.flaw} (in {where})", number)


def _lines_in(path: Path, start: int, end: int) -> tuple[int, bytes]:
    """Return the lines that begin from *start* to before *end*, and where they do."""
    with path.open("rb", buffering=0) as file:
        file.seek(max(start - 1, 0))
        data = file.read(end - max(start - 1, 0) + _LONGEST_LINE)
    before = min(start, 1)
    if before:
        # A line begins behind the end of the one before.
        begin = data.find(b"\n", 0, end - start + 1) + 1
        if not begin:
            return start, b""
    else:
        begin = 0
    last = data.find(b"\n", end - start + before - 1)
    cut = last + 1 if last >= 0 else len(data)
    return start - before + begin, data[begin:cut]


def _lines_before(path: Path, end: int) -> int:
    """Return how many lines end before the place *end* of a file."""
    lines = 0
    with path.open("rb") as file:
        while end and (data := file.read(min(end, PIECE_BYTES))):
            lines += data.count(b"\n")
            end -= len(data)
    return lines


def sampled(texts: Iterable[bytes], min_count: int) -> tuple[int, int]:
    """Return how long some lines are, and how many of them have a high enough count."""
    size = kept = 0
    for text in texts:
        size += len(text)
        for line in text.split(b"\n"):
            found = _LINE.fullmatch(line)
            if found and int(found[2].replace(b",", b"") or 0) >= max(min_count, 1):
                kept += 1
    return size, kept
