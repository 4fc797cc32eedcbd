import hashlib
import os
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from credguard.errors import CorpusSourceError, CorpusUnwrittenError
from credguard.screening import Listed, NotListed
from credguard.screening.corpus import Corpus, Kind, Origin, words
from credguard.screening.corpus.building import Plan, build

WORDS = Plan(words=True)


def corpus_of(tmp_path: Path, text: bytes, plan: Plan = WORDS) -> Corpus:
    """Return a corpus of words."""
    (tmp_path / "words").write_bytes(text)
    build(tmp_path / "words", tmp_path / "corpus", plan)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["corpus", "words"]
    return Corpus(tmp_path / "corpus")


@pytest.mark.parametrize("kind", Kind)
def test_each_word_is_listed_as_often_as_it_stands_there(
    kind: Kind, tmp_path: Path
) -> None:
    """Line ends, a byte order mark and empty lines are no words; spaces are."""
    text = "\ufeffpassword\r\n\r\nпароль\n two words \npassword\n\nlast".encode()
    corpus = corpus_of(tmp_path, text, Plan(words=True, kind=kind))
    assert corpus.header.entries == 4
    for word, times in {
        "password": 2,
        "пароль": 1,
        " two words ": 1,
        "last": 1,
    }.items():
        verdict = corpus.look_up(word)
        assert isinstance(verdict, Listed)
        assert verdict.times == times
    assert corpus.look_up("two words") == NotListed()


def test_words_are_normalized(tmp_path: Path) -> None:
    """A word in decomposed form is listed as people's passwords are looked up."""
    decomposed = unicodedata.normalize("NFD", "Blåbær")
    corpus = corpus_of(tmp_path, decomposed.encode())
    assert isinstance(corpus.look_up("Blåbær"), Listed)


def test_a_word_in_another_encoding_is_listed_as_it_stands(tmp_path: Path) -> None:
    """Such words are in leaked lists; their bytes are hashed."""
    word = "пароль".encode("cp1251")
    corpus = corpus_of(tmp_path, word + b"\n")
    assert corpus.times(hashlib.sha1(word, usedforsecurity=False).digest()) == 1
    with pytest.raises(CorpusSourceError, match="line 2: the word is not UTF-8"):
        corpus_of(tmp_path, b"a\n" + word, Plan(words=True, kind=Kind.NTLM))


def test_a_large_list_is_dealt_into_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts and buffers make no difference to what is listed."""
    monkeypatch.setattr(words, "_PART_BYTES", 1000)
    monkeypatch.setattr(words, "_BUFFER_BYTES", 3000)
    counted = Counter({f"word {n}": n % 3 + 1 for n in range(2000)})
    text = "".join(f"{word}\n" for word in counted.elements())
    corpus = corpus_of(tmp_path, text.encode())
    found = {word: corpus.times(corpus.digest(word)) for word in counted}
    assert found == counted
    assert corpus.header.entries == 2000
    assert 16 <= 2000 / corpus.header.shape.buckets <= 32


def test_rare_words_can_be_left_out(tmp_path: Path) -> None:
    """The least count counts how often a word stands there."""
    plan = Plan(words=True, origin=Origin(min_count=2))
    corpus = corpus_of(tmp_path, b"a\nb\na\n", plan)
    assert corpus.header.entries == 1


def test_an_empty_list_is_a_corpus_that_lists_nothing(tmp_path: Path) -> None:
    """A site may begin with no words of its own."""
    assert corpus_of(tmp_path, b"").look_up("password") == NotListed()


def test_a_missing_list_is_refused(tmp_path: Path) -> None:
    """The file is named."""
    with pytest.raises(CorpusSourceError, match="gone cannot be read"):
        build(tmp_path / "gone", tmp_path / "c", WORDS)


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no room for the hashes, the build ends in a declared error."""

    def full(**_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(words, "TemporaryFile", full)
    with pytest.raises(CorpusUnwrittenError, match="No space left"):
        corpus_of(tmp_path, b"a\n")
