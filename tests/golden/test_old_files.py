"""Corpora, half-done syncs, approvers' keys and wrapped hashes of old are read."""

import base64
import lzma
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from golden_files import COMPLETE, RELEASES, content_of
from golden_parts import (
    ETAGS,
    MESSAGE,
    SCHEMES,
    SHAPES,
    SYNCED,
    lines_of,
)

from credguard import Keyring, PasswordHasher
from credguard.campaigns.approver_keys import ApproverKey, has_signed
from credguard.errors import PasswordMismatchError
from credguard.passwords import CHEAPEST
from credguard.screening.corpus import (
    Corpus,
    Kind,
    Shape,
    Width,
    asking_news,
    read_lines,
)
from credguard.screening.corpus.journal import Journal, Piece
from credguard.screening.corpus.verifying import verify
from credguard.screening.verdicts import Listed, NotListed
from proving import Proof

pytestmark = [
    pytest.mark.promise("P16"),
    pytest.mark.parametrize("release", COMPLETE, ids=lambda path: path.name),
]
FAMILIES = {name.partition(":")[0] for name in SCHEMES}


@pytest.fixture
def content(release: Path) -> dict[str, Any]:
    """What each release wrote, in turn."""
    return content_of(release)


def opened(release: Path, name: str, folder: Path) -> Corpus:
    """Return a corpus of a release."""
    packed = (release / f"corpus-{name}.xz").read_bytes()
    path = folder / name
    path.write_bytes(lzma.decompress(packed))
    return Corpus(path)


def test_the_newest_release_kept_all(release: Path) -> None:
    """Only those before the first one lack something."""
    assert ".dev" not in release.name
    assert set(COMPLETE) == {path for path in RELEASES if ".dev" not in path.name}


@pytest.mark.parametrize(("kind", "width"), SHAPES)
def test_corpora(
    release: Path,
    content: dict[str, Any],
    tmp_path: Path,
    kind: Kind,
    width: Width,
) -> None:
    """One of each kind and width opens, and counts what it counted."""
    with opened(release, f"{kind}-{width}", tmp_path) as corpus:
        shape = corpus.header.shape
        assert (shape.kind, shape.width) == (kind, width)
        for password, times in content["listed"].items():
            found = corpus.look_up(password)
            assert isinstance(found, Listed)
            assert found.times == times
        assert isinstance(corpus.look_up("another quiet harbour"), NotListed)
    assert verify(tmp_path / f"{kind}-{width}").entries == len(content["listed"])


def test_a_corpus_that_was_synced(
    release: Path, content: dict[str, Any], tmp_path: Path
) -> None:
    """It has its ETags, so that only what changed is fetched, and its ranges."""
    with opened(release, SYNCED, tmp_path) as corpus:
        assert {number: corpus.etag(number) for number in ETAGS} == ETAGS
        assert corpus.etag(1) == ""
        for line in lines_of(content["listed"], Kind.SHA1).decode().splitlines():
            digest, _, times = line.partition(":")
            assert corpus.range(int(line[:5], 16)) == [
                (bytes.fromhex(digest), int(times))
            ]
        assert corpus.range_run(0).body == b""


def test_a_sync_that_was_stopped(content: dict[str, Any], tmp_path: Path) -> None:
    """It goes on: with its terms, its ranges and those that had not changed."""
    folder = tmp_path / "corpus.sync"
    folder.mkdir()
    for name, packed in content["sync"]["journal"].items():
        (folder / name).write_bytes(lzma.decompress(base64.b64decode(packed)))
    journal = Journal(folder)
    terms = journal.terms()
    assert terms is not None
    assert asdict(terms) == content["sync"]["terms"]
    shape = Shape(Kind(terms.kind), Width(terms.width), terms.bits)
    with Piece(folder, 0) as piece:
        assert (piece.numbers, piece.unchanged) == ({3, 5}, 1)
        fetched, unchanged = piece.fetched(3), piece.fetched(5)
    journal.close()
    right = read_lines(lines_of(content["listed"], Kind.SHA1), shape)
    assert fetched.run is not None
    assert fetched.run.to_bytes() == right.to_bytes()
    assert (fetched.etag, unchanged.etag) == ('W/"three"', 'W/"five"')
    assert unchanged.run is None


def test_what_was_seen_of_a_service(content: dict[str, Any], tmp_path: Path) -> None:
    """Whoever asks for news goes on with the ranges that were asked for."""
    path = tmp_path / "etags.json"
    path.write_text(content["sync"]["etags.json"], "utf-8")
    assert asking_news._remembered(path, Kind.SHA1) == ETAGS


def test_an_approvers_key(content: dict[str, Any]) -> None:
    """Both halves are read, and what the private one signed was signed by it."""
    kept = content["approver"]
    key = ApproverKey.parse(kept["private"])
    assert (key.reveal(), key.public) == (kept["private"], kept["public"])
    assert key.sign(MESSAGE).hex() == kept["signature"]
    signature = bytes.fromhex(kept["signature"])
    assert has_signed(kept["public"], signature, MESSAGE)
    assert not has_signed(kept["public"], signature, MESSAGE + b"!")


def test_wrapped_hashes(content: dict[str, Any], proof: Proof) -> None:
    """Of every family of schemes that a bundle has, one verifies with its password."""
    ring = Keyring.parse(content["keyring"])
    hasher = PasswordHasher(
        keyring=ring, work_factor=CHEAPEST, accept=tuple(SCHEMES.values())
    )
    kept = {each["scheme"].partition(":")[0] for each in content["wrapped"]}
    # Two of Django's and Werkzeug's stand among the passwords.
    assert kept | {"django"} >= FAMILIES
    for each in content["wrapped"]:
        stored = {"stored": each["stored"], "account_id": "77"}
        verified = hasher.verify(each["password"], **stored)
        assert verified.scheme == f"wrapped:{each['scheme']}"
        with pytest.raises(PasswordMismatchError):
            hasher.verify("!" + each["password"], **stored)
        proof.tried()
