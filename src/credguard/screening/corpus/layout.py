"""
How records look, and how many of them share a bucket; docs/corpus-format.md.

A record is a part of a hash and a count byte. The hash's first bits choose the
bucket that it stands in, and so need not be kept.
"""

from dataclasses import dataclass
from enum import StrEnum

HEADER_BYTES = 4096

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


def directory_bits(entries: int) -> int:
    """Return how many bits choose the bucket where about *entries* are expected."""
    needed = -(-entries // MEAN_BUCKET)
    return min(max(needed - 1, 0).bit_length(), MAX_DIRECTORY_BITS)


def needs_wide_directory(entries: int) -> bool:
    """Return True if record numbers may pass four bytes, an estimate's error too."""
    return entries * 5 // 4 >= _MOST_IN_U32
