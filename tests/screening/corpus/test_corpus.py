import hashlib
import multiprocessing
import threading
from array import array
from pathlib import Path

import pytest
from corpora import SHAPES, hashes, shape_of, strangers, text_of, write

from credguard.errors import CorpusSetupError
from credguard.screening import Blocklist, Listed, NotListed, Unasked, UnaskedReason
from credguard.screening.corpus import (
    Corpus,
    CorpusWriter,
    Kind,
    Reading,
    Run,
    Shape,
    Width,
    read_lines,
)
from credguard.screening.corpus.nt_hash import nt_hash
from credguard.screening.corpus.reading import CorpusFile

PASSWORDS = {"password": 300, "пароль": 12, "correct horse": 1}


def hash_of(password: str, kind: Kind) -> bytes:
    """Return the hash that a corpus of a kind lists."""
    return nt_hash(password) if kind is Kind.NTLM else sha1(password)


def sha1(password: str) -> bytes:
    """Return the SHA-1 of a password."""
    return hashlib.sha1(password.encode(), usedforsecurity=False).digest()


@pytest.mark.parametrize("reading", Reading)
@pytest.mark.parametrize("number", [0, 1, 33, 3000])
@pytest.mark.parametrize(("kind", "width"), SHAPES)
def test_every_count_is_exact(
    kind: Kind, width: Width, number: int, reading: Reading, tmp_path: Path
) -> None:
    """All that is listed is found with its count, and nothing else is found."""
    listed = hashes(number, kind)
    shape = shape_of(listed, width) if listed else Shape(kind, width, 0)
    write(tmp_path / "c", listed, shape)
    with Corpus(tmp_path / "c", reading=reading) as corpus:
        assert [corpus.times(each) for each in listed] == [*listed.values()]
        assert not any(corpus.times(each) for each in strangers(1000, kind))
        assert corpus.kind is kind


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("reading", Reading)
def test_wide_directories_are_read(
    wide: bool,  # noqa: FBT001
    reading: Reading,
    tmp_path: Path,
) -> None:
    """What is expected to pass four bytes is found as well."""
    listed = hashes(500)

    shape = shape_of(listed)
    expected = 1 << 33 if wide else 500
    with CorpusWriter(tmp_path / "c", shape=shape, expected=expected) as writer:
        writer.add(read_lines(text_of(listed), shape))
        assert writer.finish().wide_directory == wide
    with Corpus(tmp_path / "c", reading=reading) as corpus:
        assert [corpus.times(each) for each in listed] == [*listed.values()]


@pytest.mark.parametrize("kind", Kind)
def test_it_is_a_blocklist(kind: Kind, tmp_path: Path) -> None:
    """A listed password has its count and a reason; another is not listed."""
    listed = {hash_of(each, kind): count for each, count in PASSWORDS.items()}
    write(tmp_path / "c", dict(sorted(listed.items())))
    blocklist: Blocklist = Corpus(tmp_path / "c", kind=kind)
    for password, count in PASSWORDS.items():
        verdict = blocklist.look_up(password)
        assert isinstance(verdict, Listed)
        assert verdict.times == count
    assert blocklist.look_up("correct horse battery") == NotListed()
    assert blocklist.look_up("\ud800") == Unasked(UnaskedReason.NOT_TEXT)


def test_what_was_seen_rarely_may_pass(tmp_path: Path) -> None:
    """From the least count on a password is listed."""
    listed = {sha1(each): count for each, count in PASSWORDS.items()}
    write(tmp_path / "c", dict(sorted(listed.items())))
    corpus = Corpus(tmp_path / "c", min_count=12)
    verdicts = [corpus.look_up(each) for each in PASSWORDS]
    assert [isinstance(each, Listed) for each in verdicts] == [True, True, False]


def test_a_least_count_does_not_hide_behind_a_look_alike(tmp_path: Path) -> None:
    """Where two hashes look alike, the higher count decides: no false 'not listed'."""
    suffix = sha1("password")[4:8]
    body = suffix + suffix + bytes([1, 255])
    run = Run(0, [2], body, large=array("Q", [1 << 40 | 500]))
    shape = Shape(Kind.SHA1, Width.DEFAULT, 0)
    with CorpusWriter(tmp_path / "c", shape=shape, expected=2) as writer:
        writer.add(run)
        writer.finish()
    verdict = Corpus(tmp_path / "c", min_count=10).look_up("password")
    assert isinstance(verdict, Listed)
    assert verdict.times == 500


@pytest.mark.parametrize("reading", Reading)
def test_a_suffix_across_two_others_is_not_found(
    reading: Reading, tmp_path: Path
) -> None:
    """Four bytes that stand in the bucket, but not where a record begins, are none."""
    body = b"abcdefgh" + b"\1\2"
    shape = Shape(Kind.SHA1, Width.DEFAULT, 0)
    with CorpusWriter(tmp_path / "c", shape=shape, expected=2) as writer:
        writer.add(Run(0, [2], body))
        writer.finish()
    corpus = Corpus(tmp_path / "c", reading=reading)
    found = {
        part: corpus.times(bytes(4) + part + bytes(12))
        for part in (b"abcd", b"bcde", b"cdef", b"efgh", b"fgh\1", b"gh\1\2")
    }
    assert {part for part, count in found.items() if count} == {b"abcd", b"efgh"}


@pytest.mark.parametrize("width", Width)
@pytest.mark.parametrize("reading", Reading)
@pytest.mark.parametrize("digest", [b"", bytes(19), bytes(21), bytes(16)])
def test_a_digest_of_another_length_is_refused(
    digest: bytes, reading: Reading, width: Width, tmp_path: Path
) -> None:
    """An NTLM hash is not looked up among SHA-1 hashes."""
    listed = hashes(9)
    write(tmp_path / "c", listed, shape_of(listed, width))
    corpus = Corpus(tmp_path / "c", reading=reading)
    with pytest.raises(CorpusSetupError, match="have 20 bytes"):
        corpus.times(digest)


def test_another_kind_is_refused(tmp_path: Path) -> None:
    """Whoever wants SHA-1 is not answered from NTLM."""
    write(tmp_path / "c", hashes(9, Kind.NTLM))
    with pytest.raises(CorpusSetupError, match="lists ntlm hashes, not sha1"):
        Corpus(tmp_path / "c", kind=Kind.SHA1)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """The file is named."""
    with pytest.raises(CorpusSetupError, match=r"gone cannot be opened: No such file"):
        Corpus(tmp_path / "gone")


def test_a_stamp_follows_the_content(tmp_path: Path) -> None:
    """The same hashes have the same stamp; one more sighting has another."""
    listed = hashes(500)
    write(tmp_path / "one", listed)
    write(tmp_path / "two", listed, at_once=13)
    write(tmp_path / "more", listed | {max(listed): 5})
    stamps = [Corpus(tmp_path / name).stamp for name in ("one", "two", "more")]
    assert stamps[0] == stamps[1] != stamps[2]
    assert [len(each) for each in stamps] == [16, 16, 16]


def test_a_closed_corpus_says_so(tmp_path: Path) -> None:
    """After closing there is no answer, not a wrong one."""
    write(tmp_path / "c", hashes(9))
    with Corpus(tmp_path / "c") as corpus:
        pass
    with pytest.raises(CorpusSetupError, match="was closed"):
        corpus.look_up("password")
    with pytest.raises(CorpusSetupError, match="was closed"):
        _ = corpus.is_replaced


@pytest.mark.parametrize("bits", [4, 20, 22])
def test_ranges_come_whole(bits: int, tmp_path: Path) -> None:
    """A range is all hashes with its five digits, whatever the buckets are."""
    listed = {
        bytes([0xAB, 0xCD, low]) + each[3:]: n
        for low in range(256)
        for each, n in hashes(3, seed=low).items()
    }
    listed = dict(sorted(listed.items()))
    write(tmp_path / "c", listed, Shape(Kind.SHA1, Width.WHOLE, bits), at_once=100)
    corpus = Corpus(tmp_path / "c")
    for number in (0xABCD0, 0xABCDF, 0xABCCF, 0xABCE0, 0):
        expected = [
            (each, count)
            for each, count in listed.items()
            if each.hex().startswith(f"{number:05x}")
        ]
        assert corpus.range(number) == expected


def test_a_range_needs_whole_hashes(tmp_path: Path) -> None:
    """The remedy is named."""
    write(tmp_path / "c", hashes(9))
    with pytest.raises(CorpusSetupError, match="--width whole"):
        Corpus(tmp_path / "c").range(0)


@pytest.mark.parametrize(("kind", "width"), SHAPES)
@pytest.mark.parametrize("step", [1, 7, 64, 100])
def test_runs_can_be_taken_over(
    step: int, kind: Kind, width: Width, tmp_path: Path
) -> None:
    """A file put together from another's runs is the same file."""
    listed = hashes(3000, kind)
    header = write(tmp_path / "old", listed, shape_of(listed, width))
    old = Corpus(tmp_path / "old")
    with CorpusWriter(tmp_path / "new", shape=header.shape, expected=3000) as writer:
        for first in range(0, header.shape.buckets, step):
            last = min(first + step, header.shape.buckets) - 1
            writer.add(old.run(first, last))
        assert writer.finish().stamp == header.stamp
    assert (tmp_path / "new").read_bytes()[4096:] == (tmp_path / "old").read_bytes()[
        4096:
    ]


def test_a_range_can_be_taken_over(tmp_path: Path) -> None:
    """Where ranges have buckets of their own, each is a run."""
    listed = {bytes([0xAB, number]) + bytes(18): 1 for number in range(9)}
    shape = Shape(Kind.SHA1, Width.COMPACT, 21)
    write(tmp_path / "old", listed, shape)
    old = Corpus(tmp_path / "old")
    number = int(min(listed).hex()[:5], 16)
    run = old.range_run(number)
    assert (run.first, len(run.lengths), sum(run.lengths)) == (number * 2, 2, 1)
    write(tmp_path / "small", listed)
    with pytest.raises(CorpusSetupError, match="ranges are not apart"):
        Corpus(tmp_path / "small").range_run(0)


def test_threads_share_a_corpus(tmp_path: Path) -> None:
    """Eight threads that begin together get the right counts."""
    listed = hashes(3000)
    write(tmp_path / "c", listed)
    corpus = Corpus(tmp_path / "c")
    begin = threading.Barrier(8)
    wrong: list[bytes] = []

    def ask() -> None:
        begin.wait()
        wrong.extend(each for each in listed if corpus.times(each) != listed[each])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def _right(corpus: Corpus, count: int, answer: "multiprocessing.Queue[bool]") -> None:
    listed = hashes(count)
    answer.put(all(corpus.times(each) == listed[each] for each in listed))


@pytest.mark.parametrize("reading", Reading)
def test_forked_processes_share_a_corpus(reading: Reading, tmp_path: Path) -> None:
    """What was opened before a fork answers in parent and children."""
    listed = hashes(3000)
    write(tmp_path / "c", listed)
    corpus = Corpus(tmp_path / "c", reading=reading)
    context = multiprocessing.get_context("fork")
    answer: multiprocessing.Queue[bool] = context.Queue()
    children = [
        context.Process(target=_right, args=(corpus, 3000, answer)) for _ in range(3)
    ]
    for child in children:
        child.start()
    assert all(corpus.times(each) == listed[each] for each in listed)
    assert [answer.get(timeout=60) for _ in children] == [True] * 3
    for child in children:
        child.join()


def test_resident_memory_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past the limit a mapped file's pages go back, and answers stay right."""
    listed = hashes(20_000)
    write(tmp_path / "c", listed, Shape(Kind.SHA1, Width.DEFAULT, 18))
    given_back: list[int] = []
    give_back = CorpusFile._give_back

    def counted(file: CorpusFile) -> None:
        given_back.append(1)
        give_back(file)

    monkeypatch.setattr(CorpusFile, "_give_back", counted)
    corpus = Corpus(tmp_path / "c", resident_mib=1)
    for _ in range(2):
        assert [corpus.times(each) for each in listed] == [*listed.values()]
    assert len(given_back) > 70
    roomy = Corpus(tmp_path / "c", resident_mib=8)
    given_back.clear()
    assert [roomy.times(each) for each in listed] == [*listed.values()]
    assert given_back == []
