"""Proofs of a step-up: of whom, of what, and for how long."""

from datetime import timedelta

import pytest
from authenticators import NOON
from hypothesis import given
from hypothesis import strategies as st

from credguard import Keyring
from credguard.errors import StepUpRequiredError
from credguard.second_factor.step_up import check_proof, prove

KEYRING = Keyring.generate()
OWN = {"account_id": "17", "factor_id": "a-factor"}


def test_a_fresh_proof_is_taken() -> None:
    """For ten minutes a proof is good, and after a rotation too."""
    proof = prove(KEYRING, now=NOON, **OWN)
    check_proof(KEYRING, proof, now=NOON, **OWN)
    check_proof(KEYRING, proof, now=NOON + timedelta(minutes=10), **OWN)
    check_proof(KEYRING, proof, now=NOON - timedelta(seconds=1), **OWN)
    check_proof(KEYRING.rotate(), proof, now=NOON, **OWN)


@pytest.mark.parametrize(
    "late",
    [
        timedelta(minutes=10, microseconds=1),
        timedelta(seconds=-1, microseconds=-1),
        timedelta(-1),
    ],
)
def test_a_proof_ends(late: timedelta) -> None:
    """Neither an old proof nor one from the future is taken."""
    proof = prove(KEYRING, now=NOON, **OWN)
    with pytest.raises(StepUpRequiredError):
        check_proof(KEYRING, proof, now=NOON + late, **OWN)


@pytest.mark.parametrize(
    "other", [{"account_id": "18"}, {"factor_id": "b-factor"}, {"account_id": "1"}]
)
def test_a_proof_is_of_one_factor(other: dict[str, str]) -> None:
    """A proof is good for no other account and for no later factor."""
    proof = prove(KEYRING, now=NOON, **OWN)
    with pytest.raises(StepUpRequiredError):
        check_proof(KEYRING, proof, now=NOON, **(OWN | other))


def test_a_proof_of_another_keyring_is_refused() -> None:
    """Nobody without the keyring makes a proof."""
    proof = prove(Keyring.generate(), now=NOON, **OWN)
    with pytest.raises(StepUpRequiredError):
        check_proof(KEYRING, proof, now=NOON, **OWN)


def test_every_character_of_a_proof_counts() -> None:
    """A proof that was altered anywhere is refused."""
    proof = prove(KEYRING, now=NOON, **OWN)
    for place, character in enumerate(proof):
        altered = (
            proof[:place] + ("1" if character != "1" else "2") + proof[place + 1 :]
        )
        with pytest.raises(StepUpRequiredError):
            check_proof(KEYRING, altered, now=NOON, **OWN)


@given(proof=st.text() | st.none() | st.booleans() | st.binary())
def test_anything_else_is_refused(proof: object) -> None:
    """A flag is no proof, and nothing that may be handed in makes it fail."""
    with pytest.raises(StepUpRequiredError):
        check_proof(KEYRING, proof, now=NOON, **OWN)
