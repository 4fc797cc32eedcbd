"""
What an attempt comes to, and the row that it leaves. Pure.

Every rule has the shape (row, code, now) → (verdict, new row). Nothing is true
before the new row stands in the table: who asks must not be told the verdict
until then.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from credguard._clock import in_utc
from credguard.errors import CodeMismatchError, CodeReplayedError, StepInFutureError
from credguard.second_factor.factor import Factor, FactorState
from credguard.second_factor.limits import Limits
from credguard.second_factor.recovery import RecoveryCode
from credguard.second_factor.totp import Window, match

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


class Verdict(StrEnum):
    """What an attempt came to."""

    ACCEPTED = "accepted"
    MISMATCH = "mismatch"
    REPLAYED = "replayed"
    CLOCK = "clock"
    """It would be right, but the last accepted step is in the future."""

    TOO_EARLY = "too early"
    """Not looked at: the delay after wrong codes is not over."""

    LOCKED = "locked"
    """Not looked at: the factor is out of use for good."""

    SUSPENDED = "suspended"
    """Not looked at: the seed leaked, and only a recovery code counts."""

    MISSING = "missing"
    """Not looked at: there is no such factor, or it has expired."""


@dataclass(slots=True)  # as Factor
class Ruling:
    """
    What an attempt came to, and the rows that make it so.

    Attributes:
        verdict: Tell it when *factor* stands in the table, not before.

        factor: The new row; the old one if nothing is to be written.

        used: The recovery code that is used up with it, None if there is none.
    """

    verdict: Verdict
    factor: Factor
    used: RecoveryCode | None = None


def judge(
    factor: Factor,
    typed: object,
    *,
    open_seed: Callable[[Factor], bytes],
    now: datetime,
    window: Window,
    limits: Limits,
) -> Ruling:
    """
    Judge a code that was typed for *factor*.

    A right code makes a pending factor active and uses up its step. A code that
    was used already changes nothing: it shows knowledge, and no guess.

    Args:
        factor: The row as it was read.

        typed: What was typed; anything may be given.

        open_seed: Opens the seed; not called where no code is looked at.

        now: The present instant.

        window: Which steps to look at.

        limits: How wrong codes slow the next one down.

    Returns:
        The verdict and the new row. Write the row first.
    """
    hindrance = obstacle(factor, now)
    if hindrance is not None:
        return Ruling(hindrance, factor)
    if factor.state is FactorState.SUSPENDED:
        return Ruling(Verdict.SUSPENDED, factor)
    try:
        step = match(
            open_seed(factor),
            typed,
            now=(in_utc(now) - _EPOCH) // _SECOND,
            window=window,
            after_step=factor.last_step,
            parameters=factor.parameters,
        )
    except CodeReplayedError:
        return Ruling(Verdict.REPLAYED, factor)
    except StepInFutureError:
        return Ruling(Verdict.CLOCK, factor)
    except CodeMismatchError:
        return Ruling(Verdict.MISMATCH, _failed(factor, now, limits))
    accepted = _accepted(factor, now)
    accepted.last_step = step
    return Ruling(Verdict.ACCEPTED, accepted)


def judge_recovery(
    factor: Factor,
    code: RecoveryCode | None,
    *,
    fits: Callable[[], bool],
    now: datetime,
    limits: Limits,
) -> Ruling:
    """
    Judge a recovery code that was typed for *factor*.

    Args:
        factor: The row as it was read.

        code: What stands in the slot, None if nothing does.

        fits: Compares it with what was typed, or spends the same work where there
            is nothing; not called where no code is looked at.

        now: The present instant.

        limits: How wrong codes slow the next one down; the count is that of the
            factor, whatever kind of code is wrong.

    Returns:
        The verdict and the new rows. Write them first.
    """
    hindrance = obstacle(factor, now)
    if hindrance is not None:
        return Ruling(hindrance, factor)
    if not fits() or code is None:
        return Ruling(Verdict.MISMATCH, _failed(factor, now, limits))
    if code.used_at is not None:
        return Ruling(Verdict.REPLAYED, factor)
    accepted = _accepted(factor, now)
    accepted.recovery_left = max(0, factor.recovery_left - 1)
    accepted.recovery_saved_at = factor.recovery_saved_at or now
    return Ruling(Verdict.ACCEPTED, accepted, replace(code, used_at=now))


def obstacle(factor: Factor, now: datetime) -> Verdict | None:
    """Return why no code is looked at now, None if one is."""
    if factor.state is FactorState.LOCKED:
        return Verdict.LOCKED
    if factor.state is FactorState.DISABLED:
        return Verdict.MISSING
    if factor.expires_at is not None and now >= factor.expires_at:
        return Verdict.MISSING
    if factor.retry_at is not None and now < factor.retry_at:
        return Verdict.TOO_EARLY
    return None


def _accepted(factor: Factor, now: datetime) -> Factor:
    """Return a row of its own, which the caller adds to."""
    accepted = factor.copied()
    if factor.state is not FactorState.SUSPENDED:
        accepted.state = FactorState.ACTIVE
    accepted.failures = 0
    accepted.retry_at = accepted.expires_at = None
    accepted.changed_at = now
    accepted.version += 1
    return accepted


def _failed(factor: Factor, now: datetime, limits: Limits) -> Factor:
    failures = factor.failures + 1
    failed = replace(
        factor, failures=failures, changed_at=now, version=factor.version + 1
    )
    if failures < limits.max_failures:
        delay = limits.delay_after(failures)
        return failed if delay is None else replace(failed, retry_at=now + delay)
    if factor.state is FactorState.PENDING:
        # Nobody depends on it yet: it lapses, and the next enrollment is a new seed.
        return replace(failed, expires_at=now)
    return replace(failed, state=FactorState.LOCKED, sealed=None, retry_at=None)
