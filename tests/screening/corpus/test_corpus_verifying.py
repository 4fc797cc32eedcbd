from array import array
from dataclasses import replace
from pathlib import Path

import pytest
from corpora import SHAPES, hashes, shape_of, write

from credguard.errors import CorpusDamagedError
from credguard.screening.corpus import (
    Corpus,
    CorpusWriter,
    Kind,
    Reading,
    Run,
    Shape,
    Width,
)
from credguard.screening.corpus.header import write_header
from credguard.screening.corpus.verifying import verify


@pytest.mark.parametrize(("kind", "width"), SHAPES)
def test_a_whole_file_is_whole(kind: Kind, width: Width, tmp_path: Path) -> None:
    """Every shape that is written is verified, and progress is told."""
    listed = hashes(20_000, kind)
    header = write(tmp_path / "c", listed, shape_of(listed, width))
    told: list[tuple[int, int]] = []
    found = verify(
        tmp_path / "c", on_progress=lambda done, total: told.append((done, total))
    )
    assert found == header
    assert told == [(0, header.shape.blocks)]


@pytest.mark.parametrize(
    ("run", "flaw"),
    [
        (Run(0, [1], b"abcd\0"), "the counts of block 0"),
        (Run(0, [1], b"abcd\xff"), "the counts of block 0"),
        (Run(0, [1], b"abcd\1", large=array("Q", [300])), "the counts of block 0"),
    ],
)
def test_a_file_that_was_written_badly_is_found(
    run: Run, flaw: str, tmp_path: Path
) -> None:
    """Counts that fit no record are told, though the checksum is right."""
    shape = Shape(Kind.SHA1, Width.DEFAULT, 0)
    with CorpusWriter(tmp_path / "c", shape=shape, expected=1) as writer:
        writer.add(run)
        writer.finish()
    with pytest.raises(CorpusDamagedError, match=flaw):
        verify(tmp_path / "c")


@pytest.mark.parametrize("suffixes", [(b"b", b"a"), (b"a", b"a"), (b"\xe1", b"\xe2")])
def test_whole_hashes_are_in_order_and_in_their_bucket(
    suffixes: tuple[bytes, bytes], tmp_path: Path
) -> None:
    """A whole file repeats bits of the bucket, and they must agree."""
    shape = Shape(Kind.SHA1, Width.WHOLE, 1)
    body = b"".join(each.ljust(20, b"\0") for each in suffixes) + b"\1\1"
    with CorpusWriter(tmp_path / "c", shape=shape, expected=1) as writer:
        writer.add(Run(0, [2], body))
        writer.finish()
    with pytest.raises(CorpusDamagedError, match="the order of bucket 0"):
        verify(tmp_path / "c")


def test_a_damaged_etag_is_found(tmp_path: Path) -> None:
    """The table of ranges is read as well."""
    shape = Shape(Kind.SHA1, Width.DEFAULT, 0)
    with CorpusWriter(tmp_path / "c", shape=shape, expected=0, has_ranges=True) as new:
        new.note_etag(0xABCDE, '"x"')
        header = new.finish()
    verify(tmp_path / "c")
    with (tmp_path / "c").open("r+b") as file:
        file.seek(header.ranges_at + 0xABCDE * 32 + 1)
        file.write(b"y")
    with pytest.raises(CorpusDamagedError, match="the ETag of range ABCDE"):
        verify(tmp_path / "c")


def test_another_stamp_is_found(tmp_path: Path) -> None:
    """A stamp that is not that of the blocks is told, the header's checksum or no."""
    header = write(tmp_path / "c", hashes(50))
    with (tmp_path / "c").open("r+b") as file:
        file.write(write_header(replace(header, stamp=bytes(8))))
    with pytest.raises(CorpusDamagedError, match="its stamp is not that"):
        verify(tmp_path / "c")


@pytest.mark.parametrize("reading", Reading)
def test_a_count_that_is_missing_is_told_by_the_look_up(
    reading: Reading, tmp_path: Path
) -> None:
    """A record that refers to a large count has one, or there is no answer."""
    shape = Shape(Kind.SHA1, Width.DEFAULT, 0)
    with CorpusWriter(tmp_path / "c", shape=shape, expected=1) as writer:
        writer.add(Run(0, [1], b"abcd\xff"))
        writer.finish()
    with (
        Corpus(tmp_path / "c", reading=reading) as corpus,
        pytest.raises(CorpusDamagedError, match="block 0 lacks a count"),
    ):
        corpus.times(bytes(4) + b"abcd" + bytes(12))
