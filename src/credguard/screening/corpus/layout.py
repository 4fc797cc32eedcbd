"""
The corpus file's header and where everything stands; docs/corpus-format.md.

A file is a header, a directory, a table of blocks, where wanted a table of ranges,
the records and the large counts. Every number in it is little-endian; hashes are
as they are computed, most significant byte first.
"""

import hashlib
import struct
from dataclasses import dataclass
from enum import StrEnum
from zlib import crc32

from credguard.errors import CorpusDamagedError, CorpusSetupError

MAGIC = b"\x89CGC\r\n\x1a\n"
VERSION = 1
HEADER_BYTES = 4096
MAX_SOURCE_BYTES = 512
STAMP_BYTES = 8

BLOCK_ENTRY_BYTES = 8
OVERFLOW_BYTES = 8
RANGE_BYTES = 32
RANGES = 1 << 20
"""A range is all hashes with the same first five hexadecimal digits."""

WORD_BITS = 32
MAX_DIRECTORY_BITS = 30
MOST_BLOCK_BITS = 6
MEAN_BUCKET = 32
"""How many records a bucket has at most on average: half of it to all of it."""

LARGE_COUNT = 255
"""The count byte of a record whose count stands among the large ones."""

COUNT_BITS = 40
MAX_COUNT = (1 << COUNT_BITS) - 1
_MOST_IN_U32 = 1 << 32

_HEADER = struct.Struct("<8sHBBBBBBQQQQQQ8sHH")
_SUM = struct.Struct("<I")
_SUMMED_BYTES = HEADER_BYTES - _SUM.size
_HAS_RANGES = 1
_ENTRY_BYTES, _WIDE_ENTRY_BYTES = 4, 8
_MAX_INSTANT = 253_402_300_799  # the last second of the year 9999


class Kind(StrEnum):
    """Which hash of a password is listed."""

    SHA1 = "sha1"
    NTLM = "ntlm"

    @property
    def hash_bytes(self) -> int:
        """How many bytes a hash of this kind has."""
        return 20 if self is Kind.SHA1 else 16


class Width(StrEnum):
    """How much of a hash is kept."""

    DEFAULT = "default"
    """Four bytes beside the directory's bits: one false listing in 10^8 at most."""

    COMPACT = "compact"
    """Three bytes: a fifth smaller, one false listing in 500,000 at most."""

    WHOLE = "whole"
    """All of it: needed where the range protocol is served from the file."""


_KINDS = {Kind.SHA1: 1, Kind.NTLM: 2}
_SUFFIX_BYTES = {Width.DEFAULT: 4, Width.COMPACT: 3}
_SKIP = 4  # the suffix follows the word that the directory's bits come from


@dataclass(frozen=True, slots=True)
class Shape:
    """
    How records look: two files of the same shape can take records of each other.

    Attributes:
        kind: Which hash is listed.

        width: How much of it is kept.

        bits: How many of its first bits choose the bucket, 0 to 30.
    """

    kind: Kind
    width: Width
    bits: int

    @property
    def skip(self) -> int:
        """The number of the hash's byte at which the suffix begins."""
        return self.bits // 8 if self.width is Width.WHOLE else _SKIP

    @property
    def suffix_bytes(self) -> int:
        """How many bytes of the hash a record holds."""
        if self.width is Width.WHOLE:
            return self.kind.hash_bytes - self.skip
        return _SUFFIX_BYTES[self.width]

    @property
    def record_bytes(self) -> int:
        """How many bytes a record has: the suffix and a count."""
        return self.suffix_bytes + 1

    @property
    def shift(self) -> int:
        """How far the hash's first 32 bits are shifted to have the bucket."""
        return WORD_BITS - self.bits

    @property
    def buckets(self) -> int:
        """How many buckets there are."""
        return 1 << self.bits

    @property
    def block_bits(self) -> int:
        """Two to this power is how many buckets share a checksum."""
        return min(self.bits, MOST_BLOCK_BITS)

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return 1 << (self.bits - self.block_bits)

    def false_listed(self, entries: int) -> float:
        """
        Return how probable it is that a hash that is not listed is found.

        Args:
            entries: How many hashes the file holds.
        """
        whole = self.width is Width.WHOLE
        above = 8 * self.skip if whole else self.bits
        kept = above + 8 * self.suffix_bytes
        return min(1.0, entries / 2.0**kept)


@dataclass(frozen=True, slots=True)
class Header:
    """
    What a file says about itself.

    Attributes:
        shape: How its records look.

        entries: How many hashes it holds.

        large: How many of them have a count above 254.

        min_count: Hashes seen less often than this were left out.

        source: What it was made of, at most 512 bytes of UTF-8.

        source_time: When the source was as it is, in Unix seconds, 0 if unknown.

        built_time: When the file was written, in Unix seconds.

        has_ranges: True if it holds the ETag of each range.

        wide_directory: True if the directory's numbers have eight bytes, not four.

        stamp: Eight bytes that differ where the records differ.
    """

    shape: Shape
    entries: int
    large: int = 0
    min_count: int = 1
    source: str = ""
    source_time: int = 0
    built_time: int = 0
    has_ranges: bool = False
    wide_directory: bool = False
    stamp: bytes = bytes(STAMP_BYTES)

    @property
    def directory_entry_bytes(self) -> int:
        """How many bytes a number of the directory has."""
        return _WIDE_ENTRY_BYTES if self.wide_directory else _ENTRY_BYTES

    @property
    def table_at(self) -> int:
        """Where the table of blocks begins; the directory ends there."""
        return HEADER_BYTES + (self.shape.buckets + 1) * self.directory_entry_bytes

    @property
    def ranges_at(self) -> int:
        """Where the table of ranges begins."""
        return self.table_at + (self.shape.blocks + 1) * BLOCK_ENTRY_BYTES

    @property
    def body_at(self) -> int:
        """Where the records begin."""
        return self.ranges_at + (RANGES * RANGE_BYTES if self.has_ranges else 0)

    @property
    def large_at(self) -> int:
        """Where the large counts begin."""
        return self.body_at + self.entries * self.shape.record_bytes

    @property
    def file_bytes(self) -> int:
        """How long the file is."""
        return self.large_at + self.large * OVERFLOW_BYTES

    @property
    def false_listed(self) -> float:
        """How probable it is that a hash that is not listed is found."""
        return self.shape.false_listed(self.entries)


def directory_bits(entries: int) -> int:
    """Return how many bits choose the bucket where about *entries* are expected."""
    needed = -(-entries // MEAN_BUCKET)
    return min(max(needed - 1, 0).bit_length(), MAX_DIRECTORY_BITS)


def needs_wide_directory(entries: int) -> bool:
    """Return True if record numbers may pass four bytes, an estimate's error too."""
    return entries * 5 // 4 >= _MOST_IN_U32


def stamp_of(shape: Shape, sums: "hashlib._Hash") -> bytes:
    """
    Return the stamp of a file's content.

    Args:
        shape: How its records look.

        sums: SHA-256 of all blocks' checksums, one after the other.
    """
    said = f"{shape.kind}/{shape.width}/{shape.bits}/".encode()
    return hashlib.sha256(said + sums.digest()).digest()[:STAMP_BYTES]


def write_header(header: Header) -> bytes:
    """Return the 4,096 bytes with which a file begins."""
    shape = header.shape
    source = header.source.encode()
    if len(source) > MAX_SOURCE_BYTES:
        message = f"a corpus's source has at most {MAX_SOURCE_BYTES} bytes of UTF-8"
        raise CorpusSetupError(message)
    packed = _HEADER.pack(
        MAGIC,
        VERSION,
        _KINDS[shape.kind],
        shape.suffix_bytes,
        shape.skip,
        shape.bits,
        shape.block_bits,
        header.directory_entry_bytes,
        header.entries,
        header.large,
        header.min_count,
        header.source_time,
        header.built_time,
        _HAS_RANGES if header.has_ranges else 0,
        header.stamp,
        len(source),
        0,
    )
    said = (packed + source).ljust(_SUMMED_BYTES, b"\0")
    return said + _SUM.pack(crc32(said))


def read_header(data: bytes, *, where: str) -> Header:
    """
    Return what the first 4,096 bytes of a file say.

    Args:
        data: The bytes; fewer if the file is shorter.

        where: The file's name, for errors.

    Raises:
        CorpusSetupError: It is no corpus, or of a newer version.
        CorpusDamagedError: It is cut, or the header is damaged.
    """
    if data[: len(MAGIC)] != MAGIC:
        message = f"{where} is no corpus; make one with: credguard corpus build"
        raise CorpusSetupError(message)
    if len(data) < HEADER_BYTES:
        raise CorpusDamagedError(_cut(where))
    version = int.from_bytes(data[8:10], "little")
    if version > VERSION:
        message = (
            f"{where} is of version {version} of the format, and this release reads "
            f"up to {VERSION}; upgrade credguard or build the corpus again"
        )
        raise CorpusSetupError(message)
    said, (summed,) = data[:_SUMMED_BYTES], _SUM.unpack(data[_SUMMED_BYTES:])
    header = _read(said) if version and crc32(said) == summed else None
    if header is None:
        message = f"the header of {where} is damaged; build or copy the corpus again"
        raise CorpusDamagedError(message)
    return header


def check_size(header: Header, size: int, *, where: str) -> None:
    """
    Check that a file has the length that its header implies.

    Raises:
        CorpusDamagedError: It is shorter or longer.
    """
    if size < header.file_bytes:
        raise CorpusDamagedError(_cut(where))
    if size > header.file_bytes:
        message = f"{where} is longer than its header says; build or copy it again"
        raise CorpusDamagedError(message)


def _cut(where: str) -> str:
    return f"{where} is cut: its end is missing; build or copy the corpus again"


def _read(said: bytes) -> Header | None:
    """Return the header that *said* is, None if it is not one that is written."""
    (_, _, number, suffix, skip, bits, block_bits, entry, *rest) = _HEADER.unpack_from(
        said
    )
    entries, large, min_count, source_time, built_time, flags, stamp, length, _ = rest
    kinds = {written: kind for kind, written in _KINDS.items()}
    if (
        number not in kinds
        or bits > MAX_DIRECTORY_BITS
        or entry not in {_ENTRY_BYTES, _WIDE_ENTRY_BYTES}
    ):
        return None
    shapes = [Shape(kinds[number], width, bits) for width in Width]
    fitting = [
        each for each in shapes if (each.suffix_bytes, each.skip) == (suffix, skip)
    ]
    if not fitting or fitting[0].block_bits != block_bits or flags not in {0, 1}:
        return None
    if length > MAX_SOURCE_BYTES or max(source_time, built_time) > _MAX_INSTANT:
        return None
    source = said[_HEADER.size : _HEADER.size + length]
    return Header(
        shape=fitting[0],
        entries=entries,
        large=large,
        min_count=min_count,
        source=source.decode(errors="replace"),
        source_time=source_time,
        built_time=built_time,
        has_ranges=flags == _HAS_RANGES,
        wide_directory=entry == _WIDE_ENTRY_BYTES,
        stamp=stamp,
    )
