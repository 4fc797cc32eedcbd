"""A second factor at the door: when it is asked for, and what a password ends."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from credguard import CredGuard, Keyring
from credguard.errors import DeviceRefusedError
from credguard.second_factor import FactorEvent
from credguard.second_factor.totp import code_at
from forums import House, house_at

GOOD = "a quiet harbour at noon"


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path) -> Iterator[House]:
    """A forum with credguard in its database."""
    with house_at(sqlite_url, tmp_path, "together") as found:
        yield found


def test_a_log_in_says_whether_a_second_factor_is_due(house: House) -> None:
    """From the confirmation on, and not before, a password is not enough."""
    guard = house.guard
    stored = guard.sign_up(GOOD, account_id="99")
    enrollment = guard.second_factors.enroll("99", name="alice")
    login = guard.log_in(GOOD, account_id="99", stored=stored)
    assert (login.second_factor_needed, login.epoch) == (False, 1)
    secret = parse_qs(urlsplit(enrollment.uri).query)["secret"][0]
    code = code_at(base64.b32decode(secret), int(time.time()) // 30)
    guard.second_factors.confirm("99", code)
    login = guard.log_in(GOOD, account_id="99", stored=stored)
    assert login.second_factor_needed


def test_a_new_password_ends_trusted_devices(house: House) -> None:
    """The epoch of a log-in goes to the devices, and moves on with the password."""
    guard = house.guard
    devices = guard.second_factors.devices
    stored = guard.sign_up(GOOD, account_id="99")
    enrollment = guard.second_factors.enroll("99")
    secret = parse_qs(urlsplit(enrollment.uri).query)["secret"][0]
    code = code_at(base64.b32decode(secret), int(time.time()) // 30)
    proof = guard.second_factors.confirm("99", code).proof
    epoch = guard.log_in(GOOD, account_id="99", stored=stored).epoch
    token = devices.trust("99", proof=proof, epoch=epoch).token
    token = devices.check(token, account_id="99", epoch=epoch).token
    stored = guard.sign_up("another quiet harbour", account_id="99")
    login = guard.log_in("another quiet harbour", account_id="99", stored=stored)
    with pytest.raises(DeviceRefusedError):
        devices.check(token, account_id="99", epoch=login.epoch)


def test_the_door_hands_events_on(sqlite_url: str) -> None:
    """What happens to second factors is told to whom the door was given."""
    told: list[FactorEvent] = []
    guard = CredGuard(
        keyring=Keyring.generate(), database=sqlite_url, factor_events=told.append
    )
    guard.second_factors.enroll("99")
    assert [event.kind.value for event in told] == ["enrollment begun"]
    guard._database.close()
