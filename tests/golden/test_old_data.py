"""What each release stored is read by this one: every format, and every schema."""

import base64
import gzip
import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from golden_files import HERE, RELEASES, content_of, plan_of

from credguard import Keyring, PasswordHasher
from credguard.campaigns import parse_scope, plan_file, verp
from credguard.campaigns.lists import address_hash
from credguard.errors import (
    PasswordMismatchError,
    SealBrokenError,
)
from credguard.guard.forgotten_tokens import read_token
from credguard.passwords import CHEAPEST
from credguard.screening import Corpus, Listed, NotListed
from credguard.second_factor.step_up import check_proof
from credguard.second_factor.takeover import Imported, read_otpauth
from credguard.sessions import read_stamp
from credguard.storage import schema
from credguard.storage.audit_head import read_line
from proving import Proof

pytestmark = pytest.mark.promise("P16")

SCHEMAS = sorted(HERE.glob("*/[0-9]*.sql.gz"), key=lambda path: path.name)
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=RELEASES, ids=lambda path: path.name)
def release(request: pytest.FixtureRequest) -> Path:
    """The folder of each release in turn."""
    found: Path = request.param
    return found


@pytest.fixture
def content(release: Path) -> dict[str, Any]:
    """What each release wrote, in turn."""
    return content_of(release)


@pytest.fixture
def ring(content: dict[str, Any]) -> Keyring:
    """The keyring of each release."""
    return Keyring.parse(content["keyring"])


def test_keyring(content: dict[str, Any], ring: Keyring) -> None:
    """Its line is read, names the same keys, and is written as it was."""
    assert sorted(ring.ids) == content["key ids"]
    assert ring.reveal() == content["keyring"]


def test_passwords(content: dict[str, Any], ring: Keyring, proof: Proof) -> None:
    """Every form verifies with its password and with no other."""
    hasher = PasswordHasher(keyring=ring, work_factor=CHEAPEST)
    for each in content["passwords"]:
        stored = {"stored": each["stored"], "account_id": each["account_id"]}
        assert hasher.verify(each["password"], **stored).scheme, each["form"]
        with pytest.raises(PasswordMismatchError):
            hasher.verify(each["password"] + "x", **stored)
        proof.tried()
    assert len(content["passwords"]) >= 25


def test_seals(content: dict[str, Any], ring: Keyring, proof: Proof) -> None:
    """Each purpose's sealed text opens where it belongs, and for nobody else."""
    for each in content["seals"]:
        assert ring.open(each["sealed"], **each["where"]) == b"what was sealed"
        with pytest.raises(SealBrokenError):
            ring.open(each["sealed"], **each["where"] | {"owner": "78"})
        proof.tried()


def test_tags(content: dict[str, Any], ring: Keyring, proof: Proof) -> None:
    """Each purpose's tag is what it was: links and marks of old stay ours."""
    for purpose, tag in content["texts"]["tags"].items():
        assert ring.tag(b"a message", purpose=purpose).hex() == tag
        proof.tried()


def test_texts(content: dict[str, Any], ring: Keyring) -> None:
    """Stamps, tokens, proofs, return paths and scopes are still ours."""
    texts = content["texts"]
    stamp = read_stamp(ring, texts["stamp"], account_id="77", browser="b")
    assert stamp.epoch == 3
    forgotten = read_token(ring, texts["forgotten token"], now=stamp.made_at)
    assert (forgotten.account_id, forgotten.epoch) == ("77", 3)
    check_proof(
        ring,
        texts["step-up proof"],
        account_id="77",
        factor_id="f",
        now=stamp.made_at + MINUTE,
    )
    ((notice, tag),) = verp.find(f"To: {texts['return path']}")
    assert verp.is_ours(ring, notice, tag, key_id=ring.current.id)
    assert str(parse_scope(texts["scope"])) == texts["scope"]
    assert address_hash("Member77@mail.example") == texts["address hash"]
    assert read_line(texts["audit head"]).number > 0
    assert texts["marker"].startswith("cgretired1:")


def test_plan(release: Path) -> None:
    """An approved plan is read, and is written as it was: its digest stands."""
    text = (release / "plan.toml").read_text("utf-8")
    assert plan_file.write(plan_of(text)) == text


def test_corpus(release: Path, content: dict[str, Any], tmp_path: Path) -> None:
    """The corpus file opens, and counts what it counted."""
    path = tmp_path / "corpus"
    path.write_bytes(gzip.decompress((release / "corpus.gz").read_bytes()))
    with Corpus(path) as corpus:
        for password, times in content["listed"].items():
            found = corpus.look_up(password)
            assert isinstance(found, Listed)
            assert found.times == times
        assert isinstance(corpus.look_up("another quiet harbour"), NotListed)


def test_exported_factors(content: dict[str, Any]) -> None:
    """What left in the clear is taken in again, seed and last step."""
    lines = [json.loads(each) for each in content["facts"]["exported"]]
    (taken,) = read_otpauth(lines)
    assert isinstance(taken, Imported)
    assert taken.seed is not None
    assert taken.seed.reveal() == base64.b64decode(content["facts"]["seed"])


def test_migrations_of_releases_are_as_they_were(release: Path, proof: Proof) -> None:
    """A migration that was released is never edited: another one comes after it."""
    places = Path(schema.__file__).parent / "migrations" / "versions"
    sums = json.loads((release / "migrations.json").read_text("utf-8"))
    for name, digest in sums.items():
        assert sha256((places / name).read_bytes()).hexdigest() == digest, name
        proof.tried()


def test_every_revision_is_kept() -> None:
    """Each released revision has a dump of what stood in it."""
    kept = {each.name.partition(".")[0] for each in SCHEMAS}
    released = {
        name[:4]
        for release in RELEASES
        for name in json.loads((release / "migrations.json").read_text("utf-8"))
    }
    assert kept == released
    assert released <= set(schema.VERSIONS)
