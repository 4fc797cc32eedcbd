"""Reads all of a corpus and checks that it is what was written, and well made."""

import hashlib
import os
from collections.abc import Callable
from itertools import pairwise

from credguard.screening.corpus.corpus import Corpus
from credguard.screening.corpus.header import Header, read_etag, stamp_of
from credguard.screening.corpus.layout import (
    COUNT_BITS,
    LARGE_COUNT,
    RANGE_BYTES,
    RANGES,
    Width,
)
from credguard.screening.corpus.reading import CorpusFile, Reading
from credguard.screening.corpus.runs import Run

_REPORT_BLOCKS = 256
_ETAGS_AT_ONCE = 1024


def verify(
    path: str | os.PathLike[str],
    *,
    on_progress: Callable[[int, int], object] | None = None,
) -> Header:
    """
    Check every byte of a corpus.

    Args:
        path: The file.

        on_progress: Is told how many blocks were read, and how many there are.

    Returns:
        What the file says about itself, and is true.

    Raises:
        CorpusDamagedError: Something is not as it was written; the first such block
            is named.
        CorpusSetupError: There is no such file, it is no corpus, or newer.
    """
    with Corpus(path, reading=Reading.PREAD) as corpus:
        file, shape = corpus.file, corpus.header.shape
        sums = hashlib.sha256()
        per_block = 1 << shape.block_bits
        large = 0
        for block in range(shape.blocks):
            first = block * per_block
            run = corpus.run(first, first + per_block - 1)
            _check_records(file, run, block)
            sums.update(file.block_sum(block))
            large += len(run.large)
            if on_progress is not None and block % _REPORT_BLOCKS == 0:
                on_progress(block, shape.blocks)
        _check_ends(file, sums, large)
        _check_etags(file)
        return corpus.header


def _check_etags(file: CorpusFile) -> None:
    """Check the table of ranges, if there is one."""
    size = _ETAGS_AT_ONCE * RANGE_BYTES
    for first in range(0, RANGES if file.header.has_ranges else 0, _ETAGS_AT_ONCE):
        records = file.read(file.header.ranges_at + first * RANGE_BYTES, size)
        if not records.strip(b"\0"):
            continue
        for at in range(0, size, RANGE_BYTES):
            if read_etag(records[at : at + RANGE_BYTES]) is None:
                what = f"the ETag of range {first + at // RANGE_BYTES:05X}"
                raise file.damaged(what)


def _check_ends(file: CorpusFile, sums: "hashlib._Hash", large: int) -> None:
    """Check what belongs to no block: the table's last entry, and the stamp."""
    header = file.header
    ended = bytes(4) + header.large.to_bytes(4, "little")
    after_table = file.read(header.ranges_at - len(ended), len(ended))
    if large != header.large or after_table != ended:
        what = "its table of blocks does not end with the last count"
        raise file.damaged(what)
    if stamp_of(header.shape, sums) != header.stamp:
        what = "its stamp is not that of its blocks"
        raise file.damaged(what)


def _check_records(file: CorpusFile, run: Run, block: int) -> None:
    """Check that a block whose bytes are as written was written well."""
    shape = file.header.shape
    wide, size = shape.suffix_bytes, shape.record_bytes
    codes = bytearray()
    at = 0
    for bucket, length in enumerate(run.lengths, run.first):
        codes += run.body[at + length * wide : at + length * size]
        if shape.width is Width.WHOLE:
            suffixes = run.body[at : at + length * wide]
            _check_whole(file, suffixes, bucket)
        at += length * size
    places = [entry >> COUNT_BITS for entry in run.large]
    if places != _places(codes) or 0 in codes:
        what = f"the counts of block {block:,}"
        raise file.damaged(what)


def _check_whole(file: CorpusFile, suffixes: bytes, bucket: int) -> None:
    """Check that whole hashes belong into their bucket and are in order."""
    shape = file.header.shape
    wide = shape.suffix_bytes
    found = [suffixes[at : at + wide] for at in range(0, len(suffixes), wide)]
    # The first byte of a suffix repeats the last bits of the bucket's number.
    repeated = shape.bits % 8
    shift = 8 - repeated
    wanted = bucket & ((1 << repeated) - 1)
    ascending = all(one < other for one, other in pairwise(found))
    if not ascending or any(suffix[0] >> shift != wanted for suffix in found):
        what = f"the order of bucket {bucket:,}"
        raise file.damaged(what)


def _places(codes: bytearray) -> list[int]:
    """Return at which places a count byte stands for a large count."""
    found: list[int] = []
    at = codes.find(LARGE_COUNT)
    while at >= 0:
        found.append(at)
        at = codes.find(LARGE_COUNT, at + 1)
    return found
