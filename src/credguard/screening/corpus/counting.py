"""
Looks thousands of digests up side by side, with numpy (the extra `corpus`).

The buckets are copied out together and compared together: a processor has many of
those reads under way at once, where one look-up waits for each.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from credguard.screening.corpus.corpus import Corpus
from credguard.screening.corpus.layout import HEADER_BYTES, LARGE_COUNT

_SIDE_BY_SIDE = 1 << 12
_WORD_BYTES = 4

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]


def counting_with_numpy(corpus: Corpus) -> Callable[[bytes], Sequence[int]]:
    """
    Return what counts many digests, given one after the other as bytes.

    Args:
        corpus: Mapped.
    """
    buckets = _Buckets(corpus)
    size = corpus.kind.hash_bytes

    def side_by_side(digests: bytes) -> list[int]:
        rows = np.frombuffer(digests, np.uint8).reshape(-1, size)
        counts: list[int] = []
        for at in range(0, len(rows), _SIDE_BY_SIDE):
            counts += buckets.times(rows[at : at + _SIDE_BY_SIDE])
            corpus.file.touched(_SIDE_BY_SIDE)
        return counts

    return side_by_side


class _Buckets:
    """The file as numpy sees it."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._file = corpus.file
        header = self._file.header
        self._shape = header.shape
        self._body_at = header.body_at
        self._bytes: Bytes = np.frombuffer(self._file.mapped or b"", np.uint8)
        kind = np.dtype("<u8" if header.wide_directory else "<u4")
        directory = self._bytes[HEADER_BYTES : header.table_at]
        self._directory = directory.view(kind)

    def times(self, digests: Bytes) -> list[int]:
        """Return how often each digest was seen, 0 where it is not listed."""
        shape = self._shape
        first = np.ascontiguousarray(digests[:, :_WORD_BYTES]).view(">u4").ravel()
        buckets = first.astype(np.int64) >> shape.shift
        self._check_blocks(buckets)
        starts = self._directory[buckets].astype(np.int64)
        lengths = self._directory[buckets + 1].astype(np.int64) - starts
        at = self._body_at + starts * shape.record_bytes
        suffixes = digests[:, shape.skip : shape.skip + shape.suffix_bytes]
        found, places = self._places(suffixes, at, lengths)
        counts_at = at + lengths * shape.suffix_bytes + places
        codes = np.where(found, self._bytes[np.where(found, counts_at, 0)], 0)
        counts: list[int] = codes.tolist()
        for index in np.flatnonzero(codes == LARGE_COUNT).tolist():
            counts[index] = self._corpus.times(digests[index].tobytes())
        return counts

    def _places(
        self, suffixes: Bytes, at: Numbers, lengths: Numbers
    ) -> tuple[Truths, Numbers]:
        """Return where a bucket has its suffix, and which record of it that is."""
        wide = self._shape.suffix_bytes
        most = max(int(lengths.max(initial=0)), 1)
        span = most * wide
        # A bucket near the file's end is copied from further up, and moved.
        last = len(self._bytes) - span
        begin = np.clip(at, 0, max(last, 0))
        windows = as_strided(self._bytes, (max(last, 0) + 1, span), (1, 1))
        copied = windows[begin]
        for index in np.flatnonzero(begin != at).tolist():
            copied[index] = 0
            kept = self._bytes[at[index] :][:span]
            copied[index, : len(kept)] = kept
        alike = _alike(copied.reshape(len(at), most, wide), suffixes)
        places = alike.argmax(axis=1)
        # The first that is alike is in the bucket, or none is.
        found = alike[np.arange(len(at)), places] & (places < lengths)
        return found, np.where(found, places, 0)

    def _check_blocks(self, buckets: Numbers) -> None:
        seen = np.frombuffer(self._file.seen, np.uint8)
        blocks = buckets >> self._shape.block_bits
        for block in np.unique(blocks[seen[blocks] == 0]).tolist():
            self._file.check_block(block)


def _alike(records: Bytes, suffixes: Bytes) -> Truths:
    """Return which records of each bucket have the suffix that is looked for."""
    wide = suffixes.shape[1]
    if wide == _WORD_BYTES:
        words = records.reshape(len(records), -1).view("<u4")
        wanted = np.ascontiguousarray(suffixes).view("<u4")
        same: Truths = words == wanted
        return same
    alike: Truths = records[:, :, 0] == suffixes[:, :1]
    for column in range(1, wide):
        alike &= records[:, :, column] == suffixes[:, column : column + 1]
    return alike
