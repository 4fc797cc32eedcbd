"""A suspended factor: its codes count no more, and its owner has a way back."""

from dataclasses import replace

import pytest
from authenticators import NOON, PERIOD, Authenticator, enrolled, keeper
from sqlalchemy import update

from credguard import Keyring, SecondFactors
from credguard.errors import (
    FactorStateError,
    FactorSuspendedError,
    StepUpRequiredError,
)
from credguard.second_factor import rows
from credguard.second_factor.factor import FactorState, Place
from credguard.second_factor.step_up import prove
from credguard.storage import Database
from credguard.storage.tables import second_factor
from credguard.testing import FrozenClock


@pytest.fixture
def phone(database: Database, keyring: Keyring) -> Authenticator:
    """The phone of an account that confirmed a factor."""
    return enrolled(database, keyring, "17")


def suspend(database: Database) -> None:
    """Suspend every factor in force."""
    with database.begin() as connection:
        connection.execute(
            update(second_factor)
            .where(second_factor.c.place == Place.CURRENT.value)
            .values(state=FactorState.SUSPENDED.value)
        )


def test_a_code_of_a_leaked_seed_is_not_looked_at(
    database: Database, factors: SecondFactors, phone: Authenticator
) -> None:
    """Right or wrong, it is refused with what to do, and nothing is counted."""
    suspend(database)
    for code in (phone.code(NOON), phone.wrong(NOON)):
        with pytest.raises(FactorSuspendedError, match="set it up anew"):
            factors.verify("17", code)
    assert factors.is_enrolled("17")
    with database.read() as connection:
        found = rows.find(connection, "17", Place.CURRENT)
    assert found
    assert found.failures == 0


def test_a_recovery_code_leads_to_a_new_factor(
    database: Database, factors: SecondFactors, clock: FrozenClock, phone: Authenticator
) -> None:
    """It is accepted, does not bring the seed back, and enrolls a new one."""
    suspend(database)
    done = factors.verify("17", phone.recovery[0])
    assert done.should_reenroll
    with pytest.raises(FactorSuspendedError):
        factors.verify("17", phone.code(NOON))
    with pytest.raises(FactorSuspendedError):
        factors.replace_recovery_codes("17", proof=done.proof)
    renewed = Authenticator(factors.enroll("17", proof=done.proof))
    factors.confirm("17", renewed.code(NOON))
    clock.advance(PERIOD)
    assert not factors.verify("17", renewed.code(clock())).should_reenroll


def test_a_vouch_leads_to_a_new_factor(
    database: Database, factors: SecondFactors, phone: Authenticator
) -> None:
    """Where no recovery code is left, somebody vouches."""
    suspend(database)
    proof = factors.vouch("17", by="ticket 4711")
    renewed = Authenticator(factors.enroll("17", proof=proof))
    assert factors.confirm("17", renewed.code(NOON)).account_id == "17"
    assert renewed.seed != phone.seed


def test_what_was_proved_before_counts_no_more(
    database: Database, factors: SecondFactors, phone: Authenticator
) -> None:
    """Who logged in with the leaked seed just before cannot enroll after."""
    proof = factors.verify("17", phone.code(NOON)).proof
    suspend(database)
    with pytest.raises(StepUpRequiredError):
        factors.enroll("17", proof=proof)


def test_what_was_begun_before_is_not_confirmed(
    database: Database, factors: SecondFactors, phone: Authenticator
) -> None:
    """Who enrolled with the leaked seed just before does not come in by it."""
    proof = factors.verify("17", phone.code(NOON)).proof
    thief = Authenticator(factors.enroll("17", proof=proof))
    suspend(database)
    with pytest.raises(FactorStateError, match="Start again"):
        factors.confirm("17", thief.code(NOON))
    with pytest.raises(FactorSuspendedError):
        factors.verify("17", phone.code(NOON))


def test_a_proof_under_an_older_key_counts_no_more(
    database: Database, keyring: Keyring, phone: Authenticator
) -> None:
    """A key that leaked with the seeds makes no proofs of suspended factors."""
    suspend(database)
    factors = keeper(database, keyring.rotate(), clock=FrozenClock(NOON))
    with database.read() as connection:
        found = rows.find(connection, "17", Place.CURRENT)
    assert found
    forged = prove(keyring, account_id="17", factor_id=found.standing_id, now=NOON)
    with pytest.raises(StepUpRequiredError):
        factors.enroll("17", proof=forged)
    assert replace(found, state=FactorState.ACTIVE).standing_id == found.id
    assert phone.seed
