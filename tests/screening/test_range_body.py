import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from credguard.screening import Unasked, UnaskedReason
from credguard.screening.range_body import RangeBody, read_body

SUFFIXES = st.text("0123456789ABCDEF", min_size=35, max_size=35)
ENTRIES = st.dictionaries(SUFFIXES, st.integers(0, 10**12 - 1), min_size=1, max_size=30)


@given(
    entries=ENTRIES,
    line_end=st.sampled_from([b"\n", b"\r\n"]),
    lower=st.booleans(),
    ended=st.booleans(),
)
def test_every_line_is_found_with_its_count(
    *, entries: dict[str, int], line_end: bytes, lower: bool, ended: bool
) -> None:
    """Whatever the line ends and the case, the first and the last line included."""
    lines = [f"{suffix}:{count}".encode() for suffix, count in entries.items()]
    answer = line_end.join(lines) + line_end * ended
    body = read_body(answer.lower() if lower else answer, fewest_lines=1)
    assert isinstance(body, RangeBody)
    assert {suffix: body.times(suffix) for suffix in entries} == entries


@given(ENTRIES, SUFFIXES)
def test_nothing_else_is_found(entries: dict[str, int], other: str) -> None:
    """A suffix that has no line was seen 0 times."""
    entries.pop(other, None)
    entries["0" * 35] = 1
    lines = "\n".join(f"{suffix}:{count}" for suffix, count in entries.items())
    body = read_body(lines.encode(), fewest_lines=1)
    assert isinstance(body, RangeBody)
    if other not in entries:
        assert body.times(other) == 0


LINE = b"[0-9A-Fa-f]{35}:[0-9A-Fa-f]{1,12}"
ANSWER = re.compile(
    b"(?:\xef\xbb\xbf)?(?:\r?\n)*%b(?:\r?\n%b)*(?:\r?\n)*" % (LINE, LINE)
)
PIECES = [
    *(b"0" * 35 + b":1", b"a" * 35 + b":" + b"9" * 12, b"B" * 35, b":", b"0", b"G"),
    *(b"\n", b"\r\n", b"\r", b"\n\n", b"\xef\xbb\xbf", b" ", b"\0", b"\xff"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join) | st.binary())
@example(b"")
@example(b"0" * 35 + b":" + b"9" * 13)
@example(b"0" * 35 + b":1\n\n" + b"0" * 35 + b":1")
def test_an_answer_is_read_exactly_if_it_has_the_form(answer: bytes) -> None:
    """Anything else is refused as a whole; nothing raises."""
    body = read_body(answer, fewest_lines=1)
    if ANSWER.fullmatch(answer):
        assert isinstance(body, RangeBody)
    else:
        assert body == Unasked(UnaskedReason.MALFORMED)


def test_a_count_is_decimal() -> None:
    """Any hexadecimal digit passes elsewhere, but not in the line asked for."""
    body = read_body(b"0" * 35 + b":1A", fewest_lines=1)
    assert isinstance(body, RangeBody)
    assert body.times("0" * 35) == Unasked(UnaskedReason.MALFORMED)


def test_the_greatest_count_of_a_repeated_line_counts() -> None:
    """Padding that repeats a hash does not clear it, before or after its line."""
    for counts in ((7, 0), (0, 7), (0, 7, 0)):
        lines = "\n".join(f"{'A' * 35}:{count}" for count in counts)
        body = read_body(lines.encode(), fewest_lines=1)
        assert isinstance(body, RangeBody)
        assert body.times("A" * 35) == 7


@pytest.mark.parametrize(("lines", "enough"), [(399, False), (400, True)])
def test_too_few_lines_are_not_the_whole_of_it(*, lines: int, enough: bool) -> None:
    """An answer one line short is refused."""
    answer = "\n".join(f"{number % 16:X}{number:034X}:1" for number in range(lines))
    body = read_body(answer.encode(), fewest_lines=400)
    if enough:
        assert isinstance(body, RangeBody)
    else:
        assert body == Unasked(UnaskedReason.TOO_FEW_LINES)


def test_an_answer_that_stops_early_is_not_the_whole_of_it() -> None:
    """Many lines of which none begins with F were cut at the end."""
    answer = "\n".join(f"{number % 15:X}{number:034X}:1" for number in range(2000))
    body = read_body(answer.encode(), fewest_lines=400)
    assert body == Unasked(UnaskedReason.TOO_FEW_LINES)
