"""Files that gzip packed, unpacked piece by piece."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from credguard.errors import CorpusSourceError
from credguard.screening.corpus.layout import Kind, Shape
from credguard.screening.corpus.lines import read_lines
from credguard.screening.corpus.runs import Run
from credguard.screening.corpus.sources import (
    PIECE_BYTES,
    Piece,
    kind_of,
    placed,
    sampled,
)

GZIP = b"\x1f\x8b"
_MOST_UNPACKED = 16 * PIECE_BYTES
_MOST_IN_RANGE = 1 << 24


@dataclass(frozen=True, slots=True)
class TextPiece:
    """Lines that were read already, with how many stand before them."""

    text: bytes
    before: int
    where: str

    def read(self, shape: Shape, min_count: int) -> Run:
        """Return the records of the lines."""
        try:
            return read_lines(self.text, shape, min_count=min_count)
        except CorpusSourceError as error:
            raise placed(error, self.before, self.where) from None

    def blamed(self, error: CorpusSourceError) -> CorpusSourceError:
        """Return *error* with the number of the first line."""
        first = CorpusSourceError(error.flaw, 1)
        return placed(first, self.before, self.where)


class PackedFile:
    """
    A file of the downloader that gzip packed.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def kind(self) -> Kind:
        """Return which hash the first line has."""
        return kind_of(next(self._texts(), b""))

    def expected(self, min_count: int) -> int:
        """Return about how many hashes there are, from the first lines."""
        packed = self._path.stat().st_size
        with self._path.open("rb") as file:
            head = file.read(PIECE_BYTES)
        unpacker = zlib.decompressobj(wbits=31)
        try:
            text = unpacker.decompress(head, _MOST_UNPACKED)
        except zlib.error:
            raise CorpusSourceError(_unpackable(self._path)) from None
        used = len(head) - len(unpacker.unconsumed_tail) - len(unpacker.unused_data)
        size, kept = sampled([text[: text.rfind(b"\n") + 1]], min_count)
        whole = len(text) * max(packed, 1) // max(used, 1)
        return whole * kept // size if size else 0

    def pieces(self, kind: Kind) -> Iterator[Piece]:
        """Return the pieces in order; they are unpacked here."""
        del kind  # as the lines are
        before = 0
        for text in self._texts():
            yield TextPiece(text, before, str(self._path))
            before += text.count(b"\n")

    def _texts(self) -> Iterator[bytes]:
        """Yield whole lines, about as many as one piece has."""
        kept = b""
        with gzip.open(self._path) as file:
            while data := _unpacked(file, self._path):
                cut = data.rfind(b"\n") + 1
                if cut:
                    yield kept + data[:cut]
                    kept = data[cut:]
                else:
                    kept += data
                if len(kept) > PIECE_BYTES:
                    break  # no line is so long: it is shown as it is, and refused
        if kept:
            yield kept


def unpacked_file(path: Path) -> bytes:
    """
    Return what a small file holds, unpacked if gzip packed it.

    Raises:
        CorpusSourceError: It cannot be unpacked.
    """
    data = path.read_bytes()
    if data[:2] != GZIP:
        return data
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(data, _MOST_IN_RANGE)
    except zlib.error:
        raise CorpusSourceError(_unpackable(path)) from None
    if not unpacker.eof:
        raise CorpusSourceError(_unpackable(path))
    return text


def _unpacked(file: gzip.GzipFile, path: Path) -> bytes:
    try:
        return file.read(PIECE_BYTES)
    except (OSError, EOFError, zlib.error):
        message = _unpackable(path)
    raise CorpusSourceError(message)


def _unpackable(path: Path) -> str:
    return f"{path} is cut or damaged: it cannot be unpacked"
