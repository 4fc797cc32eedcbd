"""
The look-up itself: a function of a digest, made once for an open file.

About a dozen steps of the interpreter decide what a look-up costs, so everything
that is known when the file is opened is bound beforehand.
"""

import mmap
import struct
from collections.abc import Callable

from credguard.errors import CorpusSetupError
from credguard.screening.corpus.layout import HEADER_BYTES, LARGE_COUNT, Shape, Width
from credguard.screening.corpus.reading import CorpusFile

Times = Callable[[bytes], int]
"""Returns how often a digest was seen, 0 if it is not listed."""

Split = Callable[[bytes], tuple[int, bytes]]
"""Returns a digest's first 32 bits as a number, and its suffix."""


def search_in(file: CorpusFile) -> Times:
    """Return the look-up for an open file; it raises as `Corpus.times` does."""
    return _read(file) if file.mapped is None else _mapped(file, file.mapped)


def _mapped(file: CorpusFile, mapped: mmap.mmap) -> Times:
    header, seen = file.header, file.seen
    shape = header.shape
    numbers = memoryview(mapped)[HEADER_BYTES : header.table_at]
    directory = numbers.cast("Q") if header.wide_directory else numbers.cast("I")
    split, find, check = _splits(shape), mapped.find, file.check_block
    shift, bits, base = shape.shift, shape.block_bits, header.body_at
    width, size = shape.suffix_bytes, shape.record_bytes

    def times(digest: bytes) -> int:
        try:
            word, suffix = split(digest)
        except struct.error:
            raise _wrong_length(shape) from None
        bucket = word >> shift
        if not seen[bucket >> bits]:
            check(bucket >> bits)
        first = directory[bucket]
        start = base + first * size
        end = start + (directory[bucket + 1] - first) * width
        at = find(suffix, start, end)
        while at >= 0:
            place = at - start
            if not place % width:
                place //= width
                count: int = mapped[end + place]
                if count < LARGE_COUNT:
                    return count
                return file.large_count(bucket, first + place)
            at = find(suffix, at + 1, end)
        return 0

    return times


def _read(file: CorpusFile) -> Times:
    header, seen, read = file.header, file.seen, file.read
    shape = header.shape
    entry = header.directory_entry_bytes
    pair = struct.Struct("<QQ" if header.wide_directory else "<II").unpack
    split, check = _splits(shape), file.check_block
    shift, bits, base = shape.shift, shape.block_bits, header.body_at
    width, size = shape.suffix_bytes, shape.record_bytes

    def times(digest: bytes) -> int:
        try:
            word, suffix = split(digest)
        except struct.error:
            raise _wrong_length(shape) from None
        bucket = word >> shift
        if not seen[bucket >> bits]:
            check(bucket >> bits)
        first, after = pair(read(HEADER_BYTES + bucket * entry, 2 * entry))
        records = read(base + first * size, (after - first) * size)
        end = (after - first) * width
        at = records.find(suffix, 0, end)
        while at >= 0:
            if not at % width:
                place = at // width
                count: int = records[end + place]
                if count < LARGE_COUNT:
                    return count
                return file.large_count(bucket, first + place)
            at = records.find(suffix, at + 1, end)
        return 0

    return times


def _splits(shape: Shape) -> Split:
    """Return what splits a digest into its first 32 bits and its suffix."""
    rest = shape.kind.hash_bytes - 4
    if shape.width is not Width.WHOLE:
        width = shape.suffix_bytes
        return struct.Struct(f">I{width}s{rest - width}x").unpack
    first_word, skip = struct.Struct(f">I{rest}x").unpack, shape.skip

    def split(digest: bytes) -> tuple[int, bytes]:
        (word,) = first_word(digest)
        return word, digest[skip:]

    return split


def _wrong_length(shape: Shape) -> CorpusSetupError:
    return CorpusSetupError(
        f"this corpus lists {shape.kind} hashes, which have "
        f"{shape.kind.hash_bytes} bytes"
    )
