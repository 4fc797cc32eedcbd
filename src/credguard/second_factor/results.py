"""What is told: results where it was done, refusals where a person must try again."""

from dataclasses import dataclass
from datetime import datetime

from credguard.errors import (
    CodeMismatchError,
    CodeReplayedError,
    FactorStateError,
    LockedOutError,
)
from credguard.second_factor.factor import Factor, Ruling, Verdict

_LOCKED = (
    "This second factor is out of use after too many wrong codes. "
    "It has to be set up anew."
)


@dataclass(frozen=True, slots=True)
class Verified:
    """
    A code that was accepted; it will not be accepted again.

    Attributes:
        account_id: Whose it was.

        factor_id: The factor that it was of.

        at: When.
    """

    account_id: str
    factor_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Confirmed:
    """
    A factor that is in force from now on, instead of any before it.

    Attributes:
        account_id: Whose it is.

        factor_id: The factor.

        at: When.
    """

    account_id: str
    factor_id: str
    at: datetime


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
        FactorStateError: There is no factor, or it is out of use.
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
            raise FactorStateError(_LOCKED)
        case _:
            raise FactorStateError(missing)
