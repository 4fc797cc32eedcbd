from array import array
from zlib import crc32

import pytest
from corpora import hashes, shape_of, text_of
from hypothesis import given
from hypothesis import strategies as st

from credguard.errors import CorpusDamagedError
from credguard.screening.corpus import Run, read_lines, runs
from credguard.screening.corpus.runs import from_little, to_little

LISTED = hashes(300)
RUN = read_lines(text_of(LISTED), shape_of(LISTED))


@pytest.mark.parametrize(
    "run",
    [RUN, Run(first=7, lengths=[0], body=b""), Run(first=0, lengths=[], body=b"")],
)
def test_a_run_survives_a_journal(run: Run) -> None:
    """What is read back is what was kept."""
    assert Run.from_bytes(run.to_bytes()) == run


@given(st.integers(min_value=0), st.booleans())
def test_a_damaged_run_is_refused(place: int, cut: bool) -> None:  # noqa: FBT001
    """A journal that was cut, or in which a bit was flipped, is not believed."""
    data = bytearray(RUN.to_bytes())
    place %= len(data)
    if cut:
        del data[place:]
    else:
        data[place] ^= 1 << place % 8
    with pytest.raises(CorpusDamagedError, match="piece of a corpus"):
        Run.from_bytes(bytes(data))


@pytest.mark.parametrize("size", range(18))
def test_a_run_that_is_too_short_is_refused(size: int) -> None:
    """Even where its checksum is right: its front alone has 18 bytes."""
    data = bytes(size)
    with pytest.raises(CorpusDamagedError, match="piece of a corpus"):
        Run.from_bytes(data + crc32(data).to_bytes(4, "little"))


def test_the_entries_of_a_run_are_those_that_were_read() -> None:
    """Buckets, suffixes and exact counts come out in order."""
    shape = shape_of(LISTED)
    expected = [
        (int.from_bytes(each[:4], "big") >> shape.shift, each[4:8], count)
        for each, count in LISTED.items()
    ]
    assert list(RUN.entries(shape)) == expected


@pytest.mark.parametrize("little", [True, False])
def test_numbers_are_little_endian_everywhere(
    little: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On either kind of machine what is written is read back."""
    monkeypatch.setattr(runs, "_LITTLE", little)
    numbers = array("I", [1, 2**31])
    assert from_little("I", to_little(numbers)) == numbers
    swapped = to_little(numbers) != numbers.tobytes()
    assert swapped != little
