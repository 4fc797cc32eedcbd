"""
Keep what this release stores, for ever: `python tests/golden/write.py VERSION`.

Run once for each release, before its tag; what it wrote is never written again. Later
releases must read it: `tests/golden/test_old_*.py`.
"""

import argparse
import base64
import gzip
import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [
    str(ROOT / "src"),
    *(str(ROOT / "tests" / each) for each in ("", "promises")),
]

import golden_parts
import whole_story
from golden_files import HERE
from golden_schemas import dumped
from whole_story import AUTUMN_NIGHT, GOOD, SIGNER, Story, Teller

from credguard import Keyring, PasswordHasher
from credguard.campaigns import created_before, retired, staff, verp
from credguard.campaigns.lists import address_hash
from credguard.campaigns.marking import markers
from credguard.campaigns.records import own_keyring
from credguard.guard.forgotten_tokens import ForgottenToken, write_token
from credguard.incidents import Incidents
from credguard.passwords import CHEAPEST, WriteFormat
from credguard.second_factor.step_up import prove
from credguard.sessions import make_stamp
from credguard.storage import audit, schema
from credguard.storage.audit_head import to_line
from forums import django_hash, werkzeug_hash

TAGGED = (
    "approval",
    "audit",
    "audit account",
    "journal network",
    "password hash",
    "reset token",
    "retired marker",
    "return path",
    "screened hash",
    "session stamp",
    "step-up proof",
)
SEALED = ("key canary", "campaign key", "retired hash", "pending hash")


def passwords(ring: Keyring) -> list[dict[str, object]]:
    """Return stored texts of every form that is written, with what verifies them."""
    older = PasswordHasher(keyring=Keyring(current=ring.older[0]), work_factor=CHEAPEST)
    makers = {
        "phc": PasswordHasher(work_factor=CHEAPEST),
        "own": PasswordHasher(work_factor=CHEAPEST, write_format=WriteFormat.V1),
        "peppered": PasswordHasher(work_factor=CHEAPEST, keyring=ring),
        "of an older key": older,
    }
    found: list[dict[str, object]] = []
    for form, maker in makers.items():
        for account_id in (None, "77"):
            for password in (GOOD, "an a\u030angstro\u0308m is small"):
                made = maker.hash(password, account_id=account_id)
                found.append(_password(form, made, password, account_id))
        if form == "phc":
            continue
        for name, old in (
            ("django", django_hash(GOOD)),
            ("werkzeug", werkzeug_hash(GOOD)),
        ):
            wrapped = maker.wrap(old, account_id="77")
            found.append(_password(f"{form}, around {name}", wrapped, GOOD, "77"))
        wrapped = maker.wrap(django_hash(GOOD))
        found.append(_password(f"{form}, around django", wrapped, GOOD, None))
    return found


def _password(
    form: str, stored: str, password: str, account_id: str | None
) -> dict[str, object]:
    return {
        "form": form,
        "stored": stored,
        "password": password,
        "account_id": account_id,
    }


def seals(ring: Keyring) -> list[dict[str, object]]:
    """Return a sealed text for each purpose, with and without a part."""
    wheres: list[dict[str, str]] = [{"purpose": each, "owner": "77"} for each in SEALED]
    wheres.append({"purpose": "totp seed", "owner": "77", "part": "a-factor"})
    return [
        {"sealed": ring.seal(b"what was sealed", **where), "where": where}
        for where in wheres
    ]


def texts(story: Story, made: str) -> dict[str, object]:
    """Return one text of each kind that is not a password, a seal or a row."""
    ring, now = story.keyring, AUTUMN_NIGHT
    record = story.guard.campaigns.find(made)
    own = own_keyring(ring, record)
    forgotten = ForgottenToken("77", 3, now + timedelta(hours=1), now)
    notice = "AAAAAAAAAAAAAAAAAAAAAA"
    return {
        "stamp": make_stamp(ring, account_id="77", epoch=3, browser="b", now=now),
        "forgotten token": write_token(ring, forgotten),
        "step-up proof": prove(ring, account_id="77", factor_id="f", now=now),
        "return path": verp.address(
            ring, "bounces@machina.example", notice, key_id=ring.current.id
        ),
        "marker": markers(own, made, ["77"])[0],
        "retired page": retired.seal(
            own, made, {"77": django_hash(GOOD)}, first=7
        ).pages[0][1],
        "scope": str(created_before(now) & ~staff),
        "address hash": address_hash("Member77@mail.example"),
        "audit head": to_line(audit.verify(story.guard._database, ring)),
        "tags": {each: ring.tag(b"a message", purpose=each).hex() for each in TAGGED},
    }


def facts(story: Story, made: str, folder: Path) -> dict[str, object]:
    """Return what must still be true of the database's rows."""
    incidents = Incidents(story.guard._database, story.keyring, clock=story.clock)
    (incident,) = incidents.every()
    exported: list[str] = []
    story.factors.export(lambda leaving: exported.append(leaving.to_json()))
    with closing(sqlite3.connect(folder / "forum.db")) as connection:
        query = "SELECT sealed, id FROM credguard_second_factor WHERE account_id = '1'"
        sealed, factor_id = connection.execute(query).fetchone()
    seed = story.keyring.open(sealed, purpose="totp seed", owner="1", part=factor_id)
    return {
        "now": story.clock().isoformat(),
        "campaign": made,
        "tokens": {str(each): token for each, token in story.tokens.items()},
        "counts": {
            str(k): v for k, v in story.guard.campaigns.status(made).counts.items()
        },
        "seed": base64.b64encode(seed).decode(),
        "recovery": story.recovery,
        "device": story.device,
        "incident": incident.id,
        "statement": incidents.statement(incident.id, as_at=story.clock()),
        "exported": exported,
    }


def write(version: str) -> None:
    """Write the folder of *version*, which must not be there yet."""
    folder = HERE / version
    folder.mkdir()
    with tempfile.TemporaryDirectory() as place:
        path = Path(place)
        story = Story(path, Teller())
        story.passwords()
        story.screening()
        story.log_ins()
        story.second_factors()
        made = story.campaign()
        story.incident(made)
        content = {
            "keyring": story.keyring.reveal(),
            "key ids": sorted(story.keyring.ids),
            "passwords": passwords(story.keyring),
            "seals": seals(story.keyring),
            "texts": texts(story, made),
            "facts": facts(story, made, path),
            "listed": whole_story.LISTED,
            "approver": golden_parts.approver(SIGNER),
            "sync": golden_parts.sync_files(whole_story.LISTED, path),
            "wrapped": golden_parts.wrapped(story.keyring),
        }
        story.close()
        text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
        (folder / "formats.json").write_text(text + "\n", encoding="utf-8")
        (folder / "plan.toml").write_text(story.plan_text, encoding="utf-8")
        packed = gzip.compress((path / "corpus").read_bytes(), mtime=0)
        (folder / "corpus.gz").write_bytes(packed)
        golden_parts.write_corpora(folder, whole_story.LISTED, path)
        _write_schemas(folder, path)


def _write_schemas(folder: Path, path: Path) -> None:
    """Keep the schema of each revision that no earlier release kept."""
    kept = {each.name for each in HERE.glob("*/[0-9]*.sql.gz")}
    for revision in schema.VERSIONS:
        name = f"{revision}.sql.gz"
        if name not in kept or revision == schema.VERSIONS[-1]:
            (folder / name).write_bytes(dumped(path / "forum.db", revision, path))
    places = Path(schema.__file__).parent / "migrations" / "versions"
    sums = {
        each.name: sha256(each.read_bytes()).hexdigest()
        for each in sorted(places.glob("0*.py"))
    }
    text = json.dumps(sums, indent=1)
    (folder / "migrations.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version", help="such as 0.1.0")
    write(parser.parse_args().version)
