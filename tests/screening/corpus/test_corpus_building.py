import errno
import gzip
import multiprocessing
import os
import re
import signal
import time
from pathlib import Path

import pytest
from corpora import Hashes, hashes, parts_of, text_of, write

from credguard.errors import (
    CorpusSourceError,
    CorpusUnwrittenError,
)
from credguard.screening.corpus import (
    Corpus,
    Kind,
    Origin,
    Width,
    packed,
    sources,
)
from credguard.screening.corpus.building import Plan, build
from credguard.screening.corpus.sources import TextFile

LISTED = hashes(3000)
FIRST, SECOND = parts_of(LISTED, 1500)
PACKED = gzip.compress(text_of(LISTED), mtime=0)
BOM = b"\xef\xbb\xbf"


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a small text have many pieces, and their borders lie anywhere."""
    monkeypatch.setattr(sources, "PIECE_BYTES", 1013)
    monkeypatch.setattr(packed, "PIECE_BYTES", 1013)


def built(tmp_path: Path, text: bytes, plan: Plan | None = None) -> Corpus:
    """Return the corpus that is built of a text."""
    (tmp_path / "text").write_bytes(text)
    build(tmp_path / "text", tmp_path / "corpus", plan)
    return Corpus(tmp_path / "corpus")


def lists(corpus: Corpus, listed: Hashes) -> bool:
    """Return True if a corpus lists all these hashes with their counts."""
    found = [corpus.times(each) for each in listed]
    return corpus.header.entries == len(listed) and found == [*listed.values()]


@pytest.mark.parametrize("width", Width)
@pytest.mark.parametrize("kind", Kind)
def test_a_text_becomes_a_corpus(kind: Kind, width: Width, tmp_path: Path) -> None:
    """Both kinds at all widths; the kind is seen in the first line."""
    listed = hashes(3000, kind)
    corpus = built(tmp_path, text_of(listed), Plan(width=width))
    assert lists(corpus, listed)
    assert (corpus.kind, corpus.header.shape.width) == (kind, width)
    assert corpus.header.source == "text"


@pytest.mark.parametrize(
    "text",
    [
        text_of(LISTED, end="\r\n"),
        text_of(LISTED).removesuffix(b"\n"),
        BOM + text_of(LISTED),
        text_of(LISTED).lower(),
        b"".join(BOM + line for line in text_of(LISTED).splitlines(keepends=True)),
        gzip.compress(text_of(LISTED), mtime=0),
        gzip.compress(text_of(LISTED, end="\r\n").removesuffix(b"\r\n"), mtime=0),
        gzip.compress(text_of(LISTED)[:5000], mtime=0)
        + gzip.compress(text_of(LISTED)[5000:], mtime=0),
    ],
)
def test_every_dialect_gives_the_same_corpus(text: bytes, tmp_path: Path) -> None:
    """Line ends, byte order marks, case and gzip make no difference to the stamp."""
    expected = built(tmp_path, text_of(LISTED)).stamp
    assert built(tmp_path, text).stamp == expected


@pytest.mark.parametrize(
    "text", [text_of(LISTED), gzip.compress(text_of(LISTED), mtime=0)]
)
def test_several_processes_give_the_same_corpus(text: bytes, tmp_path: Path) -> None:
    """Two that read, and one that writes, change nothing."""
    expected = built(tmp_path, text_of(LISTED)).stamp
    assert built(tmp_path, text, Plan(jobs=2)).stamp == expected


@pytest.mark.parametrize("size", range(1, 400, 37))
def test_pieces_may_end_anywhere(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No border of a piece loses a line or reads one twice."""
    monkeypatch.setattr(sources, "PIECE_BYTES", size)
    listed = hashes(40)
    assert lists(built(tmp_path, text_of(listed)), listed)


def test_what_was_seen_rarely_is_left_out(tmp_path: Path) -> None:
    """The header says so, and the directory is made for those that are left."""
    plan = Plan(origin=Origin(min_count=255))
    corpus = built(tmp_path, text_of(LISTED), plan)
    assert lists(corpus, {each: n for each, n in LISTED.items() if n >= 255})
    assert corpus.header.min_count == 255
    assert corpus.header.shape.bits < built(tmp_path, text_of(LISTED)).header.shape.bits


def test_progress_is_told(tmp_path: Path) -> None:
    """How many are written goes up, to about all of them."""
    (tmp_path / "text").write_bytes(text_of(LISTED))
    told: list[tuple[int, int]] = []
    build(
        tmp_path / "text",
        tmp_path / "c",
        on_progress=lambda done, total: told.append((done, total)),
    )
    assert told == sorted(told)
    assert 0.9 < told[-1][0] / 3000 <= 1
    assert all(0.8 < total / 3000 < 1.2 for _, total in told)


def blamed(tmp_path: Path, text: bytes, plan: Plan | None = None) -> CorpusSourceError:
    """Return what a text is refused with; the old corpus is as it was."""
    old = hashes(5, seed=9)
    write(tmp_path / "corpus", old)
    with pytest.raises(CorpusSourceError) as caught:
        built(tmp_path, text, plan)
    with Corpus(tmp_path / "corpus") as corpus:
        assert lists(corpus, old)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["corpus", "text"]
    return caught.value


def with_line(number: int, line: bytes) -> bytes:
    """Return the text with another line in place of one of its own."""
    lines = text_of(LISTED).splitlines(keepends=True)
    return b"".join([*lines[: number - 1], line, *lines[number:]])


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("number", [2, 1234, 3000])
def test_a_bad_line_is_named(
    number: int, jobs: int, pack: type[bytes], tmp_path: Path
) -> None:
    """Wherever it stands, and whoever reads it, its number and the file are told."""
    text = pack(with_line(number, b"0" * 32 + b":1\n"))
    error = blamed(tmp_path, text, Plan(jobs=jobs))
    assert error.number == number
    assert str(error).startswith(f"line {number:,}: an NTLM hash stands among sha1")
    assert str(error).endswith(f"(in {tmp_path / 'text'})")


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("number", range(2, 3000, 213))
def test_a_hash_out_of_order_is_named(
    number: int, pack: type[bytes], tmp_path: Path
) -> None:
    """In the middle of a piece or at its border, the line is told."""
    lines = text_of(LISTED).splitlines(keepends=True)
    text = b"".join([*lines[: number - 1], lines[0], *lines[number - 1 :]])
    error = blamed(tmp_path, pack(text))
    assert error.number == number
    assert "sort the file by hash" in error.flaw


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_hash_out_of_order_at_a_border_is_named(
    pack: type[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where each line is a piece, only their order tells."""
    monkeypatch.setattr(sources, "PIECE_BYTES", 41)
    monkeypatch.setattr(packed, "PIECE_BYTES", 41)
    lines = text_of(hashes(9)).splitlines(keepends=True)
    lines.insert(6, lines[2])
    assert blamed(tmp_path, pack(b"".join(lines))).number == 7


def test_a_text_in_order_of_count_is_refused(tmp_path: Path) -> None:
    """Its second or third line says so, not a look-up that finds nothing."""
    by_count = dict(
        sorted(LISTED.items(), key=lambda each: (each[1], each[0]), reverse=True)
    )
    error = blamed(tmp_path, text_of(by_count))
    assert error.number is not None
    assert error.number < 10
    assert "not by count" in error.flaw


@pytest.mark.parametrize("cut", [1, 30, 40, 41])
def test_a_text_that_ends_within_a_line_is_refused(cut: int, tmp_path: Path) -> None:
    """A download that was interrupted is not taken for a whole one."""
    text = text_of(LISTED)
    last = text.rfind(b"\n", 0, -1) + 1
    assert blamed(tmp_path, text[: last + cut]).number == 3000


@pytest.mark.parametrize("kept", [slice(1500), slice(1500, None), slice(0, 3000, 1)])
def test_a_text_that_lacks_a_part_is_refused(kept: slice, tmp_path: Path) -> None:
    """A cut at the end of a line leaves a gap, which can be allowed."""
    some = dict(list(LISTED.items())[kept])
    if len(some) == 3000:
        some = {each: n for each, n in LISTED.items() if not 0x40 < each[0] < 0x50}
    error = blamed(tmp_path, text_of(some))
    assert "a large part of the hashes is missing" in error.flaw
    assert lists(built(tmp_path, text_of(some), Plan(partial=True)), some)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        (b"", "the first line is not HASH:COUNT"),
        (b"password\n123456\n", "for a file of plain words"),
        (b"0" * 39 + b":1\n", "the first line is not HASH:COUNT"),
        ("0\n".encode("utf-16"), "the first line is not HASH:COUNT"),
        (gzip.compress(text_of(LISTED), mtime=0)[:-9], "cannot be unpacked"),
        (b"\x1f\x8b" + bytes(99), "cannot be unpacked"),
        (PACKED[:900] + b"\xff" * 60 + PACKED[960:], "unpacked|in place|COUNT"),
        (text_of(LISTED) + b"0" * 9000, "is not HASH:COUNT|digits in place"),
        (
            gzip.compress(text_of(LISTED)[:100] + b"0" * 9000, mtime=0),
            "HASH:COUNT|in place",
        ),
    ],
)
def test_what_is_no_list_is_refused(text: bytes, flaw: str, tmp_path: Path) -> None:
    """Empty, of another form, or damaged: the flaw is told."""
    error = blamed(tmp_path, text)
    assert re.search(flaw, str(error))


def test_another_kind_than_asked_for_is_refused(tmp_path: Path) -> None:
    """Whoever wants SHA-1 does not get a corpus of NTLM hashes."""
    text = text_of(hashes(9, Kind.NTLM))
    error = blamed(tmp_path, text, Plan(kind=Kind.SHA1))
    assert "lists ntlm hashes, not sha1" in str(error)


def test_a_missing_source_is_refused(tmp_path: Path) -> None:
    """The file is named."""
    with pytest.raises(CorpusSourceError, match="gone cannot be read: No such file"):
        build(tmp_path / "gone", tmp_path / "c")


def test_a_source_that_breaks_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that fails while it is read ends in a declared error."""

    def broken(*_: object) -> tuple[int, bytes]:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    (tmp_path / "text").write_bytes(text_of(LISTED))
    monkeypatch.setattr(sources, "_lines_in", broken)
    with pytest.raises(CorpusSourceError, match="cannot be read: Input/output"):
        build(tmp_path / "text", tmp_path / "c")


class Killed:
    """A piece whose reader is killed."""

    def read(self, *_: object) -> None:
        """End the process."""
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_reader_that_is_killed_ends_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that memory ran out for is no endless wait."""
    (tmp_path / "text").write_bytes(text_of(LISTED))
    monkeypatch.setattr(TextFile, "pieces", lambda *_: iter([Killed(), Killed()]))
    with pytest.raises(CorpusUnwrittenError, match="has ended; build again"):
        build(tmp_path / "text", tmp_path / "c", Plan(jobs=2))
    assert [each.name for each in tmp_path.iterdir()] == ["text"]


def _build(folder: str) -> None:
    build(Path(folder) / "text", Path(folder) / "corpus")


def test_a_build_that_is_killed_can_be_run_again(tmp_path: Path) -> None:
    """What kill -9 leaves beside the corpus is in nobody's way."""
    text = text_of(hashes(20_000))
    old = hashes(5, seed=9)
    write(tmp_path / "corpus", old)
    (tmp_path / "text").write_bytes(text)
    child = multiprocessing.get_context("fork").Process(
        target=_build, args=(str(tmp_path),)
    )
    child.start()
    while not (tmp_path / "corpus.building").exists():
        time.sleep(0.001)
    os.kill(child.pid or 0, signal.SIGKILL)
    child.join()
    with Corpus(tmp_path / "corpus") as corpus:
        assert lists(corpus, old)
    _build(str(tmp_path))
    with Corpus(tmp_path / "corpus") as corpus:
        assert corpus.header.entries == 20_000
    assert sorted(each.name for each in tmp_path.iterdir()) == ["corpus", "text"]
