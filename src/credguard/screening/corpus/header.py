"""
What a corpus file says about itself, and where in it everything stands.

The first 4,096 bytes; docs/corpus-format.md has them byte by byte.
"""

import hashlib
import struct
from dataclasses import dataclass
from zlib import crc32

from credguard.errors import CorpusDamagedError, CorpusSetupError
from credguard.screening.corpus.layout import (
    BLOCK_ENTRY_BYTES,
    HEADER_BYTES,
    MAX_DIRECTORY_BITS,
    OVERFLOW_BYTES,
    RANGE_BYTES,
    RANGES,
    Kind,
    Shape,
    Width,
)

MAGIC = b"\x89CGC\r\n\x1a\n"
VERSION = 1
MAX_SOURCE_BYTES = 512
STAMP_BYTES = 8
MAX_ETAG_BYTES = RANGE_BYTES - 5

_HEADER = struct.Struct("<8sHBBBBBBQQQQQQ8sHH")
_SUM = struct.Struct("<I")
_SUMMED_BYTES = HEADER_BYTES - _SUM.size
_HAS_RANGES = 1
_ENTRY_BYTES, _WIDE_ENTRY_BYTES = 4, 8
_MAX_INSTANT = 253_402_300_799  # the last second of the year 9999
_KINDS = {Kind.SHA1: 1, Kind.NTLM: 2}


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


def write_etag(etag: str) -> bytes:
    """Return the record of a range's ETag; one of more than 27 bytes is not kept."""
    said = etag.encode(errors="replace")
    if not said or len(said) > MAX_ETAG_BYTES:
        return bytes(RANGE_BYTES)
    record = bytes([len(said)]) + said.ljust(MAX_ETAG_BYTES, b"\0")
    return record + _SUM.pack(crc32(record))


def read_etag(record: bytes) -> str | None:
    """Return the ETag of a range: empty if there is none, None if it is damaged."""
    if not any(record):
        return ""
    said, (summed,) = record[: -_SUM.size], _SUM.unpack(record[-_SUM.size :])
    if crc32(said) != summed or said[0] > MAX_ETAG_BYTES:
        return None
    return said[1 : 1 + said[0]].decode(errors="replace")


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
        data: The bytes; fewer if the file is shorter. What follows is not looked at.

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
    said, (summed,) = data[:_SUMMED_BYTES], _SUM.unpack_from(data, _SUMMED_BYTES)
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
