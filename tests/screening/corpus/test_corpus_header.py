import hashlib
from dataclasses import replace
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.errors import CorpusDamagedError, CorpusSetupError
from credguard.screening.corpus import Header, Kind, Shape, Width
from credguard.screening.corpus.header import (
    check_size,
    read_etag,
    read_header,
    stamp_of,
    write_etag,
    write_header,
)

numbers = st.integers(min_value=0, max_value=2**63)
instants = st.integers(min_value=0, max_value=253_402_300_799)
headers = st.builds(
    Header,
    shape=st.builds(
        Shape,
        kind=st.sampled_from(Kind),
        width=st.sampled_from(Width),
        bits=st.integers(min_value=0, max_value=30),
    ),
    entries=numbers,
    large=numbers,
    min_count=numbers,
    source=st.text(max_size=100).filter(lambda text: text.isprintable()),
    source_time=instants,
    built_time=instants,
    has_ranges=st.booleans(),
    wide_directory=st.booleans(),
    stamp=st.binary(min_size=8, max_size=8),
)
HEADER = Header(shape=Shape(Kind.SHA1, Width.DEFAULT, 3), entries=100, source="a list")


def test_what_is_not_said_of_a_file_is_not_known_of_it() -> None:
    """Every hash counts, none is large, and no time and no range's ETag is known."""
    bare = Header(HEADER.shape, entries=0)
    assert (bare.large, bare.min_count, bare.source) == (0, 1, "")
    assert (bare.source_time, bare.built_time, bare.stamp) == (0, 0, bytes(8))
    assert (bare.has_ranges, bare.wide_directory) == (False, False)


@pytest.mark.parametrize(
    ("wide", "has_ranges", "places"),
    [
        (False, False, (4132, 4148, 4148, 4648, 4664)),
        (True, False, (4168, 4184, 4184, 4684, 4700)),
        (False, True, (4132, 4148, 33_558_580, 33_559_080, 33_559_096)),
    ],
)
def test_everything_stands_where_the_format_says(
    *, wide: bool, has_ranges: bool, places: tuple[int, ...]
) -> None:
    """Nine numbers, two blocks, 100 records of five bytes, two large counts."""
    header = replace(HEADER, large=2, wide_directory=wide, has_ranges=has_ranges)
    assert places == (
        header.table_at,
        header.ranges_at,
        header.body_at,
        header.large_at,
        header.file_bytes,
    )


@pytest.mark.parametrize(
    ("header", "shape", "numbers", "named"),
    [
        (
            Header(Shape(Kind.SHA1, Width.DEFAULT, 3), entries=100, source="a list"),
            "01 04 04 03 03 04",
            (100, 0, 1, 0, 0, 0),
            "0000 0000 0000 0000  0600 0000  61 20 6c 69 73 74",
        ),
        (
            Header(
                Shape(Kind.NTLM, Width.COMPACT, 6),
                entries=1 << 40,
                large=7,
                min_count=2,
                source="ü",
                source_time=1_415_354_400,
                built_time=253_402_300_799,
                has_ranges=True,
                wide_directory=True,
                stamp=b"\1\2\3\4\5\6\7\x08",
            ),
            "02 03 04 06 06 08",
            (1 << 40, 7, 2, 1_415_354_400, 253_402_300_799, 1),
            "0102 0304 0506 0708  0200 0000  c3 bc",
        ),
        (
            Header(Shape(Kind.SHA1, Width.WHOLE, 26), entries=0),
            "01 11 03 1a 06 04",
            (0, 0, 1, 0, 0, 0),
            "0000 0000 0000 0000  0000 0000",
        ),
    ],
    ids=["default", "compact", "whole"],
)
def test_a_header_is_written_byte_by_byte(
    header: Header, shape: str, numbers: tuple[int, ...], named: str
) -> None:
    """As docs/corpus-format.md says, so that others can read it too."""
    said = bytes.fromhex("89 43 47 43 0D 0A 1A 0A  01 00" + shape)
    said += b"".join(number.to_bytes(8, "little") for number in numbers)
    said = (said + bytes.fromhex(named)).ljust(4092, b"\0")
    whole = said + crc32(said).to_bytes(4, "little")
    assert write_header(header) == whole
    assert read_header(whole, where="x") == header


def test_a_stamp_is_of_the_shape_and_of_all_checksums() -> None:
    """Eight bytes; two shapes of the same checksums are two contents."""
    sums = hashlib.sha256(b"\1\2\3\4\5\6\7\x08")
    said = b"sha1/default/26/" + sums.digest()
    found = stamp_of(Shape(Kind.SHA1, Width.DEFAULT, 26), sums)
    assert found == hashlib.sha256(said).digest()[:8]
    assert found != stamp_of(Shape(Kind.SHA1, Width.DEFAULT, 25), sums)


def test_a_header_says_how_probable_a_false_listing_is() -> None:
    """One in 2^35 for each of its hashes."""
    assert HEADER.false_listed == 100 / 2**35


@given(headers)
def test_a_header_is_read_as_it_was_written(header: Header) -> None:
    """All that a file says about itself survives, in 4,096 bytes."""
    written = write_header(header)
    assert len(written) == 4096
    assert read_header(written, where="x") == header


@given(st.integers(min_value=0, max_value=4096 * 8 - 1))
def test_a_flipped_bit_in_a_header_is_refused(bit: int) -> None:
    """No bit of a header can change and go unseen."""
    data = bytearray(write_header(HEADER))
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises((CorpusDamagedError, CorpusSetupError)):
        read_header(bytes(data), where="x")


@pytest.mark.parametrize("data", [b"", b"SQLite format 3\0" + bytes(5000), bytes(4096)])
def test_another_file_is_no_corpus(data: bytes) -> None:
    """What does not begin like a corpus is called none, with the remedy."""
    with pytest.raises(CorpusSetupError, match="is no corpus; make one with"):
        read_header(data, where="x")


@pytest.mark.parametrize("length", [8, 100, 4095])
def test_a_header_that_is_cut_is_damage(length: int) -> None:
    """A file of a few bytes that begins like a corpus was cut."""
    with pytest.raises(CorpusDamagedError, match="is cut"):
        read_header(write_header(HEADER)[:length], where="x")


@pytest.mark.parametrize("version", [2, 256, 257, 65_535])
def test_a_newer_version_is_told_from_damage(version: int) -> None:
    """A file of a later release asks for an upgrade, whatever else it holds."""
    data = bytearray(write_header(HEADER))
    data[8:10] = version.to_bytes(2, "little")
    told = rf"of version {version} .* upgrade credguard"
    with pytest.raises(CorpusSetupError, match=told):
        read_header(bytes(data), where="x")


@pytest.mark.parametrize(
    ("at", "value"),
    [(8, 0), (10, 3), (11, 5), (12, 9), (13, 31), (14, 2), (15, 5), (56, 2), (73, 3)],
)
def test_a_header_that_nobody_writes_is_refused(at: int, value: int) -> None:
    """A valid checksum does not make a shape that there is not."""
    data = bytearray(write_header(HEADER))
    data[at] = value
    data[4092:] = crc32(data[:4092]).to_bytes(4, "little")
    with pytest.raises(CorpusDamagedError, match="header of x is damaged"):
        read_header(bytes(data), where="x")


@pytest.mark.parametrize("at", [40, 48])
def test_a_time_after_the_year_9999_is_damage(at: int) -> None:
    """Its last second is a time, and the next one is none that can be shown."""
    data = bytearray(write_header(HEADER))
    for instant, is_time in ((253_402_300_799, True), (253_402_300_800, False)):
        data[at : at + 8] = instant.to_bytes(8, "little")
        data[4092:] = crc32(data[:4092]).to_bytes(4, "little")
        if is_time:
            read = read_header(bytes(data), where="x")
            assert instant in {read.source_time, read.built_time}
        else:
            with pytest.raises(CorpusDamagedError, match="damaged"):
                read_header(bytes(data), where="x")


def test_a_long_source_is_refused() -> None:
    """What does not fit is not cut in silence; 512 bytes do."""
    longest = replace(HEADER, source="ü" * 256)
    assert read_header(write_header(longest), where="x") == longest
    data = bytearray(write_header(longest))
    data[72:74] = (513).to_bytes(2, "little")
    data[4092:] = crc32(data[:4092]).to_bytes(4, "little")
    with pytest.raises(CorpusDamagedError, match="damaged"):
        read_header(bytes(data), where="x")
    with pytest.raises(CorpusSetupError, match="512 bytes"):
        write_header(replace(HEADER, source="ü" * 257))


@pytest.mark.parametrize(
    ("more", "flaw"), [(-1, "is cut"), (1, "is longer"), (-4096, "is cut")]
)
def test_a_file_of_another_length_is_damaged(more: int, flaw: str) -> None:
    """The header implies the file's length to the byte."""
    check_size(HEADER, HEADER.file_bytes, where="x")
    with pytest.raises(CorpusDamagedError, match=flaw):
        check_size(HEADER, HEADER.file_bytes + more, where="x")


@pytest.mark.parametrize("etag", ["", 'W/"0x8DD9DF2BA3C0E5F"', "x" * 27, "é"])
def test_an_etag_is_read_as_it_was_written(etag: str) -> None:
    """ETags of up to 27 bytes are kept, in 32."""
    assert len(write_etag(etag)) == 32
    assert read_etag(write_etag(etag)) == etag


def test_an_etag_that_is_too_long_is_not_kept() -> None:
    """A range with such an ETag is fetched anew, not asked for by half of it."""
    assert read_etag(write_etag("x" * 28)) == ""


@given(st.integers(min_value=0, max_value=255))
def test_a_flipped_bit_in_an_etag_is_seen(bit: int) -> None:
    """A damaged ETag is not one."""
    data = bytearray(write_etag('"abc"'))
    data[bit // 8] ^= 1 << bit % 8
    assert read_etag(bytes(data)) is None


def test_an_etag_of_an_impossible_length_is_damage() -> None:
    """A valid checksum over a length that does not fit is no ETag."""
    said = b"\x1c" + b"x" * 27
    assert read_etag(said + crc32(said).to_bytes(4, "little")) is None
