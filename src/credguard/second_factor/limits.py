"""How wrong codes slow the next one down, and when they put a factor out of use."""

from dataclasses import dataclass
from datetime import timedelta

from credguard.errors import SetupError

MAX_FAILURES = 100  # NIST SP 800-63B-4 section 3.2.2: then it is out of use

_LONGEST_DELAY = timedelta(days=1)


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
