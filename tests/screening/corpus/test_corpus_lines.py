from contextlib import suppress

import pytest
from corpora import hashes, shape_of, text_of
from hypothesis import given
from hypothesis import strategies as st

from credguard.errors import CorpusSourceError
from credguard.screening.corpus import Kind, Run, Shape, Width, lines, read_lines

BOM = b"\xef\xbb\xbf"
LISTED = hashes(200)
TEXT = text_of(LISTED)
SHAPE = shape_of(LISTED)
PLAIN = read_lines(TEXT, SHAPE)
A, B, C = (bytes([0x40 + number]) * 20 for number in range(3))
NTLM = Shape(Kind.NTLM, Width.DEFAULT, 0)


def counts(run: Run, shape: Shape = SHAPE) -> list[int]:
    """Return the counts of a run."""
    return [count for _, _, count in run.entries(shape)]


def line(digest: bytes, count: object = 1) -> bytes:
    """Return a line of the downloader."""
    return f"{digest.hex().upper()}:{count}\n".encode()


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace(b"\n", b"\r\n"),
        TEXT.removesuffix(b"\n"),
        TEXT.replace(b"\n", b"\r\n").removesuffix(b"\n"),
        TEXT.replace(b"\n", b"\r\n").removesuffix(b"\r\n"),
        BOM + TEXT,
        BOM + TEXT.replace(b"\n", b"\n" + BOM).removesuffix(BOM),
        BOM + TEXT.replace(b"\n", b"\r\n" + BOM).removesuffix(BOM),
        TEXT.lower(),
        TEXT.replace(b"70000", b"70,000").replace(
            b"1099511627775", b"1,099,511,627,775"
        ),
        TEXT[: len(TEXT) // 2].lower() + TEXT[len(TEXT) // 2 :],
    ],
)
def test_every_dialect_is_read_alike(text: bytes) -> None:
    """Line ends, byte order marks, case and commas make no difference."""
    assert read_lines(text, SHAPE) == PLAIN


@pytest.mark.parametrize("text", [b"", b"\n"])
def test_no_lines_are_no_records(text: bytes) -> None:
    """An empty text is an empty run."""
    assert read_lines(text, SHAPE) == Run(first=0, lengths=[], body=b"")


@pytest.mark.parametrize("width", Width)
@pytest.mark.parametrize("kind", Kind)
def test_all_records_are_there(kind: Kind, width: Width) -> None:
    """Bucket, suffix and count of every line stand in the run, in order."""
    listed = hashes(2000, kind)
    shape = shape_of(listed, width)
    run = read_lines(text_of(listed), shape)
    end = shape.skip + shape.suffix_bytes
    expected = [
        (int.from_bytes(each[:4], "big") >> shape.shift, each[shape.skip : end], count)
        for each, count in listed.items()
    ]
    assert list(run.entries(shape)) == expected
    assert (run.lowest, run.highest) == (min(listed), max(listed))


def test_a_range_lacks_its_first_digits() -> None:
    """The lines of a range do not repeat what all of them begin with."""
    whole = line(A, 5) + line(bytes([0x40, 0x40, 0x40]) + B[3:], 300)
    shape = Shape(Kind.SHA1, Width.WHOLE, 0)
    part = b"".join(each[5:] for each in whole.splitlines(keepends=True))
    assert read_lines(part, shape, prefix=b"40404") == read_lines(whole, shape)


def test_padding_is_left_out() -> None:
    """A count of zero says that the hash is not listed."""
    text = line(A, 0) + line(B, 1) + line(C, 0)
    run = read_lines(text, SHAPE)
    assert counts(run) == [1]
    assert (run.lowest, run.highest) == (A, C)
    assert counts(read_lines(line(A, 0), SHAPE)) == []
    assert counts(read_lines(text, SHAPE, min_count=0)) == [1]


def test_what_was_seen_rarely_can_be_left_out() -> None:
    """The least count is kept; a large one stays exact."""
    rare = line(A, 1) + line(B, 2)
    assert counts(read_lines(rare, SHAPE, min_count=1)) == [1, 2]
    assert counts(read_lines(rare, SHAPE, min_count=2)) == [2]
    text = line(A, 9) + line(B, 10) + line(C, 255)
    assert counts(read_lines(text, SHAPE, min_count=10)) == [10, 255]
    assert counts(read_lines(text, SHAPE, min_count=255)) == [255]


@pytest.mark.parametrize("least", [2, 254, 255, 70_000])
def test_what_is_left_is_what_a_shorter_list_gives(least: int) -> None:
    """Hashes and counts stay together, whichever lines are left out."""
    left = {each: count for each, count in LISTED.items() if count >= least}
    wanted = read_lines(text_of(left), SHAPE)
    found = read_lines(TEXT, SHAPE, min_count=least)
    assert (found.first, found.lengths) == (wanted.first, wanted.lengths)
    assert (found.body, found.large) == (wanted.body, wanted.large)


def test_a_run_has_no_bucket_behind_its_last_hash() -> None:
    """The next run begins there, or goes on with the last bucket."""
    shape = Shape(Kind.SHA1, Width.DEFAULT, 8)
    run = read_lines(line(A) + line(C, 2), shape)
    assert (run.first, run.lengths) == (0x40, [1, 0, 1])
    assert run.body == A[4:8] + b"\1" + C[4:8] + b"\2"


def test_two_lines_do_not_make_up_for_each_other() -> None:
    """A hash that lacks a byte before one that has one too many is no two hashes."""
    short, long = B[:19], B[:19] + b"\xff\xff"
    with pytest.raises(CorpusSourceError, match="38 digits in place of 40") as caught:
        read_lines(line(A) + line(short) + line(long) + line(C), SHAPE)
    assert caught.value.number == 2


def test_the_first_flaw_is_told_and_no_line_before_it() -> None:
    """The largest count is none."""
    text = line(A, 1_099_511_627_775) + line(B, 0) + line(C, "x")
    with pytest.raises(CorpusSourceError) as caught:
        read_lines(text, SHAPE)
    assert caught.value.number == 3


@pytest.mark.parametrize("written", ["1099511627775", "1,099,511,627,775"])
def test_the_largest_count_is_2_to_the_40_less_1(written: str) -> None:
    """As many bits stand beside a record's number among the large counts."""
    assert counts(read_lines(line(A, written), SHAPE)) == [1_099_511_627_775]


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        (line(B)[:-1] + b"x\n", "the count is not a number"),
        (line(B, ""), "ends before its count"),
        (line(B)[:40] + b"\n", "ends before its count"),
        (line(B)[:30] + b"\n", "30 digits in place of 40"),
        (line(B)[:32] + b":1\n", "an NTLM hash stands among sha1"),
        (line(B + b"\0"), "42 digits in place of 40"),
        (b"\n", "not HASH:COUNT"),
        (b"password\n", "not HASH:COUNT"),
        (b" " + line(B)[1:], "not HASH:COUNT"),
        (line(B)[:39] + b" :1\n", "not HASH:COUNT"),
        (line(B)[:38] + b"  :1\n", "not HASH:COUNT"),
        (b"\xc3\xa4" + line(B)[2:], "not HASH:COUNT"),
        (line(B, "1,00"), "the count is not a number"),
        (line(B, "-1"), "the count is not a number"),
        (line(B, "1:2"), "the count is not a number"),
        (line(B, 1_099_511_627_776), "the count is not a number from 0 to 2\\^40 - 1"),
        (line(B, "9" * 400), "the count is not a number"),
        (line(B, "٣"), "the count is not a number"),
        (line(A), "not above the one of the line before"),
        (line(A[:-1] + b"\0"), "not above the one of the line before"),
    ],
)
def test_a_bad_line_is_named(text: bytes, flaw: str) -> None:
    """The flaw and the number of its line are told, what stands there is not."""
    with pytest.raises(CorpusSourceError, match=flaw) as caught:
        read_lines(line(A) + text + line(C), SHAPE)
    assert caught.value.number == 2
    assert str(caught.value).startswith("line 2: ")


def test_a_sha1_hash_among_ntlm_hashes_is_named() -> None:
    """A file of mixed kinds is refused from either side."""
    with pytest.raises(CorpusSourceError, match="a SHA-1 hash stands among ntlm"):
        read_lines(line(A[:16]) + line(B), NTLM)


def test_lines_in_order_of_count_are_refused() -> None:
    """The remedy is named."""
    text = line(C, 900) + line(A, 80) + line(B, 7)
    with pytest.raises(CorpusSourceError, match="sort the file by hash"):
        read_lines(text, SHAPE)


@given(st.integers(min_value=0), st.binary(max_size=3))
def test_a_change_is_refused_or_changes_what_it_says(place: int, other: bytes) -> None:
    """No damage to the text makes it say what its lines do not say."""
    place %= len(TEXT)
    text = TEXT[:place] + other + TEXT[place + 1 :]
    try:
        run = read_lines(text, SHAPE)
    except CorpusSourceError:
        return
    said = [each.rstrip(b"\r").upper().partition(b":") for each in text.split(b"\n")]
    kept = [int(count.replace(b",", b"")) for _, _, count in said if count]
    assert counts(run) == [count for count in kept if count]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Nothing but the declared error comes of a text."""
    with suppress(CorpusSourceError):
        read_lines(data, SHAPE)


def test_a_text_without_a_flaw_that_can_be_named_is_refused_still() -> None:
    """Were the two readers ever to disagree, the text would not be believed."""
    assert str(lines._flaw(TEXT, SHAPE, b"")) == "the lines are not HASH:COUNT"
