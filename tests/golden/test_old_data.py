"""What each release stored is read by this one: every format, and every schema."""

import base64
import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from golden_schemas import restored, shape_of
from sqlalchemy import make_url

from credguard import CredGuard, Keyring, PasswordHasher
from credguard.accounts import SqlAccounts
from credguard.campaigns import AccountList, parse_scope, plan_file, verp
from credguard.campaigns.lists import ListKind, address_hash
from credguard.errors import (
    CodeMismatchError,
    PasswordMismatchError,
    ResetRequiredError,
    SealBrokenError,
    TokenRefusedError,
)
from credguard.guard.forgotten_tokens import read_token
from credguard.incidents import Incidents
from credguard.passwords import CHEAPEST
from credguard.screening import Corpus, Listed, NotListed
from credguard.second_factor import Means, SecondFactors
from credguard.second_factor.step_up import check_proof
from credguard.second_factor.takeover import Imported, read_otpauth
from credguard.second_factor.totp import code_at, step_at
from credguard.sessions import read_stamp
from credguard.storage import Database, audit, schema
from credguard.storage.audit_head import read_line
from credguard.storage.schema import prepare
from credguard.testing import FrozenClock
from forums import COLUMNS, Forum, password_of, policy
from keepers import CHEAP
from proving import SIZE, Proof, Size

pytestmark = pytest.mark.promise("P16")

HERE = Path(__file__).parent
RELEASES = sorted(path.parent for path in HERE.glob("*/formats.json"))
SCHEMAS = sorted(HERE.glob("*/[0-9]*.sql.gz"), key=lambda path: path.name)
# The first release left all of these: its rows, less what came after a revision.
FIRST_WITH_FACTORS, FIRST_WITH_RECOVERY = "0002", "0004"
FIRST_WITH_LEAVES, FIRST_WITH_INCIDENTS = "0009", "0011"
SOME = SCHEMAS[-1:] if SIZE is Size.EVERYDAY else SCHEMAS
LISTS = (["60", "59"], ["58"])
MINUTE = timedelta(minutes=1)


def name_of(dump: Path) -> str:
    """Return what a dump is called in a list of tests."""
    return f"{dump.parent.name}-{dump.name[:4]}"


@pytest.fixture(params=RELEASES, ids=lambda path: path.name)
def release(request: pytest.FixtureRequest) -> Path:
    """The folder of each release in turn."""
    found: Path = request.param
    return found


def content_of(release: Path) -> dict[str, Any]:
    """Return what a release wrote."""
    found: dict[str, Any] = json.loads((release / "formats.json").read_text("utf-8"))
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

    def opened(digest: str, _file: str | None, kind: ListKind) -> AccountList:
        lists = [AccountList.of(each) for each in LISTS]
        assert kind is ListKind.IDS
        return next(each for each in lists if each.digest == digest)

    text = (release / "plan.toml").read_text("utf-8")
    assert plan_file.write(plan_file.read(text, open_list=opened)) == text


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


@dataclass
class Upgraded:
    """A database of an old revision that this release has upgraded."""

    revision: str
    database: Database
    guard: CredGuard
    factors: SecondFactors
    facts: dict[str, Any]
    clock: FrozenClock
    ring: Keyring
    forum: Forum


@contextmanager
def upgraded_at(url: str, dump: Path, folder: Path) -> Iterator[Upgraded]:
    """Make an old database anew at *url*, with this release's door before it."""
    content = content_of(dump.parent)
    ring = Keyring.parse(content["keyring"])
    clock = FrozenClock(datetime.fromisoformat(content["facts"]["now"]) + MINUTE)
    database = Database(url)
    restored(dump, database, folder)
    accounts = SqlAccounts(url, table="members", columns=COLUMNS)
    guard = CredGuard(
        keyring=ring,
        database=url,
        accounts=accounts,
        passwords=PasswordHasher(keyring=ring, work_factor=CHEAPEST),
        policy=policy(),
        clock=clock,
    )
    factors = SecondFactors(database, ring, issuer="Forum", hasher=CHEAP, clock=clock)
    yield Upgraded(
        revision=dump.name[:4],
        database=database,
        guard=guard,
        factors=factors,
        facts=content["facts"],
        clock=clock,
        ring=ring,
        forum=Forum(url),
    )
    accounts.close()
    guard.close()
    database.close()


@pytest.mark.parametrize("dump", SCHEMAS, ids=name_of)
def test_an_old_database_is_upgraded(
    dump: Path, sqlite_url: str, tmp_path: Path, proof: Proof
) -> None:
    """Its tables become those of a new one, and each row means what it meant."""
    with upgraded_at(sqlite_url, dump, tmp_path) as upgraded:
        check_that_it_goes_on(upgraded, tmp_path)
    proof.tried()


@pytest.mark.parametrize("dump", SOME, ids=name_of)
def test_an_old_database_is_upgraded_anywhere(
    dump: Path, database_url: str, tmp_path: Path, proof: Proof
) -> None:
    """On each server, too."""
    with upgraded_at(database_url, dump, tmp_path) as upgraded:
        check_that_it_goes_on(upgraded, tmp_path)
    proof.tried()


def check_that_it_goes_on(upgraded: Upgraded, tmp_path: Path) -> None:
    """Check the shape of the tables, and that what stands in them is in use."""
    assert shape_of(upgraded.database) == shape_of_a_new_one(upgraded, tmp_path)
    check_log(upgraded)
    check_campaign(upgraded)
    if upgraded.revision >= FIRST_WITH_FACTORS:
        check_factors(upgraded)
    if upgraded.revision >= FIRST_WITH_INCIDENTS:
        incidents = Incidents(upgraded.database, upgraded.ring, clock=upgraded.clock)
        now = datetime.fromisoformat(upgraded.facts["now"])
        found = incidents.statement(upgraded.facts["incident"], as_at=now)
        assert found == upgraded.facts["statement"]
    check_log(upgraded)


def shape_of_a_new_one(upgraded: Upgraded, folder: Path) -> dict[str, object]:
    """Return the shape of tables that this release makes on the same server."""
    if upgraded.database.is_sqlite:
        fresh = Database(f"sqlite:///{folder / 'fresh.db'}")
        prepare(fresh)
        found = shape_of(fresh)
        fresh.close()
        return found
    url = make_url(upgraded.database._engine.url)
    name = f"{url.database}_fresh"
    with upgraded.database._engine.connect() as connection:
        raw = connection.execution_options(isolation_level="AUTOCOMMIT")
        raw.exec_driver_sql(f"CREATE DATABASE {name}")
    fresh = Database(url.set(database=name).render_as_string(hide_password=False))
    prepare(fresh)
    found = shape_of(fresh)
    fresh.close()
    with upgraded.database._engine.connect() as connection:
        raw = connection.execution_options(isolation_level="AUTOCOMMIT")
        raw.exec_driver_sql(f"DROP DATABASE {name}")
    return found


def check_log(upgraded: Upgraded) -> None:
    """Check the audit log, where what its records speak of was kept already."""
    if upgraded.revision >= FIRST_WITH_LEAVES:
        audit.verify(upgraded.database, upgraded.ring)


def check_campaign(upgraded: Upgraded) -> None:
    """Check that the campaign goes on: locked, told, redeemed, put back."""
    guard, facts = upgraded.guard, upgraded.facts
    status = guard.campaigns.status(facts["campaign"])
    assert status.adds_up
    assert {str(state): count for state, count in status.counts.items()} == facts[
        "counts"
    ]
    (locked, used) = ("6", "3")
    stored = upgraded.forum.password(6)
    with pytest.raises(ResetRequiredError):
        guard.log_in(password_of(6), account_id=locked, stored=stored)
    with pytest.raises(TokenRefusedError):
        guard.redeem(facts["tokens"][used], password="a quiet harbor, evening")
    done = guard.redeem(facts["tokens"][locked], password="a quiet harbor, evening")
    assert done.account_id == locked
    guard.campaigns.abort(facts["campaign"], reason="a false alarm")
    stored = upgraded.forum.password(7)
    assert guard.log_in(password_of(7), account_id="7", stored=stored).session


def check_factors(upgraded: Upgraded) -> None:
    """Check that a code is accepted, and a recovery code, and that none is twice."""
    factors, facts, clock = upgraded.factors, upgraded.facts, upgraded.clock
    seed = base64.b64decode(facts["seed"])
    clock.advance(3 * MINUTE)
    code = code_at(seed, step_at(int(clock().timestamp())))
    assert factors.verify("1", code).means is Means.CODE
    with pytest.raises(CodeMismatchError):
        factors.verify("1", code)
    if upgraded.revision >= FIRST_WITH_RECOVERY:
        used = factors.verify("1", facts["recovery"][5])
        assert used.means is Means.RECOVERY_CODE
        with pytest.raises(CodeMismatchError):
            factors.verify("1", facts["recovery"][3])
