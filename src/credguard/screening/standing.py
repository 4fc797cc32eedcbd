"""Where an account's password stands: what was found of it, and whether that holds."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from credguard.screening.editions import Edition
from credguard.screening.reasons import ARGUMENTS, Reason, ReasonCode, breached
from credguard.screening.verdicts import Listed, NotListed, Verdict


class Outcome(StrEnum):
    """What a blocklist said of the password that an account has."""

    LISTED = "listed"
    """It is known: ask for a new one."""

    NOT_LISTED = "not_listed"
    """It was not known to the lists as they were then."""

    UNASKED = "unasked"
    """No list could be asked: it is screened again at the next log-in."""


@dataclass(frozen=True, slots=True)
class Standing:
    """
    What was found of one account's password.

    Attributes:
        outcome: What the blocklist said.

        code: Why it is listed, None if it is not.

        times: How often it was seen in breaches, rounded down to a power of ten;
            the exact number would name it to whoever has the corpus.

        stamp: The edition of the lists that were asked.

        screened_at: When.
    """

    outcome: Outcome
    code: ReasonCode | None
    times: int
    stamp: str
    screened_at: datetime

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What to tell the person: one reason if the password is listed, else none."""
        if self.code is None:
            return ()
        if self.code is ReasonCode.BREACHED:
            return (breached(self.times),)
        return (Reason(self.code),)

    def holds(self, edition: Edition, *, now: datetime, lasts: timedelta) -> bool:
        """
        Return False if the password must be screened again.

        Args:
            edition: The lists as they are now.

            now: The time now, aware.

            lasts: How long a finding holds where a list cannot tell that it has
                changed.
        """
        if self.outcome is Outcome.UNASKED or self.stamp != edition.stamp:
            return False
        return edition.tells_all or now - self.screened_at < lasts


def standing_of(verdict: Verdict, edition: Edition, *, now: datetime) -> Standing:
    """
    Return where a password stands after a look-up.

    Args:
        verdict: What the blocklist said.

        edition: The lists as they were when they were asked.

        now: The time now, aware.
    """
    if isinstance(verdict, Listed):
        times = dict(breached(verdict.times).arguments)["at_least"]
        code = verdict.reason.code
        # The arguments of a reason are not kept, but for the number of times.
        if code in ARGUMENTS and code is not ReasonCode.BREACHED:
            code = ReasonCode.FORBIDDEN
        return Standing(Outcome.LISTED, code, times, edition.stamp, now)
    asked = isinstance(verdict, NotListed)
    outcome = Outcome.NOT_LISTED if asked else Outcome.UNASKED
    return Standing(outcome, None, 0, edition.stamp, now)
