"""
A second factor's row, and what an attempt makes of it. Pure.

Every rule has the shape (row, code, now) → (verdict, new row). Nothing is true
before the new row stands in the table: who asks must not be told the verdict
until then.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from credguard._clock import in_utc
from credguard.errors import CodeMismatchError, CodeReplayedError, SetupError
from credguard.second_factor.totp import Window, match

PENDING_LIFETIME = timedelta(minutes=15)  # to find the phone and install an app
MAX_FAILURES = 100  # NIST SP 800-63B-4 section 3.2.2: then it is out of use

_LONGEST_DELAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


class FactorState(StrEnum):
    """Where a factor stands."""

    PENDING = "pending"
    """A seed was handed out; no code of it was seen yet."""

    ACTIVE = "active"
    """Codes are accepted."""

    LOCKED = "locked"
    """Too many wrong codes in a row; a new factor has to be enrolled."""

    DISABLED = "disabled"
    """Taken out of use on purpose; the account has no second factor."""


class Place(StrEnum):
    """An account has at most one factor in each place."""

    PENDING = "pending"
    CURRENT = "current"


class Verdict(StrEnum):
    """What an attempt came to."""

    ACCEPTED = "accepted"
    MISMATCH = "mismatch"
    REPLAYED = "replayed"
    TOO_EARLY = "too early"
    """Not looked at: the delay after wrong codes is not over."""

    LOCKED = "locked"
    """Not looked at: the factor is out of use for good."""

    MISSING = "missing"
    """Not looked at: there is no such factor, or it has expired."""


@dataclass(frozen=True, slots=True)
class Limits:
    """
    How wrong codes slow the next one down.

    Attributes:
        free_failures: The wrong code in a row after which there is a delay, 1 to
            *max_failures*.

        first_delay: That delay; each further wrong code doubles it.

        longest_delay: Where doubling ends, one day at most.

        max_failures: The wrong code in a row that puts the factor out of use,
            1 to 100.

    Raises:
        SetupError: A number or duration is out of its range.
    """

    free_failures: int
    first_delay: timedelta
    longest_delay: timedelta
    max_failures: int = MAX_FAILURES

    def __post_init__(self) -> None:
        if not 1 <= self.free_failures <= self.max_failures <= MAX_FAILURES:
            message = f"wrong codes are limited to 1 to {MAX_FAILURES} in a row"
            raise SetupError(message)
        if not timedelta(0) < self.first_delay <= self.longest_delay <= _LONGEST_DELAY:
            message = "a delay is longer than nothing and no longer than a day"
            raise SetupError(message)

    def delay_after(self, failures: int) -> timedelta | None:
        """Return the delay after *failures* wrong codes in a row, None if none."""
        if failures < self.free_failures:
            return None
        doublings = failures - self.free_failures
        # Compared before it is multiplied: a huge delay would overflow.
        if doublings >= (self.longest_delay // self.first_delay).bit_length():
            return self.longest_delay
        return self.first_delay * (1 << doublings)


# Section 3.2.2 names delays from 30 seconds to an hour; five wrong codes are typos.
NIST_SP_800_63B_4 = Limits(
    free_failures=5,
    first_delay=timedelta(seconds=30),
    longest_delay=timedelta(hours=1),
)


@dataclass(frozen=True, slots=True)
class Factor:
    """
    A factor as it stands in its row.

    Attributes:
        account_id: Whose it is.

        id: Its own id; the seed is sealed to both.

        state: Where it stands.

        sealed: The seed under seal, None once it is out of use.

        last_step: The last step that was accepted, None before the first.

        failures: Wrong codes since the last right one.

        retry_at: Before this instant no code is looked at.

        expires_at: When a pending factor lapses, None for others.

        made_at: When it was enrolled.

        changed_at: When its row was last written.

        version: What must still stand in the row when it is changed.
    """

    account_id: str
    id: str
    state: FactorState
    sealed: str | None = field(repr=False)
    last_step: int | None
    failures: int
    retry_at: datetime | None
    expires_at: datetime | None
    made_at: datetime
    changed_at: datetime
    version: int

    @property
    def place(self) -> Place:
        """Where in its account it stands: pending, or the one in force."""
        is_pending = self.state is FactorState.PENDING
        return Place.PENDING if is_pending else Place.CURRENT


@dataclass(frozen=True, slots=True)
class Ruling:
    """
    What an attempt came to, and the row that makes it so.

    Attributes:
        verdict: Tell it when *factor* stands in the table, not before.

        factor: The new row; the old one if nothing is to be written.
    """

    verdict: Verdict
    factor: Factor


def new_factor(
    account_id: str, factor_id: str, *, sealed: str, now: datetime
) -> Factor:
    """Return a pending factor; it lapses after 15 minutes."""
    return Factor(
        account_id=account_id,
        id=factor_id,
        state=FactorState.PENDING,
        sealed=sealed,
        last_step=None,
        failures=0,
        retry_at=None,
        expires_at=now + PENDING_LIFETIME,
        made_at=now,
        changed_at=now,
        version=0,
    )


def judge(
    factor: Factor,
    typed: str,
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
    obstacle = _obstacle(factor, now)
    if obstacle is not None:
        return Ruling(obstacle, factor)
    try:
        step = match(
            open_seed(factor),
            typed,
            now=(in_utc(now) - _EPOCH) // _SECOND,
            window=window,
            after_step=factor.last_step,
        )
    except CodeReplayedError:
        return Ruling(Verdict.REPLAYED, factor)
    except CodeMismatchError:
        return Ruling(Verdict.MISMATCH, _failed(factor, now, limits))
    return Ruling(Verdict.ACCEPTED, _accepted(factor, now, step))


def _obstacle(factor: Factor, now: datetime) -> Verdict | None:
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


def _accepted(factor: Factor, now: datetime, step: int) -> Factor:
    accepted = replace(
        factor,
        state=FactorState.ACTIVE,
        last_step=step,
        failures=0,
        retry_at=None,
        expires_at=None,
    )
    return _written(accepted, now)


def _failed(factor: Factor, now: datetime, limits: Limits) -> Factor:
    failures = factor.failures + 1
    failed = _written(replace(factor, failures=failures), now)
    if failures < limits.max_failures:
        delay = limits.delay_after(failures)
        return failed if delay is None else replace(failed, retry_at=now + delay)
    if factor.state is FactorState.PENDING:
        # Nobody depends on it yet: it lapses, and the next enrollment is a new seed.
        return replace(failed, expires_at=now)
    return replace(failed, state=FactorState.LOCKED, sealed=None, retry_at=None)


def _written(factor: Factor, now: datetime) -> Factor:
    return replace(factor, changed_at=now, version=factor.version + 1)
