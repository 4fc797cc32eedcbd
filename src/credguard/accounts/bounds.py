"""
What SQL can say of a row: surely, surely not, or that Python must be asked.

A database reads a column in its own way, and Python in another. Where both are
known to say the same the answer is SQL's; everywhere else it is left open, row by
row, and the one predicate that the gate uses decides.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, false, not_, or_, true

NO, YES, ASK = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Bounds:
    """
    An answer between two conditions, neither of which is ever NULL.

    Attributes:
        sure: Where it is true, the answer is yes.

        possible: Where it is not, the answer is no.

        is_exact: True if the two always agree: nothing is left open.
    """

    sure: ColumnElement[bool]
    possible: ColumnElement[bool]
    is_exact: bool = False

    @classmethod
    def exactly(cls, condition: ColumnElement[bool]) -> "Bounds":
        """Return an answer that SQL knows for every row."""
        return cls(condition, condition, is_exact=True)

    @classmethod
    def at_most(cls, condition: ColumnElement[bool]) -> "Bounds":
        """Return an answer that is no, or is Python's to give."""
        return cls(false(), condition)

    def __and__(self, other: "Bounds") -> "Bounds":
        return Bounds(
            and_(self.sure, other.sure),
            and_(self.possible, other.possible),
            self.is_exact and other.is_exact,
        )

    def __or__(self, other: "Bounds") -> "Bounds":
        return Bounds(
            or_(self.sure, other.sure),
            or_(self.possible, other.possible),
            self.is_exact and other.is_exact,
        )

    def __invert__(self) -> "Bounds":
        return Bounds(not_(self.possible), not_(self.sure), self.is_exact)

    @property
    def verdict(self) -> ColumnElement[int]:
        """The answer as a number: NO, YES or ASK."""
        if self.is_exact:
            return case((self.sure, YES), else_=NO)
        return case((self.sure, YES), (self.possible, ASK), else_=NO)


ALWAYS = Bounds.exactly(true())
NEVER = Bounds.exactly(false())
OPEN = Bounds(false(), true())
