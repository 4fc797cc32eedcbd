"""Trusted devices: opaque, rotated, listed, revoked, and ended by any change."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from authenticators import CHEAP, NOON, Authenticator, enrolled
from sqlalchemy import select

from credguard import Keyring, SecondFactors
from credguard.errors import (
    AccountIdError,
    BusyError,
    CodeMismatchError,
    DeviceRefusedError,
    FactorStateError,
    SetupError,
    StepUpRequiredError,
)
from credguard.second_factor import EventKind, FactorEvent, Trusted, device_rows
from credguard.second_factor.devices import GRACE, MOST_DEVICES, TRUST_LIFETIME
from credguard.storage import Database
from credguard.storage.tables import trusted_device
from credguard.testing import FrozenClock


def trusted(
    factors: SecondFactors, account_id: str = "17", *, epoch: int = 3, name: str = ""
) -> Trusted:
    """Return a device that somebody trusts who has just proved who they are."""
    proof = factors.vouch(account_id, by="a test")
    return factors.devices.trust(account_id, proof=proof, epoch=epoch, name=name)


def checked(factors: SecondFactors, token: object, *, epoch: int = 3) -> Trusted:
    """Check a token for account 17."""
    return factors.devices.check(token, account_id="17", epoch=epoch)


def test_a_trusted_device_is_known_again(
    any_factors: SecondFactors, any_database: Database, keyring: Keyring
) -> None:
    """Each use gives a new token, and the device stays the same."""
    enrolled(any_database, keyring, "17")
    made = trusted(any_factors)
    first = checked(any_factors, made.token)
    second = checked(any_factors, first.token)
    assert made.device_id == first.device_id == second.device_id
    assert len({made.token, first.token, second.token}) == 3
    assert second.expires_at == NOON + TRUST_LIFETIME


def test_a_second_tab_is_let_in_for_a_minute(
    factors: SecondFactors, database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """The token before is good for as long as tabs take that open together."""
    enrolled(database, keyring, "17")
    made = trusted(factors)
    first = checked(factors, made.token)
    clock.advance(GRACE)
    second = checked(factors, made.token)
    assert second.token is None
    assert checked(factors, first.token).token


def test_a_token_that_comes_back_ends_the_device(
    factors: SecondFactors,
    database: Database,
    keyring: Keyring,
    clock: FrozenClock,
    events: list[FactorEvent],
) -> None:
    """A replaced token that is used later was copied: nobody is trusted any more."""
    enrolled(database, keyring, "17")
    made = trusted(factors)
    first = checked(factors, made.token)
    clock.advance(GRACE + timedelta(seconds=1))
    with pytest.raises(DeviceRefusedError):
        checked(factors, made.token)
    with pytest.raises(DeviceRefusedError):
        checked(factors, first.token)
    assert events[-1].kind is EventKind.DEVICE_REPLAYED


def test_an_older_token_is_refused(
    factors: SecondFactors, database: Database, keyring: Keyring
) -> None:
    """Only the present token and the one before it are known at all."""
    enrolled(database, keyring, "17")
    made = trusted(factors)
    third = checked(factors, checked(factors, made.token).token)
    with pytest.raises(DeviceRefusedError):
        checked(factors, made.token)
    assert checked(factors, third.token).token


def test_a_device_expires(
    factors: SecondFactors, database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """After thirty days the second factor is asked for again, used or not."""
    enrolled(database, keyring, "17")
    made = trusted(factors)
    clock.advance(TRUST_LIFETIME - timedelta(seconds=1))
    token = checked(factors, made.token).token
    clock.advance(timedelta(seconds=1))
    with pytest.raises(DeviceRefusedError):
        checked(factors, token)
    assert factors.devices.every("17") == []


def new_factor(factors: SecondFactors, clock: FrozenClock) -> None:
    """Put another factor in force."""
    proof = factors.vouch("17", by="a test")
    phone = Authenticator(factors.enroll("17", proof=proof))
    factors.confirm("17", phone.code(clock()))


def lock(factors: SecondFactors, clock: FrozenClock) -> None:
    """Guess until the factor is locked."""
    for _ in range(100):
        clock.advance(timedelta(hours=1))
        with pytest.raises(CodeMismatchError):
            factors.verify("17", "x")


ENDS: dict[str, Callable[[SecondFactors, FrozenClock], object]] = {
    "a new factor": new_factor,
    "a locked factor": lock,
    "no factor": lambda factors, _: factors.disable(
        "17", proof=factors.vouch("17", by="a test")
    ),
    "the end of all": lambda factors, _: factors.devices.revoke_all("17"),
    "a restored backup": lambda factors, _: factors.after_restore(),
}


@pytest.mark.parametrize("how", ENDS)
def test_any_change_ends_a_device(
    factors: SecondFactors,
    database: Database,
    keyring: Keyring,
    clock: FrozenClock,
    how: str,
) -> None:
    """What was trusted beside one factor is not trusted beside the next."""
    enrolled(database, keyring, "17")
    made = trusted(factors)
    ENDS[how](factors, clock)
    with pytest.raises(DeviceRefusedError):
        checked(factors, made.token)
    assert factors.devices.every("17") == []


def test_another_epoch_ends_a_device(
    factors: SecondFactors, database: Database, keyring: Keyring
) -> None:
    """A new password, or the end of all sessions, is the end of trust."""
    enrolled(database, keyring, "17")
    made = trusted(factors, epoch=3)
    with pytest.raises(DeviceRefusedError):
        checked(factors, made.token, epoch=4)


def test_a_device_is_one_accounts(
    factors: SecondFactors, database: Database, keyring: Keyring
) -> None:
    """A token is good for the account that made it, and says nothing to others."""
    enrolled(database, keyring, "17")
    enrolled(database, keyring, "18")
    made = trusted(factors)
    with pytest.raises(DeviceRefusedError):
        factors.devices.check(made.token, account_id="18", epoch=3)
    assert not factors.devices.revoke("18", made.device_id)
    assert checked(factors, made.token).token


@pytest.mark.parametrize("token", ["", "x", None, 17, b"x", "cgd1." + "A" * 90])
def test_any_token_may_be_sent(
    factors: SecondFactors, database: Database, keyring: Keyring, token: object
) -> None:
    """What is no token is refused like one that nobody knows."""
    enrolled(database, keyring, "17")
    with pytest.raises(DeviceRefusedError):
        checked(factors, token)


def test_devices_are_listed_and_revoked(
    any_factors: SecondFactors,
    any_database: Database,
    keyring: Keyring,
    clock: FrozenClock,
) -> None:
    """A person sees their devices, the last used first, and ends one or all."""
    enrolled(any_database, keyring, "17")
    home = trusted(any_factors, name="Firefox at home " + "x" * 90)
    clock.advance(timedelta(seconds=5))
    work = trusted(any_factors, name="Work \ud800")
    names = [device.name for device in any_factors.devices.every("17")]
    assert names == ["Work ?", ("Firefox at home " + "x" * 90)[:64]]
    assert any_factors.devices.revoke("17", home.device_id)
    assert not any_factors.devices.revoke("17", home.device_id)
    with pytest.raises(DeviceRefusedError):
        checked(any_factors, home.token)
    assert checked(any_factors, work.token).token
    assert any_factors.devices.revoke_all("17") == 1
    assert any_factors.devices.revoke_all("17") == 0


def test_an_account_has_so_many_devices(
    factors: SecondFactors, database: Database, keyring: Keyring, clock: FrozenClock
) -> None:
    """The device that was used longest ago makes room for a new one."""
    enrolled(database, keyring, "17")
    made = []
    for _ in range(MOST_DEVICES + 1):
        clock.advance(timedelta(seconds=1))
        made.append(trusted(factors).device_id)
    listed = [device.id for device in factors.devices.every("17")]
    assert listed == made[:0:-1]


def test_trust_needs_a_proof(
    factors: SecondFactors, database: Database, keyring: Keyring
) -> None:
    """Nobody is trusted who has not just proved the factor in force."""
    with pytest.raises(FactorStateError):
        factors.devices.trust("17", proof="", epoch=0)
    enrolled(database, keyring, "17")
    enrolled(database, keyring, "18")
    others = factors.vouch("18", by="a test")
    for proof in ("", others):
        with pytest.raises(StepUpRequiredError):
            factors.devices.trust("17", proof=proof, epoch=0)


def test_a_table_holds_no_token(
    factors: SecondFactors, database: Database, keyring: Keyring
) -> None:
    """What a thief of the table finds cannot be sent as a token."""
    enrolled(database, keyring, "17")
    made = trusted(factors)
    assert made.token
    assert made.token not in repr(made)
    with database.read() as connection:
        (row,) = connection.execute(select(trusted_device)).all()
    secret = made.token.rpartition(".")[2]
    assert secret not in str(row)
    with pytest.raises(DeviceRefusedError):
        checked(factors, f"cgd1.{made.device_id}.{row.digest[:43]}")


def test_two_tabs_at_once_are_both_let_in(
    any_factors: SecondFactors, any_database: Database, keyring: Keyring
) -> None:
    """Of tabs that send one token at once all are trusted, and one gets the next."""
    enrolled(any_database, keyring, "17")
    token = trusted(any_factors).token
    with ThreadPoolExecutor(4) as tabs:
        told = list(tabs.map(lambda _: checked(any_factors, token).token, range(8)))
    fresh = [each for each in told if each]
    assert len(fresh) == 1
    assert checked(any_factors, fresh[0]).token


def test_a_rotation_that_is_always_lost_is_busy(
    factors: SecondFactors,
    database: Database,
    keyring: Keyring,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where no write ever wins, nothing is told but to try again."""
    enrolled(database, keyring, "17")
    token = trusted(factors).token
    monkeypatch.setattr(device_rows, "rotate", lambda *_, **__: False)
    with pytest.raises(BusyError):
        checked(factors, token)


@pytest.mark.parametrize("days", [0, 366])
def test_trust_has_a_lifetime(database: Database, keyring: Keyring, days: int) -> None:
    """A device is trusted for some time, and for a year at most."""
    with pytest.raises(SetupError):
        SecondFactors(
            database,
            keyring,
            issuer="Forum",
            hasher=CHEAP,
            trust_lifetime=timedelta(days=days),
        )


def test_every_call_checks_the_id(factors: SecondFactors) -> None:
    """An id that cannot name an account is refused by every call."""
    devices = factors.devices
    calls: list[Callable[[], object]] = [
        lambda: devices.trust("", proof="", epoch=0),
        lambda: devices.check("", account_id="", epoch=0),
        lambda: devices.every(""),
        lambda: devices.revoke("", "x"),
        lambda: devices.revoke_all(""),
    ]
    for call in calls:
        with pytest.raises(AccountIdError):
            call()


def test_a_device_is_no_step_up(
    factors: SecondFactors, database: Database, keyring: Keyring
) -> None:
    """Trust skips the second factor at a log-in, and changes nothing."""
    enrolled(database, keyring, "17")
    device = checked(factors, trusted(factors).token)
    with pytest.raises(StepUpRequiredError):
        factors.enroll("17", proof=device.token)
