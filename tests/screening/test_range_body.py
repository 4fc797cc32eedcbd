import random
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from credguard.screening import Unasked, UnaskedReason
from credguard.screening.range_body import RangeBody, read_body
from proving import Proof, sized

SUFFIXES = st.text("0123456789ABCDEF", min_size=35, max_size=35)
COUNTS = st.integers(0, 10**12 - 1)
ENTRIES = st.dictionaries(SUFFIXES, COUNTS, min_size=1, max_size=30)


def in_order(entries: dict[str, int]) -> list[bytes]:
    """Return the lines of a range: what was seen in order, then the padding."""
    seen = sorted((suffix, count) for suffix, count in entries.items() if count)
    padding = [(suffix, 0) for suffix, count in entries.items() if not count]
    return [f"{suffix}:{count}".encode() for suffix, count in [*seen, *padding]]


@pytest.mark.promise("P5")
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
    answer = line_end.join(in_order(entries)) + line_end * ended
    body = read_body(answer.lower() if lower else answer, fewest_lines=0)
    assert isinstance(body, RangeBody)
    assert {suffix: body.times(suffix) for suffix in entries} == entries


@pytest.mark.promise("P5")
@given(ENTRIES, SUFFIXES)
def test_nothing_else_is_found(entries: dict[str, int], other: str) -> None:
    """A suffix that has no line was seen 0 times."""
    entries.pop(other, None)
    entries["0" * 35] = 1
    body = read_body(b"\n".join(in_order(entries)), fewest_lines=1)
    assert isinstance(body, RangeBody)
    if other not in entries:
        assert body.times(other) == 0


LINE = b"([0-9A-Fa-f]{35}):([0-9A-Fa-f]{1,12})"
ANSWER = re.compile(b"(?:\xef\xbb\xbf)?[\r\n]*%b(?:\r?\n%b)*[\r\n]*" % (LINE, LINE))
PIECES = [
    *(b"0" * 35 + b":1", b"a" * 35 + b":" + b"9" * 12, b"B" * 35, b":", b"0", b"G"),
    *(b"9" * 35 + b":0", b"0" * 35 + b":2", b"C" * 27 + b":1"),
    *(b"\n", b"\r\n", b"\r", b"\n\n", b"\xef\xbb\xbf", b" ", b"\0", b"\xff"),
]


def are_in_order(answer: bytes) -> bool:
    """Return True if the lines that are no padding stand in order."""
    found = re.findall(LINE, answer.upper())
    suffixes = [suffix for suffix, count in found if count != b"0"]
    return suffixes == sorted(suffixes)


@pytest.mark.promise("P5")
@given(st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join) | st.binary())
@example(b"")
@example(b"0" * 35 + b":")
@example(b"0" * 35 + b":" + b"9" * 13)
@example(b"0" * 35 + b":1\n\n" + b"0" * 35 + b":1")
@example(b"0" * 35 + b":1\r\n" + b"1" * 35 + b":1\n" + b"2" * 35 + b":1")
@example(b"0" * 35 + b":1\n" + b"0" * 35 + b":2\n" + b"0" * 35 + b":10")
@example(b"9" * 35 + b":0\n" + b"0" * 35 + b":2")
@example(b"9" * 35 + b":1\n" + b"0" * 35 + b":2")
def test_an_answer_is_read_exactly_if_it_has_the_form(answer: bytes) -> None:
    """Anything else is refused as a whole; nothing raises."""
    body = read_body(answer, fewest_lines=0)
    if ANSWER.fullmatch(answer) and are_in_order(answer):
        assert isinstance(body, RangeBody)
    else:
        assert body == Unasked(UnaskedReason.MALFORMED)


MUTANTS = sized(everyday=5_000, prove=100_000, nightly=1_000_000)


@pytest.mark.promise("P5")
def test_a_mutated_answer_lists_nothing_that_does_not_stand_in_it(
    proof: Proof,
) -> None:
    """Bytes changed, put in, taken out and moved: what is told stands there, whole."""
    draw = random.Random(5)
    suffixes = [f"{draw.getrandbits(140):035X}" for _ in range(12)]
    sound = "\r\n".join(f"{each}:{draw.randrange(99)}" for each in sorted(suffixes))
    for _ in range(MUTANTS):
        answer = mutated(sound.encode(), draw)
        body = read_body(answer, fewest_lines=0)
        for suffix in suffixes[:2]:
            line = re.compile(
                rb"(?im)^(?:\xef\xbb\xbf)?%b:([0-9]+)\r*$" % suffix.encode()
            )
            counts = [int(count) for count in line.findall(answer)]
            if isinstance(body, RangeBody):
                told = body.times(suffix)
                assert told == max(counts, default=0) or isinstance(told, Unasked)
    proof.tried(MUTANTS)


def mutated(answer: bytes, draw: random.Random) -> bytes:
    """Return *answer* with one to four small changes."""
    data = bytearray(answer)
    for _ in range(draw.randrange(1, 5)):
        at, other = draw.randrange(len(data)), draw.randrange(len(data))
        match draw.randrange(5):
            case 0:
                data[at] ^= 1 << draw.randrange(8)
            case 1:
                data[at:at] = draw.choice([b"\n", b"\r\n", b":", b"0", b"F", b"\0"])
            case 2:
                del data[at : at + draw.randrange(1, 40)]
            case 3:
                data[at:at] = data[other : other + 37]
            case _:
                data[at] = draw.choice(b"0123456789abcdefABCDEF:\r\n")
        data = data or bytearray(b"\n")
    return bytes(data)


@pytest.mark.promise("P5")
def test_lines_of_another_kind_are_refused() -> None:
    """NTLM hashes are no SHA-1 hashes, nor the other way around."""
    sha1, ntlm = b"0" * 35 + b":1", b"0" * 27 + b":1"
    malformed = Unasked(UnaskedReason.MALFORMED)
    assert isinstance(read_body(ntlm, fewest_lines=1, suffix_characters=27), RangeBody)
    assert read_body(ntlm, fewest_lines=1) == malformed
    assert read_body(sha1, fewest_lines=1, suffix_characters=27) == malformed


@pytest.mark.promise("P5")
def test_a_count_is_decimal() -> None:
    """Any hexadecimal digit passes elsewhere, but not in the line asked for."""
    body = read_body(b"0" * 35 + b":1A", fewest_lines=1)
    assert isinstance(body, RangeBody)
    assert body.times("0" * 35) == Unasked(UnaskedReason.MALFORMED)


def test_the_greatest_count_of_a_repeated_line_counts() -> None:
    """Padding that repeats a hash does not clear it, before or after its line."""
    for counts in ((7, 0), (0, 7), (0, 7, 0), (6, 7), (7, 6), (2, 7, 3)):
        lines = "\n".join(f"{'A' * 35}:{count}" for count in counts)
        body = read_body(lines.encode(), fewest_lines=1)
        assert isinstance(body, RangeBody)
        assert body.times("A" * 35) == 7


def spread(number: int, first_digits: int = 16) -> list[str]:
    """Return lines in order whose first digits are spread evenly."""
    each = range(number)
    return sorted(f"{at % first_digits:X}{at:034X}:1" for at in each)


@pytest.mark.promise("P5")
@pytest.mark.parametrize(("lines", "enough"), [(399, False), (400, True)])
def test_too_few_lines_are_not_the_whole_of_it(*, lines: int, enough: bool) -> None:
    """An answer one line short is refused."""
    body = read_body("\n".join(spread(lines)).encode(), fewest_lines=400)
    if enough:
        assert isinstance(body, RangeBody)
    else:
        assert body == Unasked(UnaskedReason.TOO_FEW_LINES)


@pytest.mark.promise("P5")
def test_padding_is_no_line() -> None:
    """What hides the length of an answer does not make it long enough."""
    padding = [f"{number:035X}:0" for number in range(200)]
    for lines in (spread(300) + padding, padding + spread(300)):
        body = read_body("\n".join(lines).encode(), fewest_lines=400)
        assert body == Unasked(UnaskedReason.TOO_FEW_LINES)


def test_padding_before_the_lines_takes_none_of_them_away() -> None:
    """Wherever it stands, as many lines as are needed are enough."""
    padding = [f"{number:035X}:0" for number in range(200)]
    for lines in (spread(400) + padding, padding + spread(400)):
        body = read_body("\n".join(lines).encode(), fewest_lines=400)
        assert isinstance(body, RangeBody)


def test_a_small_service_may_have_nothing_but_padding() -> None:
    """With a floor of 0 a range may be empty, but an answer may not."""
    body = read_body(b"A" * 35 + b":0", fewest_lines=0)
    assert isinstance(body, RangeBody)
    assert body.times("A" * 35) == 0
    assert read_body(b"", fewest_lines=0) == Unasked(UnaskedReason.MALFORMED)


@pytest.mark.promise("P5")
@pytest.mark.parametrize("missing", range(16))
def test_an_answer_with_a_gap_is_not_the_whole_of_it(missing: int) -> None:
    """Of many lines, some begin with each digit, unless some were cut out."""
    lines = [line for line in spread(2000) if line[0] != f"{missing:X}"]
    body = read_body("\n".join(lines).encode(), fewest_lines=400)
    assert body == Unasked(UnaskedReason.TOO_FEW_LINES)


@pytest.mark.promise("P5")
@pytest.mark.parametrize(("lines", "whole"), [(399, True), (400, False)])
def test_a_gap_in_few_lines_says_nothing(*, lines: int, whole: bool) -> None:
    """Up to 399 a first digit may be missing by chance; from 400 on it was cut out."""
    body = read_body("\n".join(spread(lines, 15)).encode(), fewest_lines=0)
    assert isinstance(body, RangeBody) is whole


def test_only_first_digits_are_missed() -> None:
    """A whole answer need not have any two digits in particular."""
    lines = sorted(f"{at % 16:X}F{at:033X}:1" for at in range(2000))
    body = read_body("\n".join(lines).encode(), fewest_lines=400)
    assert isinstance(body, RangeBody)
