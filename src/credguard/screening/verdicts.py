"""The three answers of a blocklist. None of them is true or false by itself."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from credguard.screening.reasons import Reason


class UnaskedReason(StrEnum):
    """Why a blocklist could not be asked."""

    UNREACHABLE = "unreachable"
    """No connection, or it broke."""

    TOO_SLOW = "too_slow"
    """No whole answer before the deadline."""

    BAD_STATUS = "bad_status"
    """An HTTP status other than 200, redirects included."""

    TOO_LARGE = "too_large"
    """An answer above the byte ceiling."""

    MALFORMED = "malformed"
    """An answer that is not what the protocol prescribes."""

    TOO_FEW_LINES = "too_few_lines"
    """A well-formed answer that is too short to be the whole of it."""

    RESTING = "resting"
    """It failed several times in a row and is left alone for a while."""

    BUSY = "busy"
    """As many questions are under way as are allowed at once."""

    NOT_TEXT = "not_text"
    """The password has no UTF-8 form, so there was nothing to ask about."""

    BROKEN = "broken"
    """The blocklist raised an error, or answered with something else."""


class _Outcome:
    """Keeps a verdict from being used as a flag."""

    __slots__ = ()

    def __bool__(self) -> NoReturn:
        message = "a verdict has three outcomes and is no flag; match it"
        raise TypeError(message)


@dataclass(frozen=True, slots=True)
class Listed(_Outcome):
    """
    The password is on the list.

    Attributes:
        reason: What to tell the person who chose it.

        times: How often it was seen, 1 where the list does not count.
    """

    reason: Reason
    times: int = 1


@dataclass(frozen=True, slots=True)
class NotListed(_Outcome):
    """The list was asked and does not have the password."""


@dataclass(frozen=True, slots=True)
class Unasked(_Outcome):
    """
    The list could not be asked: neither listed nor not listed.

    Attributes:
        why: What stood in the way.
    """

    why: UnaskedReason


Verdict = Listed | NotListed | Unasked
