import builtins
import hashlib
import random
from pathlib import Path

import pytest
from corpora import SHAPES, hashes, shape_of, strangers, write

from credguard.screening.corpus import Corpus, Kind, Reading, Shape, Width
from credguard.screening.corpus.auditing import Audited, audit, counting
from credguard.screening.corpus.hash_lists import Batch


@pytest.mark.parametrize("number", [0, 1, 40, 5000])
@pytest.mark.parametrize(("kind", "width"), SHAPES)
def test_side_by_side_is_as_one_by_one(
    kind: Kind, width: Width, number: int, tmp_path: Path
) -> None:
    """Numpy counts as a single look-up does, listed or not, in any order."""
    pytest.importorskip("numpy")
    listed = hashes(number, kind)
    shape = shape_of(listed, width) if listed else Shape(kind, width, 0)
    write(tmp_path / "c", listed, shape)
    asked = [*listed, *strangers(500, kind)]
    random.Random(1).shuffle(asked)
    corpus = Corpus(tmp_path / "c")
    joined = b"".join(asked)
    expected = [listed.get(each, 0) for each in asked]
    assert list(counting(corpus)(joined)) == expected
    assert list(counting(corpus, with_numpy=False)(joined)) == expected
    by_pread = Corpus(tmp_path / "c", reading=Reading.PREAD)
    assert list(counting(by_pread)(joined)) == expected


def test_whole_hashes_are_compared_whole(tmp_path: Path) -> None:
    """A hash that differs in its last byte only is not listed."""
    listed = hashes(500)
    write(tmp_path / "c", listed, shape_of(listed, Width.WHOLE))
    near = b"".join(each[:-1] + bytes([each[-1] ^ 1]) for each in listed)
    with Corpus(tmp_path / "c") as corpus:
        assert not any(counting(corpus)(near))


def test_nothing_needs_numpy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is not installed, an audit is slower and no other."""
    listed = hashes(50)
    write(tmp_path / "c", listed)
    imported = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name.endswith("corpus.counting"):
            raise ModuleNotFoundError(name="numpy")
        return imported(name, *rest)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(builtins, "__import__", without)
    with Corpus(tmp_path / "c") as corpus:
        found = audit(corpus, [Batch(b"".join(listed))])
    assert found.listed == 50


def sha1(password: str) -> bytes:
    """Return the SHA-1 of a password."""
    return hashlib.sha1(password.encode(), usedforsecurity=False).digest()


def test_an_audit_counts_and_names_accounts(tmp_path: Path) -> None:
    """Read, listed by how often, without an id, unread; ids to whoever asks."""
    listed = {sha1("often"): 12_345, sha1("rare"): 3, sha1("some"): 40}
    write(tmp_path / "c", dict(sorted(listed.items())))
    named: list[str] = []
    batches = [
        Batch(sha1("often") + sha1("new") + sha1("rare"), ("1", "2", "3"), unread=4),
        Batch(sha1("some") + sha1("often"), ("", "5")),
        Batch(sha1("some")),
        Batch(b"", unread=1),
    ]
    with Corpus(tmp_path / "c") as corpus:
        found = audit(corpus, batches, on_listed=named.extend)
        rarer = audit(corpus, batches, min_count=40)
    assert (found.read, found.listed, found.unread, found.without_id) == (6, 5, 5, 2)
    assert found.by_times == {10_000: 2, 1: 1, 10: 2}
    assert named == ["1", "3", "5"]
    assert rarer.listed == 4
    assert Audited() == audit(corpus_of_nothing(tmp_path), [])


def corpus_of_nothing(tmp_path: Path) -> Corpus:
    """Return a corpus that lists nothing."""
    write(tmp_path / "none", {})
    return Corpus(tmp_path / "none")
