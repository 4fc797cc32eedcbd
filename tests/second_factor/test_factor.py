"""A factor's row: what is taken for granted in it, and what follows from it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from credguard.second_factor.factor import (
    MAX_SEED_BYTES,
    Factor,
    FactorState,
    new_factor,
)
from credguard.second_factor.totp import EVERY_APP

NOW = datetime(2026, 11, 22, 12, 0, 10, tzinfo=UTC)
FACTOR_ID = "Abcdefghijklmnopqrstuv"


@pytest.fixture
def factor() -> Factor:
    """A factor that was just enrolled."""
    return new_factor("17", FACTOR_ID, sealed="under seal", now=NOW)


def test_a_new_factor_lapses_after_fifteen_minutes(factor: Factor) -> None:
    """That is what the documentation says."""
    assert factor.expires_at == NOW + timedelta(minutes=15)
    assert factor.made_at == factor.changed_at == NOW


def test_a_new_factor_is_what_every_app_reads(factor: Factor) -> None:
    """With 160 bits (RFC 4226 section 4), enrolled here, and no recovery codes yet."""
    assert factor.parameters == EVERY_APP
    assert (factor.seed_bits, factor.source) == (160, "enrolled")
    assert (factor.replaces, factor.recovery_left) == (None, 0)
    assert factor.recovery_saved_at is None
    assert factor.retry_at is None


def test_a_row_without_more_is_of_a_whole_seed() -> None:
    """What earlier releases left out is 160 bits, and no recovery codes."""
    row = Factor(
        account_id="17",
        id=FACTOR_ID,
        state=FactorState.ACTIVE,
        sealed="under seal",
        last_step=None,
        failures=0,
        retry_at=None,
        expires_at=None,
        made_at=NOW,
        changed_at=NOW,
        version=0,
    )
    assert (row.seed_bits, row.recovery_left) == (160, 0)


@pytest.mark.parametrize(
    ("bits", "is_weak"), [(80, True), (127, True), (128, False), (160, False)]
)
def test_a_seed_below_128_bits_is_weak(
    factor: Factor, bits: int, *, is_weak: bool
) -> None:
    """RFC 4226 section 4 R6: that is the least."""
    assert replace(factor, seed_bits=bits).is_weak is is_weak


def test_a_seed_has_at_most_a_block_of_sha_512() -> None:
    """HMAC hashes what is longer, and adds nothing by it (RFC 2104)."""
    assert MAX_SEED_BYTES == 128


@pytest.mark.parametrize("state", list(FactorState))
def test_a_suspended_factor_stands_under_another_name(
    factor: Factor, state: FactorState
) -> None:
    """A proof of before the suspension does not count after it; no id has the mark."""
    found = replace(factor, state=state).standing_id
    if state is FactorState.SUSPENDED:
        assert found == "!" + FACTOR_ID[1:]
    else:
        assert found == FACTOR_ID


@pytest.mark.parametrize("state", list(FactorState))
def test_a_log_in_needs_a_factor_that_is_locked_or_suspended(
    factor: Factor, state: FactorState
) -> None:
    """Only what is pending or was disabled is not asked for."""
    needed = state not in {FactorState.PENDING, FactorState.DISABLED}
    assert replace(factor, state=state).is_in_force is needed


def test_a_copy_is_equal_and_another_row(factor: Factor) -> None:
    """What is changed in the one does not change in the other."""
    copied = factor.copied()
    assert copied == factor
    copied.failures = 1
    assert factor.failures == 0
