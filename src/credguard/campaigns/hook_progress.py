"""How far a hook is, as reports and chunks say it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HookProgress:
    """
    How far a hook is.

    Attributes:
        name: Its name.

        done: Ranges done.

        total: Ranges in all.

        ended: How many it says it ended.
    """

    name: str
    done: int
    total: int
    ended: int

    @property
    def is_over(self) -> bool:
        """True if it was called for every range."""
        return self.done == self.total
