"""Seeds for those who leave."""

import base64
import json
import pickle
from pathlib import Path

import pyotp
import pytest
from authenticators import NOON, PERIOD, enrolled, prepared
from newcomers import device, devices, seed_of, shown
from sqlalchemy import select, update

from credguard import Keyring, SecondFactors
from credguard.errors import CodeReplayedError
from credguard.second_factor.takeover import (
    Row,
    read_base32,
    read_django_otp,
    read_otpauth,
    rows_of_json,
)
from credguard.second_factor.takeover.exporting import Leaving
from credguard.storage import Database
from credguard.storage.audit_tables import audit as audit_table
from credguard.storage.tables import second_factor
from credguard.testing import FrozenClock
from keepers import keeper


def exported(factors: SecondFactors) -> list[Leaving]:
    """Return what an export hands out."""
    leaving: list[Leaving] = []
    assert factors.export(leaving.append).factors == len(leaving)
    return leaving


def test_each_factor_in_force_leaves(
    factors: SecondFactors, database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """Another library shows the same codes; pending and ended ones stay."""
    phone = enrolled(database, keyring, "alice")
    factors.enroll("pending")
    factors.take_over(read_django_otp([device("bob", size=10), device("gone")]))
    factors.disable("gone", proof=factors.vouch("gone", by="ticket 1"))
    alice, bob = exported(factors)
    now = int(clock().timestamp())
    assert (alice.account_id, bob.account_id) == ("alice", "bob")
    parsed = pyotp.parse_uri(alice.uri)
    assert isinstance(parsed, pyotp.TOTP)
    assert parsed.at(now) == phone.code(NOON)
    weak = base64.b32encode(seed_of("bob", 10)).decode()
    assert f"secret={weak}&" in bob.uri


def test_many_leave_in_pages(factors: SecondFactors) -> None:
    """Every account comes once, in order."""
    factors.take_over(read_django_otp(devices(1001)), batch=1001)
    assert [each.account_id for each in exported(factors)] == [
        f"a{number:05d}" for number in range(1001)
    ]


def test_what_left_comes_in_again(
    factors: SecondFactors, clock: FrozenClock, tmp_path: Path
) -> None:
    """Our own reader takes the lines, with parameters, age and the last step."""
    row: Row = {
        "account_id": "alice",
        "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
        "algorithm": "SHA256",
        "digits": 8,
        "period": 60,
        "last_step": 5,
        "made_at": "2019-05-04",
    }
    factors.take_over(read_base32([row]))
    factors.take_over(read_django_otp([device("bob", used=2 * PERIOD)]))
    factors.verify("bob", shown("bob", clock))
    lines = [each.to_json() for each in exported(factors)]
    with prepared(f"sqlite:///{tmp_path / 'other.db'}") as database:
        other = keeper(database, Keyring.generate(), clock=clock)
        assert other.take_over(read_otpauth(rows_of_json(lines))).factors == 2
        with pytest.raises(CodeReplayedError):
            other.verify("bob", shown("bob", clock))
        again = [each.to_json() for each in exported(other)]
    assert [json.loads(line) for line in again] == [json.loads(line) for line in lines]


def test_the_name_is_the_hosts_to_say(factors: SecondFactors) -> None:
    """A host names the accounts as apps showed them."""
    factors.take_over(read_django_otp([device("7"), device("8")]))
    leaving: list[Leaving] = []
    factors.export(leaving.append, name_of={"7": "alice"}.get)
    assert "Forum:alice?" in leaving[0].uri
    assert "Forum:8?" in leaving[1].uri


def test_it_is_recorded_before_the_first_one_is_handed_out(
    factors: SecondFactors, database: Database
) -> None:
    """Whoever takes one seed and stops stands in the audit log."""
    factors.take_over(read_django_otp([device("alice"), device("bob")]))

    def take(leaving: Leaving) -> None:
        raise ConnectionAbortedError(leaving.account_id)

    with pytest.raises(ConnectionAbortedError):
        factors.export(take)
    with database.read() as connection:
        query = select(audit_table).order_by(audit_table.c.number.desc())
        last = connection.execute(query).first()
    assert last is not None
    assert last.event == "second factor: exported"
    assert json.loads(last.detail) == {"factors": 2}


def test_a_seed_that_does_not_open_is_told(
    factors: SecondFactors, database: Database
) -> None:
    """One broken row does not keep the others from leaving."""
    factors.take_over(read_django_otp([device("alice"), device("bob")]))
    with database.begin() as connection:
        broken = second_factor.c.account_id == "alice"
        connection.execute(update(second_factor).where(broken).values(sealed="x"))
    leaving: list[Leaving] = []
    report = factors.export(leaving.append)
    assert (report.factors, report.unreadable) == (1, ("alice",))
    assert [each.account_id for each in leaving] == ["bob"]


def test_a_seed_in_the_clear_does_not_show_itself(factors: SecondFactors) -> None:
    """Neither repr nor pickle has the URI in it."""
    factors.take_over(read_django_otp([device("alice")]))
    [leaving] = exported(factors)
    assert "otpauth" not in repr(leaving)
    assert seed_of("alice").hex() not in repr(leaving)
    with pytest.raises(TypeError):
        pickle.dumps(leaving)
