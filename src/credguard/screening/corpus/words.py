"""
Plain words as a source: hashed, counted and brought into order in flat memory.

The hashes are dealt into parts by their first bits, in one file that has no name
and so is gone with the process; then each part is sorted by itself.
"""

import hashlib
import weakref
from array import array
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from credguard._text import nfc
from credguard.errors import CorpusSourceError, CorpusUnwrittenError
from credguard.screening.corpus.layout import Kind
from credguard.screening.corpus.nt_hash import nt_hash
from credguard.screening.corpus.packed import TextPiece
from credguard.screening.corpus.sources import Piece

_PART_BYTES = 1 << 21
_MOST_PART_BITS = 12
_BUFFER_BYTES = 4 << 20
_LONGEST_WORD = 1 << 16
_BOM = b"\xef\xbb\xbf"


class WordFile:
    """
    A file with a password a line; how often one stands there is its count.

    Args:
        path: The file.

        beside: The folder in which room for the hashes is taken.

        kind: Which hash is made of them.

    Raises:
        CorpusSourceError: The file cannot be read.
    """

    def __init__(self, path: Path, *, beside: Path, kind: Kind) -> None:
        self._path = path
        self._beside = beside
        self._kind = kind
        try:
            size = path.stat().st_size
        except OSError as error:
            message = f"{path} cannot be read: {error.strerror}"
            raise CorpusSourceError(message) from None
        parts = max(size // _PART_BYTES, 1)
        self._bits = min((parts - 1).bit_length(), _MOST_PART_BITS)
        self._parts: _Parts | None = None

    def kind(self) -> Kind:
        """Return which hash is made of the words."""
        return self._kind

    def expected(self, min_count: int) -> int:
        """Return about how many different words there are, from one part of them."""
        parts = self._dealt()
        kept = sum(count >= min_count for _, count in parts.counted(0))
        return kept << self._bits

    def pieces(self, kind: Kind) -> Iterator[Piece]:
        """Return the pieces in order."""
        del kind  # it is known
        parts = self._dealt()
        for part in range(1 << self._bits):
            lines = [b"%b:%d\n" % counted for counted in parts.counted(part)]
            yield TextPiece(b"".join(lines), 0, str(self._path))

    def _dealt(self) -> "_Parts":
        """Hash all words, once."""
        if self._parts is not None:
            return self._parts
        hashed = _hashed if self._kind is Kind.SHA1 else _nt_hashed
        try:
            parts = _Parts(self._beside, self._bits, self._kind.hash_bytes)
            for number, word in enumerate(self._lines(), 1):
                if word:
                    parts.add(hashed(word, number))
            parts.write()
        except OSError as error:
            message = f"there is no room beside the corpus: {error.strerror}"
            raise CorpusUnwrittenError(message) from None
        self._parts = parts
        return parts

    def _lines(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            start = file.read(len(_BOM))
            file.seek(0 if start != _BOM else len(_BOM))
            while line := file.readline(_LONGEST_WORD):
                yield line.rstrip(b"\r\n")


class _Parts:
    """Hashes in a file without a name, dealt out by their first bits."""

    def __init__(self, folder: Path, bits: int, hash_bytes: int) -> None:
        self._file: IO[bytes] = TemporaryFile(dir=folder)  # noqa: SIM115  # kept open
        weakref.finalize(self, self._file.close)
        self._shift = 16 - bits
        self._size = hash_bytes
        self._kept = [bytearray() for _ in range(1 << bits)]
        self._places = [array("Q") for _ in range(1 << bits)]
        self._room = _BUFFER_BYTES
        self._end = 0

    def add(self, digest: bytes) -> None:
        """Put a hash into its part."""
        self._kept[(digest[0] << 8 | digest[1]) >> self._shift] += digest
        self._room -= len(digest)
        if self._room <= 0:
            self.write()

    def counted(self, part: int) -> list[tuple[bytes, int]]:
        """Return the hashes of a part in order, in hexadecimal, with their counts."""
        data = bytearray()
        places = self._places[part]
        for at, length in zip(places[::2], places[1::2], strict=True):
            self._file.seek(at)
            data += self._file.read(length)
        ordered = sorted(
            bytes(data[at : at + self._size]) for at in range(0, len(data), self._size)
        )
        return [
            (digest.hex().upper().encode(), sum(1 for _ in same))
            for digest, same in groupby(ordered)
        ]

    def write(self) -> None:
        """Write what is in memory."""
        self._file.seek(self._end)
        for kept, places in zip(self._kept, self._places, strict=True):
            if kept:
                self._file.write(kept)
                places.extend((self._end, len(kept)))
                self._end += len(kept)
                kept.clear()
        self._file.flush()
        self._room = _BUFFER_BYTES


def _hashed(word: bytes, _: int) -> bytes:
    if not word.isascii():
        # A word in another encoding is listed as it stands.
        with suppress(UnicodeDecodeError):
            word = nfc(word.decode()).encode()
    return hashlib.sha1(word, usedforsecurity=False).digest()


def _nt_hashed(word: bytes, number: int) -> bytes:
    try:
        return nt_hash(nfc(word.decode()))
    except UnicodeDecodeError:
        flaw = "the word is not UTF-8, and an NTLM hash is made of characters"
    raise CorpusSourceError(flaw, number)
