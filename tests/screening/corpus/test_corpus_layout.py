import pytest

from credguard.screening.corpus import Kind, Shape, Width, directory_bits, read_lines
from credguard.screening.corpus.layout import needs_wide_directory

TWO_BILLION = 2_068_408_781


@pytest.mark.parametrize(
    ("entries", "bits"),
    [
        (0, 0),
        (1, 0),
        (32, 0),
        (33, 1),
        (64, 1),
        (65, 2),
        (20_000_000, 20),
        (100_000_000, 22),
        (TWO_BILLION, 26),
        (10**15, 30),
    ],
)
def test_a_bucket_has_at_most_32_records_on_average(entries: int, bits: int) -> None:
    """The directory is the smallest one that keeps buckets small."""
    assert directory_bits(entries) == bits


def test_false_listings_at_two_billion_are_as_rare_as_promised() -> None:
    """One in 10^8 at the default width, one in 500,000 in the compact one."""
    bits = directory_bits(TWO_BILLION)
    assert Shape(Kind.SHA1, Width.DEFAULT, bits).false_listed(TWO_BILLION) <= 1e-8
    assert Shape(Kind.NTLM, Width.DEFAULT, bits).false_listed(TWO_BILLION) <= 1e-8
    assert Shape(Kind.SHA1, Width.COMPACT, bits).false_listed(TWO_BILLION) <= 2e-6
    assert Shape(Kind.SHA1, Width.WHOLE, bits).false_listed(TWO_BILLION) <= 1e-38


@pytest.mark.parametrize(
    ("shape", "bits"),
    [
        (Shape(Kind.SHA1, Width.DEFAULT, 26), 58),
        (Shape(Kind.NTLM, Width.DEFAULT, 0), 32),
        (Shape(Kind.SHA1, Width.COMPACT, 26), 50),
        (Shape(Kind.SHA1, Width.WHOLE, 0), 160),
        (Shape(Kind.SHA1, Width.WHOLE, 26), 160),
        (Shape(Kind.NTLM, Width.WHOLE, 20), 128),
    ],
)
def test_every_bit_that_is_kept_halves_false_listings(shape: Shape, bits: int) -> None:
    """Those that choose the bucket, and those of the record that they do not imply."""
    assert shape.false_listed(1) == 0.5**bits
    assert shape.false_listed(1000) == 1000 * 0.5**bits


def test_a_false_listing_is_not_more_than_certain() -> None:
    """A probability stays one, however crowded the file is."""
    assert Shape(Kind.SHA1, Width.COMPACT, 0).false_listed(10**9) == 1.0


@pytest.mark.parametrize(
    ("shape", "skip", "suffix"),
    [
        (Shape(Kind.SHA1, Width.DEFAULT, 26), 4, 4),
        (Shape(Kind.SHA1, Width.COMPACT, 26), 4, 3),
        (Shape(Kind.SHA1, Width.WHOLE, 26), 3, 17),
        (Shape(Kind.SHA1, Width.WHOLE, 0), 0, 20),
        (Shape(Kind.SHA1, Width.WHOLE, 7), 0, 20),
        (Shape(Kind.SHA1, Width.WHOLE, 8), 1, 19),
        (Shape(Kind.SHA1, Width.WHOLE, 15), 1, 19),
        (Shape(Kind.SHA1, Width.WHOLE, 16), 2, 18),
        (Shape(Kind.NTLM, Width.WHOLE, 30), 3, 13),
        (Shape(Kind.NTLM, Width.WHOLE, 20), 2, 14),
    ],
)
def test_a_record_holds_what_the_width_says(
    shape: Shape, skip: int, suffix: int
) -> None:
    """A whole record begins at the first byte that the directory does not imply."""
    assert (shape.skip, shape.suffix_bytes) == (skip, suffix)
    assert shape.record_bytes == suffix + 1


@pytest.mark.parametrize(
    ("bits", "bucket"),
    [(0, 0), (1, 1), (2, 0b10), (8, 0xA5), (20, 0xA5F0C), (30, 0xA5F0C3D1 >> 2)],
)
def test_the_first_bits_of_a_hash_choose_its_bucket(bits: int, bucket: int) -> None:
    """Of its first four bytes so many, the highest first."""
    shape = Shape(Kind.SHA1, Width.DEFAULT, bits)
    text = b"A5F0C3D1" + b"0" * 32 + b":7\n"
    assert 0xA5F0C3D1 >> shape.shift == bucket
    assert read_lines(text, shape).first == bucket


@pytest.mark.parametrize(
    ("count", "written", "large"),
    [
        (1, b"\x01", []),
        (254, b"\xfe", []),
        (255, b"\xff", [255]),
        (256, b"\xff", [256]),
        ((1 << 40) - 1, b"\xff", [0xFF_FFFF_FFFF]),
    ],
)
def test_a_count_has_a_byte_or_stands_among_the_large(
    count: int, written: bytes, large: list[int]
) -> None:
    """255 in the byte says that it does."""
    text = f"{'00' * 19}07:{count}\n".encode()
    run = read_lines(text, Shape(Kind.SHA1, Width.WHOLE, 0))
    assert run.body == bytes(19) + b"\x07" + written
    assert [entry & 0xFF_FFFF_FFFF for entry in run.large] == large


@pytest.mark.parametrize("bits", [0, 5, 6, 20])
def test_blocks_and_buckets_add_up(bits: int) -> None:
    """Every bucket is in one block, and a block has 64 buckets at most."""
    shape = Shape(Kind.SHA1, Width.DEFAULT, bits)
    assert shape.blocks << shape.block_bits == shape.buckets
    assert 1 << shape.block_bits == min(64, shape.buckets)


@pytest.mark.parametrize(
    ("entries", "wide"),
    [
        (TWO_BILLION, False),
        (3_435_973_836, False),
        (3_435_973_837, True),
        (2**32, True),
    ],
)
def test_numbers_widen_before_they_break(entries: int, *, wide: bool) -> None:
    """Past four bytes, with room for a wrong estimate, a directory has eight."""
    assert needs_wide_directory(entries) == wide
