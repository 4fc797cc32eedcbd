"""What is told: results where it was done, refusals where a person must try again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from credguard._secret import Secret, never_copied
from credguard.errors import (
    CodeMismatchError,
    CodeReplayedError,
    FactorLockedError,
    FactorStateError,
    FactorSuspendedError,
    LockedOutError,
    StepInFutureError,
)
from credguard.second_factor.factor import Factor
from credguard.second_factor.judging import Ruling, Verdict
from credguard.second_factor.recovery import RecoveryCodes


class Means(StrEnum):
    """What was typed."""

    CODE = "code"
    RECOVERY_CODE = "recovery code"


@never_copied
@dataclass(frozen=True, slots=True)
class Verified:
    """
    A code that was accepted; it will not be accepted again.

    Attributes:
        account_id: Whose it was.

        factor_id: The factor that it was of.

        at: When.

        means: What it was: a code or a recovery code.

        recovery_left: How many recovery codes are left.

        recovery_is_low: True if it is time for new ones: offer them.

        should_reenroll: True if the factor's seed is weak, or leaked: ask for a new
            one.
    """

    account_id: str
    factor_id: str
    at: datetime
    means: Means
    recovery_left: int
    recovery_is_low: bool
    should_reenroll: bool
    _prove: Callable[[], str] = field(repr=False, compare=False)
    _proved: list[Secret] = field(
        default_factory=list, init=False, repr=False, compare=False
    )

    @property
    def proof(self) -> str:
        """
        Shows for ten minutes from `at` on that this was so.

        Hand it in where a factor in force is changed. It may be kept in the session.
        """
        # Most log-ins change no factor, and making it takes a tenth of a verify.
        if not self._proved:
            self._proved.append(Secret(self._prove().encode()))
        return self._proved[0].reveal().decode()


@never_copied
@dataclass(frozen=True, slots=True)
class Confirmed:
    """
    A factor that is in force from now on, instead of any before it.

    Attributes:
        account_id: Whose it is.

        factor_id: The factor.

        at: When.

        recovery: The recovery codes: show them once.

        proof: As `Verified.proof`.
    """

    account_id: str
    factor_id: str
    at: datetime
    recovery: RecoveryCodes
    proof: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Disabled:
    """
    An account that has no second factor any more.

    Attributes:
        account_id: Whose it was.

        was_enrolled: False if there was none in force.
    """

    account_id: str
    was_enrolled: bool


def told(ruling: Ruling, *, missing: str) -> Factor:
    """
    Return the factor whose code was accepted.

    Args:
        ruling: What came of an attempt, and stands in the table.

        missing: What to say where there is no factor.

    Raises:
        CodeMismatchError, CodeReplayedError, LockedOutError: The code was not
            right, used already, or not looked at yet.
        FactorLockedError: It is out of use.
        FactorSuspendedError: Its seed leaked.
        FactorStateError: There is no factor.
        StepInFutureError: The server's clock was set back.
    """
    match ruling:
        case Ruling(Verdict.ACCEPTED, factor):
            return factor
        case Ruling(Verdict.MISMATCH):
            raise CodeMismatchError
        case Ruling(Verdict.REPLAYED):
            raise CodeReplayedError
        case Ruling(Verdict.TOO_EARLY, Factor(retry_at=datetime() as retry_at)):
            raise LockedOutError(retry_at)
        case Ruling(Verdict.LOCKED):
            raise FactorLockedError
        case Ruling(Verdict.SUSPENDED):
            raise FactorSuspendedError
        case Ruling(Verdict.CLOCK):
            raise StepInFutureError
        case _:
            raise FactorStateError(missing)
