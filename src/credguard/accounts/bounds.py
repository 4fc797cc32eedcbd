"""
What SQL can say of a row: surely, surely not, or that Python must be asked.

A database reads a column in its own way, and Python in another. Where both are
known to say the same the answer is SQL's; everywhere else it is left open, row by
row, and the one predicate that the gate uses decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, and_, case, false, not_, or_, true

NO, YES, ASK = 0, 1, 2

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Bounds:
    """
    An answer between two conditions.

    Neither is NULL in a row whose values are all readable. A row with another value
    is left open whole, so that each value is looked at once, whatever is asked.

    Attributes:
        yes: Where it is true, the answer is yes.

        maybe: Where it is not, the answer is no.

        is_decided: True if the two always agree.

        readable: By column, where its value is one that SQL reads as Python does;
            nothing for a column whose values all are.
    """

    yes: Condition
    maybe: Condition
    is_decided: bool = False
    readable: Mapping[str, Condition] = field(default_factory=dict)

    @classmethod
    def exactly(
        cls, condition: Condition, readable: Mapping[str, Condition] | None = None
    ) -> "Bounds":
        """Return an answer that SQL knows wherever it reads as Python does."""
        return cls(condition, condition, is_decided=True, readable=readable or {})

    @classmethod
    def at_most(cls, condition: Condition) -> "Bounds":
        """Return an answer that is no, or is Python's to give."""
        return cls(false(), condition)

    def __and__(self, other: "Bounds") -> "Bounds":
        return Bounds(
            and_(self.yes, other.yes),
            and_(self.maybe, other.maybe),
            self.is_decided and other.is_decided,
            {**self.readable, **other.readable},
        )

    def __or__(self, other: "Bounds") -> "Bounds":
        return Bounds(
            or_(self.yes, other.yes),
            or_(self.maybe, other.maybe),
            self.is_decided and other.is_decided,
            {**self.readable, **other.readable},
        )

    def __invert__(self) -> "Bounds":
        yes, maybe = not_(self.maybe), not_(self.yes)
        return Bounds(yes, maybe, self.is_decided, self.readable)

    @property
    def is_exact(self) -> bool:
        """True if no row is left open."""
        return self.is_decided and not self.readable

    @property
    def possible(self) -> Condition:
        """Where it is not true, the answer is no; never NULL."""
        if not self.readable:
            return self.maybe
        return or_(self.maybe, not_(and_(*self.readable.values())))

    @property
    def left_open(self) -> Condition:
        """Where it is true, Python is to be asked; never NULL."""
        between = false() if self.is_decided else and_(self.maybe, not_(self.yes))
        if not self.readable:
            return between
        return or_(not_(and_(*self.readable.values())), between)

    @property
    def verdict(self) -> ColumnElement[int]:
        """The answer as a number: NO, YES or ASK."""
        answers: list[tuple[Condition, int]] = [(self.yes, YES)]
        if self.readable:
            answers.insert(0, (not_(and_(*self.readable.values())), ASK))
        if not self.is_decided:
            answers.append((self.maybe, ASK))
        return case(*answers, else_=NO)


ALWAYS = Bounds.exactly(true())
NEVER = Bounds.exactly(false())
OPEN = Bounds(false(), true())
