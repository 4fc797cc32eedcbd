"""Databases of old are upgraded, and each row means what it meant."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from golden_files import HERE, content_of, plan_of
from golden_schemas import restored, shape_of
from sqlalchemy import make_url

from credguard import CredGuard, Keyring, PasswordHasher
from credguard.accounts import SqlAccounts
from credguard.campaigns.approval_policy import ApprovalPolicy
from credguard.campaigns.approvals import approvals_of
from credguard.errors import (
    CodeMismatchError,
    DeviceRefusedError,
    ResetRequiredError,
    TokenRefusedError,
)
from credguard.incidents import Incidents
from credguard.passwords import CHEAPEST
from credguard.second_factor import Means, SecondFactors
from credguard.second_factor.totp import code_at, step_at
from credguard.storage import Database, audit
from credguard.storage.schema import prepare
from credguard.testing import FrozenClock
from forums import COLUMNS, Forum, password_of, policy
from keepers import CHEAP
from proving import SIZE, Proof, Size

pytestmark = pytest.mark.promise("P16")

SCHEMAS = sorted(HERE.glob("*/[0-9]*.sql.gz"), key=lambda path: path.name)
# The first release left all of these: its rows, less what came after a revision.
FIRST_WITH_APPROVALS = "0005"
FIRST_WITH_FACTORS, FIRST_WITH_RECOVERY = "0002", "0004"
FIRST_WITH_LEAVES, FIRST_WITH_INCIDENTS = "0009", "0011"
SOME = SCHEMAS[-1:] if SIZE is Size.EVERYDAY else SCHEMAS
MINUTE = timedelta(minutes=1)


def name_of(dump: Path) -> str:
    """Return what a dump is called in a list of tests."""
    return f"{dump.parent.name}-{dump.name[:4]}"


@dataclass
class Upgraded:
    """A database of an old revision that this release has upgraded."""

    revision: str
    database: Database
    guard: CredGuard
    factors: SecondFactors
    facts: dict[str, Any]
    plan: str
    clock: FrozenClock
    ring: Keyring
    forum: Forum


def policy_of(content: dict[str, Any]) -> ApprovalPolicy:
    """Return who approved: where a key of theirs was kept, one of them signed."""
    approvers: dict[str, str | None] = {"alice": None}
    if "approver" in content:
        approvers["bob"] = content["approver"]["public"]
    return ApprovalPolicy(needed=len(approvers), approvers=approvers)


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
        approval=policy_of(content),
    )
    factors = SecondFactors(database, ring, issuer="Forum", hasher=CHEAP, clock=clock)
    yield Upgraded(
        revision=dump.name[:4],
        database=database,
        guard=guard,
        factors=factors,
        facts=content["facts"],
        plan=(dump.parent / "plan.toml").read_text("utf-8"),
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
    check_approvals(upgraded)
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


def check_approvals(upgraded: Upgraded) -> None:
    """Check that the approvals of the plan still count, where they were kept."""
    means = upgraded.guard.campaigns._means
    if upgraded.revision < FIRST_WITH_APPROVALS:
        return
    with upgraded.database.read() as connection:
        found = approvals_of(means, connection, plan_of(upgraded.plan))
    signed = {each.approver: each.is_signed for each in found}
    assert signed == {
        name: public is not None for name, public in means.approval.approvers.items()
    }


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
    if "device" in facts:
        check_device(upgraded)
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


def check_device(upgraded: Upgraded) -> None:
    """Check that a browser that was trusted is, for its account, and rotates."""
    devices, token = upgraded.factors.devices, upgraded.facts["device"]
    for account_id, epoch in (("2", 1), ("1", 2)):
        with pytest.raises(DeviceRefusedError):
            devices.check(token, account_id=account_id, epoch=epoch)
    trusted = devices.check(token, account_id="1", epoch=1)
    assert trusted.token is not None
    assert devices.check(trusted.token, account_id="1", epoch=1).token
