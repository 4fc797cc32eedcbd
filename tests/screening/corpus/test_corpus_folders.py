import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from corpora import text_of

from credguard.errors import CorpusSourceError
from credguard.screening.corpus import Corpus, Kind, folders
from credguard.screening.corpus.building import Plan, build

RANGES = 0x12C0
"""So many files suffice to learn how they are called: 0129A is among them."""

PLAN = Plan(partial=True)


def listed(kind: Kind) -> dict[bytes, int]:
    """Return one or two hashes in each range."""
    found = {}
    for number in range(RANGES):
        for low in range(1 + number % 2):
            first = (number << 12 | low).to_bytes(4, "big")
            rest = hashlib.sha1(first, usedforsecurity=False).digest()
            found[first + rest[: kind.hash_bytes - 4]] = number % 400 + 1
    return found


def flat(digits: str) -> str:
    """Name a file as the downloader does."""
    return f"{digits}.txt"


def lower(digits: str) -> str:
    """Name a file in lower case without an ending."""
    return digits.lower()


def packed(digits: str) -> str:
    """Name a file in a tree of packed ones."""
    return f"data/{digits[:2]}/{digits[2:4]}/{digits}.gz"


def fill(
    folder: Path, naming: Callable[[str], str], kind: Kind = Kind.SHA1, *, whole: bool
) -> None:
    """Write a file for each range."""
    texts: dict[str, list[bytes]] = {}
    for line in text_of(listed(kind), end="\r\n").splitlines(keepends=True):
        digits = line[:5].decode()
        texts.setdefault(digits, []).append(line if whole else line[5:])
    for digits, lines in texts.items():
        path = folder / naming(digits)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = b"".join(lines).removesuffix(b"\r\n")
        path.write_bytes(
            gzip.compress(text, 1, mtime=0) if path.suffix == ".gz" else text
        )


@pytest.fixture(autouse=True)
def _few_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "RANGES", RANGES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as the downloader leaves it."""
    fill(tmp_path / "ranges", flat, whole=False)
    return tmp_path / "ranges"


@pytest.mark.parametrize(
    ("naming", "kind", "whole"),
    [
        (flat, Kind.NTLM, False),
        (flat, Kind.SHA1, True),
        (lower, Kind.SHA1, False),
        (packed, Kind.SHA1, False),
    ],
)
def test_a_folder_becomes_a_corpus(
    naming: Callable[[str], str],
    kind: Kind,
    whole: bool,  # noqa: FBT001
    tmp_path: Path,
) -> None:
    """However its files are called and packed, all hashes are there."""
    fill(tmp_path / "ranges", naming, kind, whole=whole)
    (tmp_path / "ranges" / "README.md").write_text("not a range", "utf-8")
    build(tmp_path / "ranges", tmp_path / "c", PLAN)
    corpus = Corpus(tmp_path / "c", kind=kind)
    expected = listed(kind)
    assert [corpus.times(each) for each in expected] == [*expected.values()]
    assert corpus.header.entries == len(expected)


def test_a_missing_range_is_refused(folder: Path, tmp_path: Path) -> None:
    """How many are missing, and the first of them, are told."""
    (folder / "00ABC.txt").unlink()
    (folder / "00ABE.txt").unlink()
    with pytest.raises(CorpusSourceError, match=r"2 of 4,800 ranges .* first 00ABC"):
        build(folder, tmp_path / "c", PLAN)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    """A folder of something else has no ranges."""
    (tmp_path / "ranges").mkdir()
    with pytest.raises(CorpusSourceError, match="4,800 of 4,800 ranges are missing"):
        build(tmp_path / "ranges", tmp_path / "c", PLAN)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        (b"", "the range 00ABC is empty"),
        (b"\r\n", "the range 00ABC is empty"),
        (b"0" * 34 + b":1", "line 1: the hash has 39 digits in place of 40"),
        (b"0" * 27 + b":1", "line 1: an NTLM hash stands among sha1"),
        (b"0" * 35 + b":1\r\n" + b"1" * 20, "line 2: .* 25 digits"),
        (b"0" * 35 + b":1\r\n" + b"1" * 35 + b":", "line 2: the line ends before"),
        (b"0" * 35 + b":1\r\n" + b"0" * 35 + b":1", "line 2: the hash is not above"),
        (b"00ABD" + b"1" * 35 + b":1", "another range's hashes"),
        (b"<html>502 Bad Gateway</html>", "line 1: the line is not HASH:COUNT"),
        (b"\x1f\x8b" + bytes(30), "00ABC.txt is cut or damaged"),
        (gzip.compress(b"0" * 35 + b":1", mtime=0)[:-5], "00ABC.txt is cut or damaged"),
    ],
)
def test_a_bad_file_is_named(
    text: bytes, flaw: str, folder: Path, tmp_path: Path
) -> None:
    """The flaw, its line and its file are told."""
    (folder / "00ABC.txt").write_bytes(text)
    with pytest.raises(CorpusSourceError, match=flaw) as caught:
        build(folder, tmp_path / "c", PLAN)
    assert "00ABC" in str(caught.value)


def test_a_folder_without_a_range_in_the_middle_is_refused(
    folder: Path, tmp_path: Path
) -> None:
    """A range whose file lists another's hashes breaks the order or is seen."""
    (folder / "00ABC.txt").write_bytes((folder / "00ABB.txt").read_bytes())
    build(folder, tmp_path / "c", PLAN)  # its lines do not repeat the digits
    (folder / "00ABC.txt").write_bytes(b"00ABB" + b"F" * 35 + b":1")
    with pytest.raises(CorpusSourceError, match="another range's hashes"):
        build(folder, tmp_path / "c", PLAN)


def test_a_file_that_cannot_be_read_is_named(folder: Path, tmp_path: Path) -> None:
    """A link that leads nowhere is a range that is missing."""
    (folder / "00ABC.txt").unlink()
    (folder / "00ABC.txt").symlink_to(folder / "gone")
    with pytest.raises(CorpusSourceError, match="range 00ABC cannot be read from"):
        build(folder, tmp_path / "c", PLAN)


def test_a_gap_is_told_with_the_file_behind_it(tmp_path: Path) -> None:
    """What is found only when files come together names the first of them."""
    naming = folders.Naming(tmp_path, (), ".txt", is_lower=False)
    piece = folders.RangesPiece(naming, 0xABC, 0xABD, Kind.SHA1)
    error = piece.blamed(CorpusSourceError("a gap"))
    assert str(error) == f"a gap (from {tmp_path}/00ABC.txt on)"
