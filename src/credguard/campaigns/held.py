"""What a run holds of a batch, in its memory."""

from collections import deque
from dataclasses import dataclass, field

from credguard.campaigns.acks import Look
from credguard.campaigns.outbox import Notice


@dataclass(slots=True)
class Held:
    """
    What is left of a batch.

    Attributes:
        untried: Notices in the order of their instants.

        back: Those that have to be let go because their group rests.

        resting: Groups that rest.

        seen: What stood in the database for the first of them, if it was just
            looked at.

        is_first: True until one was handed over.
    """

    untried: deque[Notice]
    back: list[Notice] = field(default_factory=list)
    resting: set[str] = field(default_factory=set)
    seen: Look | None = None
    is_first: bool = True

    @property
    def rest(self) -> list[Notice]:
        """All that was not tried."""
        return [*self.back, *self.untried]
