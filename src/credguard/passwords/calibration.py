"""
Which work factor suits a machine: what is tried out, and what is proposed.

Nothing is measured here: `credguard.passwords.measuring` does that. The proposal is
the named work factor with the most work of those that reach the goal, and never one
below the work factors that OWASP holds to be the least.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from credguard.errors import SetupError
from credguard.passwords.pool import MAX_PERMITS
from credguard.passwords.work_factor import (
    OWASP_7_MIB,
    OWASP_9_MIB,
    OWASP_12_MIB,
    OWASP_19_MIB,
    OWASP_46_MIB,
    RFC_9106_LOW_MEMORY,
    WorkFactor,
)

NAMED = {
    "OWASP_7_MIB": OWASP_7_MIB,
    "OWASP_9_MIB": OWASP_9_MIB,
    "OWASP_12_MIB": OWASP_12_MIB,
    "OWASP_19_MIB": OWASP_19_MIB,
    "OWASP_46_MIB": OWASP_46_MIB,
    "RFC_9106_LOW_MEMORY": RFC_9106_LOW_MEMORY,
}
"""What may be proposed, by its name in `credguard.passwords`; the least work first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """
    What the hashes of a machine may cost.

    Attributes:
        memory_kib: Memory for passwords in KiB, of all processes together.
        target: How long one password may take while all permits are in use.
        logins_per_second: How many passwords must be possible in a second.

    Raises:
        SetupError: One of them is zero or less.
    """

    memory_kib: int
    target: timedelta
    logins_per_second: float

    def __post_init__(self) -> None:
        if (
            self.memory_kib < 1
            or self.target <= timedelta(0)
            or not self.logins_per_second > 0
        ):
            message = "memory, target and log-ins per second are more than zero"
            raise SetupError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """
    A work factor and how many computations of it may run at a time.

    Attributes:
        name: Its name in `credguard.passwords`.
        permits: One a core, or as many as fit into the memory; one at least.
    """

    name: str
    permits: int

    @property
    def work_factor(self) -> WorkFactor:
        """What one computation costs."""
        return NAMED[self.name]

    @property
    def memory_kib(self) -> int:
        """The memory of all computations in KiB, beside that of the process."""
        return self.permits * self.work_factor.memory_kib


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """
    What a candidate took on a machine.

    Attributes:
        candidate: What was measured.
        at_rest: The median time of one password with nothing else to compute.
        under_load: The median time of one password with all permits in use.
        logins_per_second: How many passwords a second went through under load.
    """

    candidate: Candidate
    at_rest: timedelta
    under_load: timedelta
    logins_per_second: float


class Shortfall(Enum):
    """What part of a goal is not reached: a stable code and an English sentence."""

    MEMORY = ("memory", "Not even one computation fits into the memory.")
    TARGET = ("target", "A password takes longer than the target.")
    RATE = ("rate", "Fewer log-ins a second are possible than were asked for.")

    def __init__(self, code: str, text: str) -> None:
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """
    What to set, what it costs, and what it does not reach.

    Attributes:
        measurement: The work factor proposed, with what was measured.
        shortfalls: What part of the goal is not reached; empty if all of it is.
        passes_possible: How many passes would still reach the goal, if time grows
            with them; no fewer than the work factor has.
    """

    measurement: Measurement
    shortfalls: tuple[Shortfall, ...]
    passes_possible: int


def candidates(goal: Goal, *, cores: int) -> tuple[Candidate, ...]:
    """
    Return what is worth measuring for *goal*.

    Args:
        goal: What the hashes may cost.

        cores: How many cores the machine has; more permits than that gain nothing.

    Returns:
        The named work factors of which one computation fits into the memory, or
        the one that takes the least memory if none does.
    """
    most = min(max(1, cores), MAX_PERMITS)
    fitting = tuple(
        Candidate(name=name, permits=min(most, goal.memory_kib // cost.memory_kib))
        for name, cost in NAMED.items()
        if cost.memory_kib <= goal.memory_kib
    )
    least = min(NAMED, key=lambda name: NAMED[name].memory_kib)
    return fitting or (Candidate(name=least, permits=1),)


def propose(goal: Goal, measurements: Sequence[Measurement]) -> Proposal:
    """
    Choose from what was measured.

    Args:
        goal: What the hashes may cost.

        measurements: One for each of `candidates`; one at least.

    Returns:
        The most work that reaches the goal. Where nothing does, the quickest: its
        `shortfalls` say what to change, and it is still as strong as OWASP asks.

    Raises:
        SetupError: *measurements* is empty.
    """
    if not measurements:
        message = "nothing was measured"
        raise SetupError(message)
    reaching = [found for found in measurements if not _shortfalls(goal, found)]
    chosen = (
        max(reaching, key=lambda found: found.candidate.work_factor.work)
        if reaching
        else max(measurements, key=lambda found: found.logins_per_second)
    )
    return Proposal(
        measurement=chosen,
        shortfalls=tuple(_shortfalls(goal, chosen)),
        passes_possible=_passes_possible(goal, chosen),
    )


def _shortfalls(goal: Goal, found: Measurement) -> Iterable[Shortfall]:
    tests = {
        Shortfall.MEMORY: found.candidate.memory_kib > goal.memory_kib,
        Shortfall.TARGET: found.under_load > goal.target,
        Shortfall.RATE: found.logins_per_second < goal.logins_per_second,
    }
    return [shortfall for shortfall, falls_short in tests.items() if falls_short]


def _passes_possible(goal: Goal, found: Measurement) -> int:
    passes = found.candidate.work_factor.passes
    room = min(
        goal.target / found.under_load,
        found.logins_per_second / goal.logins_per_second,
    )
    return max(passes, int(passes * room))
