"""A column of instants as SQL compares it, where that is as Python reads it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    and_,
    case,
    cast,
    extract,
    false,
    func,
    literal,
    not_,
    or_,
    true,
)
from sqlalchemy.dialects.mysql import DATETIME
from sqlalchemy.types import TypeEngine

from credguard.accounts.columns import END_OF_TIME
from credguard.storage.instants import microseconds_of

_MILLION = 1_000_000
_FIRST_YEAR = 1000  # from which on MariaDB says that its dates are exact
_WHOLE = len("2014-04-12 17:45:00")
_FRACTION = ".123456"
_FRACTION_DIGITS = "." + "[0-9]" * 6
_FIRST_DAY = "0001-01-01"  # before which Python knows no days


@dataclass(frozen=True, slots=True)
class Form:
    """
    One form in which instants stand in a column.

    Attributes:
        holds: Where it is true, a readable value is of this form; never NULL.

        value: What is compared.

        bound: Makes of an instant the least *value* that is not before it.
    """

    holds: ColumnElement[bool]
    value: ColumnElement[Any]
    bound: Callable[[datetime], object]


@dataclass(frozen=True, slots=True)
class Instants:
    """
    What SQL knows of an instant in each row whose value is readable.

    Attributes:
        unknown: Where it is true, Python reads None.

        forms: The forms that SQL compares as Python does.

        is_decided: True if every such row is unknown or of one of the forms.

        readable: By column, which values are; as `Bounds` has it.
    """

    unknown: ColumnElement[bool]
    forms: tuple[Form, ...] = ()
    is_decided: bool = False
    readable: Mapping[str, ColumnElement[bool]] = field(default_factory=dict)

    def before(self, instant: datetime) -> ColumnElement[bool]:
        """Return a condition: where it is true, Python reads an earlier instant."""
        compared = [and_(f.holds, f.value < f.bound(instant)) for f in self.forms]
        return or_(false(), *compared)

    def since(self, instant: datetime) -> ColumnElement[bool]:
        """Return a condition: where it is true, Python reads it or a later one."""
        compared = [and_(f.holds, f.value >= f.bound(instant)) for f in self.forms]
        return or_(false(), *compared)

    def placed(
        self, starts: Sequence[datetime], *, unknown: int, left_open: int
    ) -> ColumnElement[int]:
        """
        Return the place of the first of *starts* that is not later than the instant.

        Args:
            starts: Instants, the latest first.

            unknown: What to return where Python reads None.

            left_open: What to return where only Python can tell.
        """
        places = [
            (
                form.holds,
                case(
                    *[(form.value >= form.bound(s), n) for n, s in enumerate(starts)],
                    else_=len(starts),
                ),
            )
            for form in self.forms
        ]
        unread = [(not_(each), literal(left_open)) for each in self.readable.values()]
        return case(*unread, (self.unknown, literal(unknown)), *places, else_=left_open)


NO_INSTANTS = Instants(true(), is_decided=True)
"""What is known of instants that nobody keeps."""

UNREAD = Instants(false())
"""What is known of instants that only Python can read."""


def own_instants(kept: ColumnElement[object]) -> Instants:
    """Return what is known of microseconds in a table of ours."""
    is_known = Form(kept.is_not(None), kept, _own_bound)
    return Instants(kept.is_(None), (is_known,), is_decided=True)


def read_instants(
    column: Column[object], kind: TypeEngine[object], dialect: str
) -> Instants:
    """
    Return what SQL knows of a column of the forum's table.

    Args:
        column: The column.

        kind: Its type, as it was declared.

        dialect: sqlite, postgresql or mariadb.
    """
    if dialect == "sqlite":
        return _sqlite_values(column, column.name)
    is_date = isinstance(kind, Date | DateTime)
    if is_date and dialect == "mariadb":
        return _mariadb_dates(column, column.name)
    if is_date:
        # What the driver cannot read, such as 'infinity', is out of range here too.
        return _numbers(extract("epoch", column) * _MILLION, unit=1)
    if isinstance(kind, Integer):
        return _numbers(column, unit=_MILLION)
    return Instants(column.is_(None))


def _numbers(
    number: ColumnElement[Any],
    *,
    unit: int,
    is_number: ColumnElement[bool] | None = None,
) -> Instants:
    """Read whole numbers of *unit* microseconds since 1970; zero and less are none."""
    end = literal(END_OF_TIME * _MILLION // unit, BigInteger())
    guard = true() if is_number is None else is_number
    inside = func.coalesce(and_(guard, number > 0, number < end), false())
    outside = func.coalesce(and_(guard, or_(number <= 0, number >= end)), false())

    def bound(instant: datetime) -> ColumnElement[int]:
        return literal(-(-microseconds_of(instant) // unit), BigInteger())

    form = Form(inside, number, bound)
    return Instants(or_(number.is_(None), outside), (form,), is_decided=True)


def _sqlite_values(column: ColumnElement[object], name: str) -> Instants:
    # SQLite keeps in any column what it was given: judge each value by its kind.
    kind = func.typeof(column)
    numbers = _numbers(column, unit=_MILLION, is_number=kind == "integer")
    # Any other spelling, and a day that is not in the calendar, comes back otherwise.
    whole = func.substr(column, 1, _WHOLE)
    length = func.length(column)
    is_usual = and_(
        kind == "text",
        or_(
            length == _WHOLE,
            and_(
                length == _WHOLE + len(_FRACTION),
                func.substr(column, _WHOLE + 1).op("GLOB")(literal(_FRACTION_DIGITS)),
            ),
        ),
        func.coalesce(func.datetime(whole, "+0 days") == whole, false()),
        column >= _FIRST_DAY,
    )
    is_readable = or_(is_usual, kind.in_(["null", "integer"]))
    usual = Form(kind == "text", column, _sqlite_text)
    return Instants(
        numbers.unknown,
        (usual, *numbers.forms),
        is_decided=True,
        readable={name: is_readable},
    )


def _sqlite_text(instant: datetime) -> str:
    # Without a fraction where there is none: "…:00" sorts before "…:00.000000", so
    # that both are at the instant itself and not before it.
    return _plain(instant).isoformat(" ")


def _mariadb_dates(column: ColumnElement[object], name: str) -> Instants:
    # Days that are none, such as 2019-02-31 and 2019-00-00, may be stored too.
    zero = func.coalesce(func.year(column) == 0, false())
    unknown = or_(column.is_(None), zero)
    last = func.dayofmonth(func.last_day(column))
    is_day = and_(
        func.year(column) >= _FIRST_YEAR,
        func.month(column) > 0,
        func.dayofmonth(column).between(1, last),
    )
    form = Form(not_(unknown), cast(column, DATETIME(fsp=6)), _mariadb_literal)
    is_readable = or_(unknown, func.coalesce(is_day, false()))
    return Instants(unknown, (form,), is_decided=True, readable={name: is_readable})


def _mariadb_literal(instant: datetime) -> ColumnElement[object]:
    return cast(literal(_plain(instant).isoformat(" ")), DATETIME(fsp=6))


def _own_bound(instant: datetime) -> ColumnElement[int]:
    return literal(microseconds_of(instant), BigInteger())


def _plain(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)
