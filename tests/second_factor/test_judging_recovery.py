"""How a recovery code is judged, a leaked seed's code, and a clock that was ahead."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from credguard.second_factor import NIST_SP_800_63B_4, STRICT
from credguard.second_factor.factor import Factor, FactorState, new_factor
from credguard.second_factor.judging import Ruling, Verdict, judge, judge_recovery
from credguard.second_factor.recovery import RecoveryCode
from credguard.second_factor.totp import code_at, step_at

NOON = datetime(2026, 11, 22, 12, 0, 10, tzinfo=UTC)
SEED = bytes(range(20))
CODE = RecoveryCode(slot="3", hashed="a hash", made_at=NOON)


@pytest.fixture
def active() -> Factor:
    """A factor in force with ten recovery codes, nine wrong codes ago."""
    return replace(
        new_factor("17", "a-factor", sealed="under seal", now=NOON),
        state=FactorState.ACTIVE,
        expires_at=None,
        failures=3,
        recovery_left=10,
        recovery_saved_at=None,
    )


def tried(
    factor: Factor,
    code: RecoveryCode | None = CODE,
    *,
    fits: Callable[[], bool] = lambda: True,
) -> Ruling:
    """Return what a recovery code comes to."""
    return judge_recovery(factor, code, fits=fits, now=NOON, limits=NIST_SP_800_63B_4)


def never() -> bool:
    """Fail where a hash is computed in vain."""
    pytest.fail("a hash was computed")


def test_a_recovery_code_is_used_up(active: Factor) -> None:
    """One fewer is left, the set is known to be saved, and the count is cleared."""
    ruling = tried(active)
    assert ruling.verdict is Verdict.ACCEPTED
    assert ruling.used == replace(CODE, used_at=NOON)
    found = ruling.factor
    assert (found.recovery_left, found.recovery_saved_at) == (9, NOON)
    assert (found.failures, found.version) == (0, active.version + 1)
    assert (found.state, found.changed_at) == (FactorState.ACTIVE, NOON)


def test_a_set_stays_saved_since_when_it_was(active: Factor) -> None:
    """The first use tells; later ones change nothing of it."""
    before = NOON - timedelta(days=9)
    assert tried(
        replace(active, recovery_saved_at=before)
    ).factor.recovery_saved_at == (before)


@pytest.mark.parametrize(("left", "then"), [(2, 1), (1, 0), (0, 0)])
def test_the_number_left_is_never_negative(
    active: Factor, left: int, then: int
) -> None:
    """Also where somebody miscounted before."""
    assert tried(replace(active, recovery_left=left)).factor.recovery_left == then


@pytest.mark.parametrize(("code", "fits"), [(CODE, False), (None, True), (None, False)])
def test_a_wrong_one_is_a_guess(
    active: Factor, code: RecoveryCode | None, *, fits: bool
) -> None:
    """Whatever was computed: an empty slot has no code that fits."""
    ruling = tried(active, code, fits=lambda: fits)
    assert (ruling.verdict, ruling.used) == (Verdict.MISMATCH, None)
    assert ruling.factor.failures == active.failures + 1


def test_an_empty_slot_costs_a_hash(active: Factor) -> None:
    """Or its answer would come sooner."""
    asked: list[int] = []

    def fits() -> bool:
        asked.append(1)
        return False

    tried(active, None, fits=fits)
    assert asked == [1]


def test_a_used_one_is_replayed(active: Factor) -> None:
    """It changes nothing, and is no guess."""
    ruling = tried(active, replace(CODE, used_at=NOON))
    assert (ruling.verdict, ruling.used) == (Verdict.REPLAYED, None)
    assert ruling.factor is active


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"state": FactorState.LOCKED}, Verdict.LOCKED),
        ({"state": FactorState.DISABLED}, Verdict.MISSING),
        ({"expires_at": NOON}, Verdict.MISSING),
        ({"retry_at": NOON + timedelta(seconds=1)}, Verdict.TOO_EARLY),
    ],
)
def test_what_stands_in_the_way_is_told_first(
    active: Factor, change: dict[str, object], verdict: Verdict
) -> None:
    """No hash is computed, and nothing is written."""
    hindered = replace(active, **change)  # type: ignore[arg-type]  # by its name
    ruling = tried(hindered, fits=never)
    assert (ruling.verdict, ruling.factor) == (verdict, hindered)


def test_the_end_of_a_delay_is_not_too_early(active: Factor) -> None:
    """At that instant a code is looked at."""
    assert tried(replace(active, retry_at=NOON)).verdict is Verdict.ACCEPTED
    late = replace(active, expires_at=NOON + timedelta(seconds=1))
    assert tried(late).verdict is Verdict.ACCEPTED


def test_a_suspended_factor_takes_recovery_codes_alone(active: Factor) -> None:
    """It stays suspended; its own codes are not even looked at."""
    suspended = replace(active, state=FactorState.SUSPENDED)
    assert tried(suspended).factor.state is FactorState.SUSPENDED
    ruling = judge(
        suspended,
        "123456",
        open_seed=lambda _factor: pytest.fail("the seed was opened"),
        now=NOON,
        window=STRICT,
        limits=NIST_SP_800_63B_4,
    )
    assert (ruling.verdict, ruling.factor) == (Verdict.SUSPENDED, suspended)


def test_a_clock_that_was_ahead_is_told_apart(active: Factor) -> None:
    """The code is right, but a step of the future was accepted before."""
    now = step_at(int(NOON.timestamp()))
    ruling = judge(
        replace(active, last_step=now + 1_000),
        code_at(SEED, now),
        open_seed=lambda _factor: SEED,
        now=NOON,
        window=STRICT,
        limits=NIST_SP_800_63B_4,
    )
    assert ruling.verdict is Verdict.CLOCK
    assert ruling.factor.last_step == now + 1_000
