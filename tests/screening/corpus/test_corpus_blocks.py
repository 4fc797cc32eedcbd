from contextlib import nullcontext
from dataclasses import replace

import pytest
from corpora import hashes, parts_of, shape_of, text_of
from hypothesis import given
from hypothesis import strategies as st

from credguard.errors import CorpusSetupError, CorpusSourceError
from credguard.screening.corpus import Kind, Run, Shape, Width, blocks, read_lines
from credguard.screening.corpus.blocks import Blocks
from credguard.screening.corpus.layout import directory_bits

LISTED = hashes(1000)
SHAPE = shape_of(LISTED)


class Parts:
    """Keeps what is written."""

    def __init__(self, shape: Shape, *, wide: bool = False, gap: int = 1 << 30) -> None:
        self.directory, self.table = bytearray(), bytearray()
        self.body, self.large = bytearray(), bytearray()
        self.blocks = Blocks(
            shape,
            wide_directory=wide,
            directory=self.directory.extend,
            table=self.table.extend,
            body=self.body.extend,
            large=self.large.extend,
            most_empty=gap,
        )

    def all(self) -> tuple[bytes, ...]:
        """Return everything, with the stamp."""
        stamp = self.blocks.finish()
        parts = (self.directory, self.table, self.body, self.large)
        return (stamp, *(bytes(part) for part in parts))


def written(at_once: int, *, wide: bool = False) -> tuple[bytes, ...]:
    """Return what is written of hashes that come some at a time."""
    parts = Parts(SHAPE, wide=wide)
    for some in parts_of(LISTED, at_once):
        parts.blocks.add(read_lines(text_of(some), SHAPE))
    return parts.all()


@given(st.integers(min_value=1, max_value=1000))
def test_it_makes_no_difference_how_many_come_at_once(at_once: int) -> None:
    """Runs may end in the middle of a bucket or of a block."""
    assert written(at_once) == written(1000)


def test_a_wide_directory_holds_the_same_numbers() -> None:
    """Only the width of the directory's numbers differs, and so the checksums."""
    narrow, wide = written(700), written(700, wide=True)
    assert [wide[1][at : at + 4] for at in range(0, len(wide[1]), 8)] == [
        narrow[1][at : at + 4] for at in range(0, len(narrow[1]), 4)
    ]
    assert narrow[3:] == wide[3:]
    assert narrow[0] != wide[0]


def test_hashes_go_up() -> None:
    """What comes twice, or too late, is refused."""
    parts = Parts(SHAPE)
    first, second, *_ = parts_of(LISTED, 100)
    parts.blocks.add(read_lines(text_of(second), SHAPE))
    for some in (first, second, {max(second): 1}):
        with pytest.raises(CorpusSourceError, match="not above the one before"):
            parts.blocks.add(read_lines(text_of(some), SHAPE))


def test_runs_without_ends_begin_a_new_bucket() -> None:
    """Where a hash's place in its bucket is unknown, the bucket is not shared."""
    parts = Parts(SHAPE)
    parts.blocks.add(Run(first=3, lengths=[1], body=b"abcd\1"))
    with pytest.raises(CorpusSourceError, match="not above"):
        parts.blocks.add(Run(first=3, lengths=[1], body=b"efgh\1"))
    parts.blocks.add(Run(first=4, lengths=[1], body=b"efgh\1"))
    parts.all()
    assert bytes(parts.body) == b"abcd\1efgh\1"


@pytest.mark.parametrize(("before", "after"), [(b"", b"b"), (b"a", b""), (b"", b"")])
def test_a_bucket_is_shared_where_both_ends_are_known(
    before: bytes, after: bytes
) -> None:
    """Which of two suffixes comes first cannot be seen from the suffixes alone."""
    first = Run(3, [1], b"abcd\1", lowest=b"a", highest=b"a")
    second = Run(3, [1], b"efgh\1", lowest=b"b", highest=b"b")
    parts = Parts(SHAPE)
    parts.blocks.add(first)
    parts.blocks.add(second)
    parts.all()
    assert bytes(parts.body) == b"abcdefgh\1\1"
    apart = Parts(SHAPE)
    apart.blocks.add(replace(first, lowest=before, highest=before))
    with pytest.raises(CorpusSourceError, match="not above"):
        apart.blocks.add(replace(second, lowest=after, highest=after))


def test_a_run_may_go_on_with_the_last_bucket_and_with_none_before_it() -> None:
    """However high its hashes are said to be."""
    parts = Parts(SHAPE)
    parts.blocks.add(Run(2, [1, 1], b"abcd\1" * 2, lowest=b"a", highest=b"b"))
    with pytest.raises(CorpusSourceError, match="not above"):
        parts.blocks.add(Run(2, [1], b"efgh\1", lowest=b"c", highest=b"c"))


def test_an_empty_run_changes_nothing() -> None:
    """A piece without a line is no piece."""
    one, other = Parts(SHAPE), Parts(SHAPE)
    for some in parts_of(LISTED, 100):
        one.blocks.add(read_lines(text_of(some), SHAPE))
        other.blocks.add(read_lines(text_of(some), SHAPE))
        other.blocks.add(read_lines(b"", SHAPE))
    assert one.all() == other.all()


def test_hashes_that_are_left_out_still_go_up() -> None:
    """The order holds for lines whose count is too low to be kept."""
    parts = Parts(SHAPE)
    first, second, *_ = parts_of(LISTED, 100)
    parts.blocks.add(read_lines(text_of(second), SHAPE, min_count=1 << 40))
    with pytest.raises(CorpusSourceError, match="not above"):
        parts.blocks.add(read_lines(text_of(first), SHAPE))


@pytest.mark.parametrize(
    ("kept", "is_gap"),
    [
        (range(256), False),
        (range(128, 256), True),
        (range(128), True),
        ([*range(100), *range(150, 256)], True),
        ([*range(100), *range(108, 256)], False),
        ([*range(100), *range(109, 256)], True),
        (range(8, 256), False),
        (range(9, 256), True),
        (range(248), False),
        (range(247), True),
    ],
)
def test_a_gap_is_seen(kept: list[int], *, is_gap: bool) -> None:
    """Missing at the beginning, in the middle or at the end: it was cut."""
    shape = Shape(Kind.SHA1, Width.DEFAULT, directory_bits(8192))
    parts = Parts(shape, gap=8)
    run = Run(
        first=kept[0],
        lengths=[int(bucket in kept) for bucket in range(kept[0], kept[-1] + 1)],
        body=b"abcd\1" * len(kept),
    )
    expected = (
        pytest.raises(CorpusSourceError, match="a large part of the hashes")
        if is_gap
        else nullcontext()
    )
    with expected:
        whole(parts, run)


def whole(parts: Parts, run: Run) -> None:
    """Write a file of one run."""
    parts.blocks.add(run)
    parts.blocks.finish()


@pytest.mark.parametrize(
    ("runs", "is_gap"),
    [
        ([(0, "100000"), (6, "0001")], False),
        ([(0, "100000"), (6, "00001")], True),
        ([(0, "1111"), (12, "1")], False),
        ([(0, "1111"), (13, "1")], True),
        ([(5, "11"), (12, "11"), (19, "2")], False),
        ([(0, "10000"), (8, "01")], False),
        ([(0, "10000"), (8, "001")], True),
        ([(0, "20000000002")], True),
        ([(0, "2000000002")], False),
    ],
)
def test_a_gap_over_several_runs_is_seen(
    runs: list[tuple[int, str]], *, is_gap: bool
) -> None:
    """Empty buckets add up from one run to the next, and a full one ends them."""
    parts = Parts(Shape(Kind.SHA1, Width.DEFAULT, 5), gap=8)
    expected = (
        pytest.raises(CorpusSourceError, match="a large part")
        if is_gap
        else nullcontext()
    )
    with expected:
        for first, lengths in runs:
            each = [int(length) for length in lengths]
            parts.blocks.add(Run(first, each, b"abcd\1" * sum(each)))


def test_too_many_alike_are_no_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block has no room for more records than a large count can name."""
    monkeypatch.setattr(blocks, "MOST_IN_BLOCK", 99)
    whole(
        Parts(Shape(Kind.SHA1, Width.DEFAULT, 0)),
        Run(first=0, lengths=[99], body=b"abcd\1" * 99),
    )
    parts = Parts(Shape(Kind.SHA1, Width.DEFAULT, 0))
    parts.blocks.add(Run(first=0, lengths=[100], body=b"abcd\1" * 100))
    with pytest.raises(CorpusSourceError, match="begin alike"):
        parts.blocks.finish()


def test_a_directory_that_overflows_is_refused() -> None:
    """Four bytes for a record's number are not passed in silence."""
    parts = Parts(Shape(Kind.SHA1, Width.DEFAULT, 1))
    parts.blocks.entries = 2**32 - 1
    parts.blocks.add(Run(first=0, lengths=[1, 1], body=b"abcd\1" * 2))
    with pytest.raises(CorpusSetupError, match="more hashes than were expected"):
        parts.blocks.finish()
