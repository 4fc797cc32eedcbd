"""
Looks thousands of digests up side by side, with numpy (the extra `corpus`).

All buckets are walked together, record by record: the first of each, then the
second of each, and so on. A processor has many of those reads under way at once.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from credguard.screening.corpus.corpus import Corpus
from credguard.screening.corpus.layout import HEADER_BYTES, LARGE_COUNT
from credguard.screening.corpus.reading import CorpusFile

_SIDE_BY_SIDE = 1 << 13
_COMPARED_BYTES = 4

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]


def counting_with_numpy(corpus: Corpus) -> Callable[[bytes], Sequence[int]]:
    """
    Return what counts many digests, given one after the other as bytes.

    Args:
        corpus: Mapped.
    """
    walk = _Walk(corpus)
    size = corpus.kind.hash_bytes

    def side_by_side(digests: bytes) -> list[int]:
        rows = np.frombuffer(digests, np.uint8).reshape(-1, size)
        counts: list[int] = []
        for at in range(0, len(rows), _SIDE_BY_SIDE):
            counts += walk.times(rows[at : at + _SIDE_BY_SIDE])
            corpus.file.touched(_SIDE_BY_SIDE)
        return counts

    return side_by_side


class _Walk:
    """The file as numpy sees it."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._file: CorpusFile = corpus.file
        header = self._file.header
        self._shape = header.shape
        self._body_at = header.body_at
        self._bytes: Bytes = np.frombuffer(self._file.mapped or b"", np.uint8)
        kind = np.dtype("<u8" if header.wide_directory else "<u4")
        self._directory = np.frombuffer(
            self._bytes[HEADER_BYTES : header.table_at].data, kind
        )
        # Four bytes at any place, as one number.
        self._words = np.ndarray(
            (len(self._bytes) - _COMPARED_BYTES + 1,),
            np.dtype("<u4"),
            self._bytes.data,
            strides=(1,),
        )

    def times(self, digests: Bytes) -> list[int]:
        """Return how often each digest was seen, 0 where it is not listed."""
        shape = self._shape
        first = np.ascontiguousarray(digests[:, :4]).view(">u4").ravel()
        buckets = first.astype(np.int64) >> shape.shift
        self._check_blocks(buckets)
        starts = self._directory[buckets].astype(np.int64)
        lengths = self._directory[buckets + 1].astype(np.int64) - starts
        at = self._body_at + starts * shape.record_bytes
        places = self._places(digests, at, lengths)
        found = np.flatnonzero(places < lengths)
        counts_at = at[found] + lengths[found] * shape.suffix_bytes + places[found]
        codes = self._bytes[counts_at]
        counts = np.zeros(len(digests), np.int64)
        counts[found] = codes
        # What is not settled by four bytes and one byte is looked up by itself.
        unsettled = codes == LARGE_COUNT
        if shape.suffix_bytes > _COMPARED_BYTES:
            rows = (at[found] + places[found] * shape.suffix_bytes)[:, None]
            kept = self._bytes[rows + np.arange(shape.suffix_bytes)]
            same = (kept == digests[found, shape.skip :]).all(axis=1)
            unsettled = (codes == LARGE_COUNT) | ~same
        for index in found[unsettled]:
            counts[index] = self._corpus.times(digests[index].tobytes())
        return [int(count) for count in counts]

    def _places(self, digests: Bytes, at: Numbers, lengths: Numbers) -> Numbers:
        """Return the first record of each bucket that is like the digest, or more."""
        shape = self._shape
        compared = min(shape.suffix_bytes, _COMPARED_BYTES)
        mask = np.uint32((1 << 8 * compared) - 1)
        begin = shape.skip
        suffixes = (
            np.ascontiguousarray(digests[:, begin : begin + 4]).view("<u4").ravel()
        )
        wanted = suffixes & mask
        most = int(lengths.max(initial=0))
        places = np.full(len(digests), most, np.int64)
        # From the last record down, so that the first one that is alike stays.
        here = at + most * shape.suffix_bytes
        words = np.empty(len(digests), np.uint32)
        for place in range(most - 1, -1, -1):
            here -= shape.suffix_bytes
            np.take(self._words, here, out=words, mode="clip")
            if compared < _COMPARED_BYTES:
                np.bitwise_and(words, mask, out=words)
            places[words == wanted] = place
        return places

    def _check_blocks(self, buckets: Numbers) -> None:
        seen = np.frombuffer(self._file.seen, np.uint8)
        blocks = buckets >> self._shape.block_bits
        for block in np.unique(blocks[seen[blocks] == 0]):
            self._file.check_block(int(block))
