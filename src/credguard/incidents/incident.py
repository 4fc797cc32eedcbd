"""
An incident as its rows tell it, at any instant since it was opened. Pure.

Nothing is overwritten: a number that turned out wrong is revised, with who and why, and
what was said before can be told as it was said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from credguard.errors import IncidentStateError
from credguard.incidents.fields import FIELDS, Field, read_instant

CLOCK = timedelta(hours=72)
"""From awareness to the report (GDPR Article 33(1)); weekends count."""

AWARE = "aware_at"


@dataclass(frozen=True, slots=True)
class Revision:
    """
    An answer, or a better one.

    Attributes:
        number: Its place among the incident's revisions, from 1 on.

        field: The question's name.

        value: The answer.

        at: When it was given.

        by: Who gave it.

        why: On what grounds.
    """

    number: int
    field: str
    value: str
    at: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Cohort:
    """
    Accounts that an incident touched.

    Attributes:
        name: What it is called.

        source: Where they are known from.

        accounts: How many.

        at: When they were counted.
    """

    name: str
    source: str
    accounts: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Measure:
    """
    What was done, and when.

    Attributes:
        text: What.

        at: When it was written down.

        campaign_id: The campaign that did it, None if none did.
    """

    text: str
    at: datetime
    campaign_id: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """
    A report that the regulator has.

    Attributes:
        number: Its place, from 1 on: the first is the initial one.

        at: When it was sent.

        values: What it said, by field.
    """

    number: int
    at: datetime
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Incident:
    """
    An incident with everything that is known of it.

    Attributes:
        id: Its name in all texts.

        title: What it is called.

        aware_at: When the forum became aware: the clock runs from then.

        opened_at: When it was written down.

        revisions: Every answer, the oldest first.

        cohorts: Whom it touched.

        measures: What was done.

        sent: Reports that the regulator has, the oldest first.
    """

    id: str
    title: str
    aware_at: datetime
    opened_at: datetime
    revisions: Sequence[Revision] = ()
    cohorts: Sequence[Cohort] = ()
    measures: Sequence[Measure] = ()
    sent: Sequence[Sent] = ()

    @property
    def due_at(self) -> datetime:
        """Until when the regulator is to know."""
        return self.aware_at + CLOCK

    def left(self, now: datetime) -> timedelta:
        """Return how much of the 72 hours is left; negative once they are over."""
        return self.due_at - now

    def as_at(self, instant: datetime) -> "Incident":
        """Return the incident as it was known at *instant*."""
        return Incident(
            self.id,
            self.title,
            self.aware_at,
            self.opened_at,
            tuple(each for each in self.revisions if each.at <= instant),
            tuple(each for each in self.cohorts if each.at <= instant),
            tuple(each for each in self.measures if each.at <= instant),
            tuple(each for each in self.sent if each.at <= instant),
        )

    def values(self) -> dict[str, str]:
        """Return the last answer to each question that has one."""
        found: dict[str, str] = {}
        for each in self.revisions:
            found[each.field] = each.value
        return {name: found[name] for name in FIELDS if name in found}

    def value(self, name: str) -> str:
        """
        Return the answer to a question.

        Raises:
            IncidentStateError: Nobody has given one: it cannot be told.
        """
        found = self.values().get(name)
        if found is None:
            raise no_record(self.id, [FIELDS[name]])
        return found

    def missing(self, *, is_late: bool) -> list[Field]:
        """Return the questions that a first report cannot do without."""
        values = self.values()
        return [
            each
            for each in FIELDS.values()
            if each.name not in values
            and (each.is_needed or (is_late and each.name == "delay_reason"))
        ]

    def overlaps(self, other: "Incident") -> bool:
        """Return True if both are known to have happened at one time."""
        mine, theirs = self.window(), other.window()
        if mine is None or theirs is None:
            return False
        return mine[0] <= theirs[1] and theirs[0] <= mine[1]

    def window(self) -> tuple[datetime, datetime] | None:
        """Return when it began and ended, None if that is not known."""
        values = self.values()
        names = ("happened_from", "happened_until")
        if not all(name in values for name in names):
            return None
        start, end = (read_instant(values[name]) for name in names)
        return start, end


def no_record(incident_id: str, fields: Sequence[Field]) -> IncidentStateError:
    """Return the error for questions that nobody has answered."""
    names = ", ".join(each.name for each in fields)
    message = (
        f"there is no record of: {names}. Give it with: credguard incident revise "
        f"{incident_id} FIELD VALUE --by NAME --why REASON"
    )
    return IncidentStateError(message)
