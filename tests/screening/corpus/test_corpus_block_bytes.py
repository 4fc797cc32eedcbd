"""What is written of records is what docs/corpus-format.md says, byte by byte."""

import hashlib
from array import array
from itertools import accumulate
from zlib import crc32

import pytest
from corpora import Hashes, hashes, parts_of, text_of
from hypothesis import given
from hypothesis import strategies as st

from credguard.screening.corpus import Kind, Run, Shape, Width, blocks, read_lines
from credguard.screening.corpus.blocks import Blocks
from credguard.screening.corpus.runs import from_little, large_entry, to_little

Written = tuple[bytes, bytes, bytes, bytes, bytes]
LARGE_ONES = hashes(600, seed=3)


class Sinks:
    """Keeps what is written, and what of it was written already."""

    def __init__(self, shape: Shape, *, wide: bool = False) -> None:
        self.parts = [bytearray() for _ in range(4)]
        directory, table, body, large = (part.extend for part in self.parts)
        self.blocks = Blocks(
            shape,
            wide_directory=wide,
            directory=directory,
            table=table,
            body=body,
            large=large,
            most_empty=1 << 30,
        )

    def finished(self) -> Written:
        """Return everything, behind the stamp."""
        stamp = self.blocks.finish()
        directory, table, body, large = (bytes(part) for part in self.parts)
        return stamp, directory, table, body, large


def as_the_page_says(listed: Hashes, shape: Shape, *, wide: bool = False) -> Written:
    """Return stamp, directory, table, records and large counts, part by part."""
    k, w, s, e = shape.bits, shape.suffix_bytes, shape.skip, 8 if wide else 4
    buckets: list[list[tuple[bytes, int]]] = [[] for _ in range(2**k)]
    for each, count in listed.items():
        bucket = int.from_bytes(each[:4], "big") >> (32 - k)
        buckets[bucket].append((each[s : s + w], count))
    starts = accumulate(map(len, buckets), initial=0)
    directory = b"".join(start.to_bytes(e, "little") for start in starts)
    table, body, large, sums = b"", b"", b"", b""
    size = 2 ** min(k, 6)
    for first in range(0, 2**k, size):
        records, counts, number = b"", b"", 0
        for inside in buckets[first : first + size]:
            records += b"".join(suffix for suffix, _ in inside)
            records += bytes(min(count, 255) for _, count in inside)
            for _, count in inside:
                if count >= 255:
                    counts += (number * 2**40 + count).to_bytes(8, "little")
                number += 1
        numbers = directory[first * e : (first + size + 1) * e]
        summed = crc32(numbers + records + counts).to_bytes(4, "little")
        table += summed + (len(large) // 8).to_bytes(4, "little")
        body, large, sums = body + records, large + counts, sums + summed
    table += bytes(4) + (len(large) // 8).to_bytes(4, "little")
    said = f"{shape.kind}/{shape.width}/{k}/".encode() + hashlib.sha256(sums).digest()
    return hashlib.sha256(said).digest()[:8], directory, table, body, large


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("width", Width)
@pytest.mark.parametrize("bits", [0, 5, 6, 7, 9])
def test_all_parts_are_those_of_the_format(
    bits: int, width: Width, *, wide: bool
) -> None:
    """Blocks of 64 buckets, or of all there are; a run of one hash, or of all."""
    shape = Shape(Kind.SHA1, width, bits)
    wanted = as_the_page_says(LARGE_ONES, shape, wide=wide)
    for at_once in (1, 37, 600):
        sinks = Sinks(shape, wide=wide)
        for some in parts_of(LARGE_ONES, at_once):
            sinks.blocks.add(read_lines(text_of(some), shape))
        assert sinks.blocks.added == 600
        assert sinks.finished() == wanted
        assert sinks.blocks.entries == 600
        assert sinks.blocks.large_entries == len(wanted[4]) // 8


@given(
    st.dictionaries(
        st.integers(0, 1023), st.sampled_from([1, 254, 255, 2**40 - 1]), max_size=12
    ),
    st.integers(1, 5),
)
def test_most_buckets_may_be_empty(found: dict[int, int], at_once: int) -> None:
    """Whole blocks of them, before and between and behind."""
    listed = {
        (bucket << 6).to_bytes(2, "big") + b"\7" * 18: count
        for bucket, count in sorted(found.items())
    }
    shape = Shape(Kind.SHA1, Width.DEFAULT, 10)
    sinks = Sinks(shape)
    for some in parts_of(listed, at_once):
        sinks.blocks.add(read_lines(text_of(some), shape))
    assert sinks.blocks.added == len(listed)
    assert sinks.finished() == as_the_page_says(listed, shape)


def test_a_whole_block_is_written_at_once() -> None:
    """As soon as another bucket is begun: the last one may still grow."""
    sinks = Sinks(Shape(Kind.SHA1, Width.DEFAULT, 7))
    sinks.blocks.add(Run(0, [1] * 64, b"abcd\1" * 64))
    assert [len(part) for part in sinks.parts] == [0, 0, 0, 0]
    assert (sinks.blocks.added, sinks.blocks.entries) == (64, 0)
    assert sinks.blocks.next_bucket == 64
    large = array("Q", [large_entry(0, 300)])
    sinks.blocks.add(Run(64, [1], b"efgh\xff", large))
    assert [len(part) for part in sinks.parts] == [64 * 4, 8, 64 * 5, 0]
    assert (sinks.blocks.added, sinks.blocks.entries) == (65, 64)
    assert sinks.blocks.large_entries == 0
    assert sinks.blocks.next_bucket == 65
    sinks.blocks.finish()
    assert bytes(sinks.parts[3]) == (300).to_bytes(8, "little")


def test_a_full_blocks_last_record_may_have_the_largest_count() -> None:
    """Both fill the eight bytes of a large count, and one more would not fit."""
    last = large_entry(blocks.MOST_IN_BLOCK - 1, 2**40 - 1)
    assert last == 2**64 - 1
    assert large_entry(3, 255) == 3 * 2**40 + 255


def test_numbers_are_written_least_significant_byte_first() -> None:
    """On this machine, whatever it is."""
    numbers = array("I", [1, 0x01020304])
    written = bytes([1, 0, 0, 0, 4, 3, 2, 1])
    assert to_little(numbers) == written
    assert from_little("I", written) == numbers
