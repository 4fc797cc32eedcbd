"""
A folder with a file for each of the 1,048,576 ranges, as downloaders leave it.

The files may lie in the folder or in folders in it, be named in either case, end in
.txt or nothing, and be packed by gzip. What else lies there is passed over.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from credguard.errors import CorpusSourceError
from credguard.screening.corpus.layout import RANGES, Kind, Shape
from credguard.screening.corpus.lines import read_lines
from credguard.screening.corpus.packed import unpacked_file
from credguard.screening.corpus.runs import Run
from credguard.screening.corpus.sources import Piece, kind_of

_NAME = re.compile(r"([0-9A-Fa-f]{5})(\.txt)?(\.gz)?")
_DIGITS = 5
_AT_ONCE = 16
_SAMPLES = 64
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Naming:
    """
    How a range's file is called, learned from one of them.

    Attributes:
        folder: The folder that is above all of them.

        parts: The names of the folders between: a text, or the part of the five
            digits that it repeats.

        ending: What follows the digits in a file's name.

        is_lower: True if the digits are in lower case.
    """

    folder: Path
    parts: tuple[str | slice, ...]
    ending: str
    is_lower: bool

    def path(self, number: int) -> Path:
        """Return where the file of a range is."""
        digits = f"{number:05x}" if self.is_lower else f"{number:05X}"
        names = [
            digits[each] if isinstance(each, slice) else each for each in self.parts
        ]
        return self.folder.joinpath(*names, digits + self.ending)


@dataclass(frozen=True, slots=True)
class RangesPiece:
    """The files of some ranges in a row."""

    naming: Naming
    first: int
    end: int
    kind: Kind

    def read(self, shape: Shape, min_count: int) -> Run:
        """Return the records of the files."""
        texts = [self._lines(number) for number in range(self.first, self.end)]
        try:
            return read_lines(b"".join(texts), shape, min_count=min_count)
        except CorpusSourceError as flaw:
            self._blame(texts, shape)
            raise flaw from None

    def blamed(self, error: CorpusSourceError) -> CorpusSourceError:
        """Return *error* with the first file's name."""
        where = self.naming.path(self.first)
        return CorpusSourceError(f"{error.flaw} (from {where} on)")

    def _lines(self, number: int) -> bytes:
        """Return a range's lines with whole hashes, ended by LF."""
        path = self.naming.path(number)
        text = _read(path, number).replace(b"\r\n", b"\n").removeprefix(_BOM).strip()
        if not text:
            message = f"the range {number:05X} is empty (in {path}); fetch it again"
            raise CorpusSourceError(message)
        prefix = b"%05X" % number
        if text.find(b":") == 2 * self.kind.hash_bytes:
            lines = b"\n" + text.upper()
            if lines.count(b"\n") != lines.count(b"\n" + prefix):
                message = f"another range's hashes stand in {path}"
                raise CorpusSourceError(message)
            return text + b"\n"
        return prefix + text.replace(b"\n", b"\n" + prefix) + b"\n"

    def _blame(self, texts: list[bytes], shape: Shape) -> None:
        """Raise the flaw of the file that has it."""
        for number, text in enumerate(texts, self.first):
            try:
                read_lines(text, shape)
            except CorpusSourceError as error:
                flaw = f"{error.flaw} (in {self.naming.path(number)})"
                raise CorpusSourceError(flaw, error.number) from None


class RangeFolder:
    """
    A folder with a file for each range.

    Args:
        path: The folder.

    Raises:
        CorpusSourceError: Files of ranges are missing.
    """

    def __init__(self, path: Path) -> None:
        self._naming = _naming(path)

    def kind(self) -> Kind:
        """Return which hash the first range's first line has."""
        return kind_of(_read(self._naming.path(0), 0))

    def expected(self, min_count: int) -> int:
        """Return about how many hashes there are, from some of the ranges."""
        kept = 0
        for number in range(0, RANGES, RANGES // _SAMPLES):
            for line in _read(self._naming.path(number), number).splitlines():
                count = line.rpartition(b":")[2].replace(b",", b"")
                kept += count.isdigit() and int(count) >= max(min_count, 1)
        return kept * (RANGES // _SAMPLES)

    def pieces(self, kind: Kind) -> Iterator[Piece]:
        """Return the pieces in order."""
        for first in range(0, RANGES, _AT_ONCE):
            yield RangesPiece(self._naming, first, first + _AT_ONCE, kind)


def _naming(folder: Path) -> Naming:
    """Return how the files are called, having seen that each range has one."""
    seen = bytearray(RANGES)
    example: tuple[str, ...] = ()
    for parts in _files(folder):
        found = _NAME.fullmatch(parts[-1])
        if not found:
            continue
        seen[int(found[1], 16)] = 1
        # Five digits that differ, a letter among them, tell which part is which.
        if not example and len(set(found[1])) == _DIGITS and not found[1].isdecimal():
            example = parts
    missing = seen.count(0)
    if missing or not example:
        message = (
            f"{missing:,} of {RANGES:,} ranges are missing in {folder}, first "
            f"{seen.find(0):05X}; fetch them first"
        )
        raise CorpusSourceError(message)
    *folders, name = example
    digits = name[:_DIGITS]
    return Naming(
        folder=folder,
        parts=tuple(_part(each, digits) for each in folders),
        ending=name[_DIGITS:],
        is_lower=digits != digits.upper(),
    )


def _part(name: str, digits: str) -> str | slice:
    at = digits.lower().find(name.lower())
    return slice(at, at + len(name)) if at >= 0 else name


def _files(folder: Path, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield all files below a folder, never holding more than one name of each."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(Path(entry.path), (*above, entry.name))
            else:
                yield (*above, entry.name)


def _read(path: Path, number: int) -> bytes:
    try:
        return unpacked_file(path)
    except OSError as error:
        message = f"the range {number:05X} cannot be read from {path}: {error.strerror}"
    raise CorpusSourceError(message)
