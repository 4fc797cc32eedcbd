"""The regulator's report: the first one and those that follow. Pure."""

import json
from dataclasses import dataclass
from datetime import datetime

from credguard._text import to_iso
from credguard.incidents.fields import FIELDS, Kind
from credguard.incidents.incident import CLOCK, Incident, Measure, no_record


@dataclass(frozen=True, slots=True)
class Difference:
    """
    An answer that is another one than the regulator has.

    Attributes:
        field: The question's name.

        before: What the last report said, None if nothing.

        now: What is known now.

        why: On what grounds it was revised.
    """

    field: str
    before: str | None
    now: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """
    What the regulator is told.

    Attributes:
        incident_id: The incident.

        number: 1 for the first report, and so on.

        as_at: As known when.

        aware_at: When the clock began to run.

        due_at: When 72 hours are over.

        values: The answers, by field.

        measures: What was done.

        differences: What is other than in the report before.
    """

    incident_id: str
    number: int
    as_at: datetime
    aware_at: datetime
    due_at: datetime
    values: dict[str, str]
    measures: tuple[Measure, ...]
    differences: tuple[Difference, ...]

    @property
    def kind(self) -> str:
        """Whether it is the first."""
        return "initial" if self.number == 1 else "follow-up"


def report(incident: Incident, *, now: datetime) -> Report:
    """
    Return the next report.

    Args:
        incident: All that is known.

        now: When it is to be sent.

    Raises:
        IncidentStateError: An answer is missing that it cannot do without: nothing
            is made up in its place.
    """
    known = incident.as_at(now)
    is_late = not known.sent and now - known.aware_at > CLOCK
    missing = known.missing(is_late=is_late)
    if missing:
        raise no_record(incident.id, missing)
    values = known.values()
    before = dict(known.sent[-1].values) if known.sent else {}
    why = {each.field: each.why for each in known.revisions}
    differences = [
        Difference(name, before.get(name), value, why[name])
        for name, value in values.items()
        if known.sent and before.get(name) != value
    ]
    return Report(
        incident.id,
        len(known.sent) + 1,
        now,
        known.aware_at,
        known.due_at,
        values,
        tuple(known.measures),
        tuple(differences),
    )


def as_json(made: Report) -> str:
    """Return *made* as JSON: numbers are numbers, and times ISO 8601 in UTC."""
    content = {
        "incident": made.incident_id,
        "report": made.kind,
        "number": made.number,
        "as_at": to_iso(made.as_at),
        "aware_at": to_iso(made.aware_at),
        "due_at": to_iso(made.due_at),
        "answers": {name: _plain(name, value) for name, value in made.values.items()},
        "measures": [
            {"at": to_iso(each.at), "what": each.text, "campaign": each.campaign_id}
            for each in made.measures
        ],
        "differences": [
            {
                "field": each.field,
                "before": None
                if each.before is None
                else _plain(each.field, each.before),
                "now": _plain(each.field, each.now),
                "why": each.why,
            }
            for each in made.differences
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def as_markdown(made: Report) -> str:
    """Return *made* as text to be copied into the regulator's form."""
    lines = [
        f"# Report {made.number} ({made.kind}) on incident {made.incident_id}",
        "",
        (
            f"As at {written(made.as_at)}. Aware since {written(made.aware_at)}; "
            f"72 hours are over at {written(made.due_at)}."
        ),
        "",
    ]
    if made.differences:
        lines += ["## What is other than in the report before", ""]
        for each in made.differences:
            before = (
                "nothing" if each.before is None else shown(each.field, each.before)
            )
            lines.append(
                f"- {FIELDS[each.field].question} Before: {before}. Now: "
                f"{shown(each.field, each.now)}. Why: {each.why}"
            )
        lines.append("")
    for name, value in made.values.items():
        lines += [f"## {FIELDS[name].question}", "", shown(name, value), ""]
    lines += ["## What was done", ""]
    lines += [f"- {written(each.at)}: {each.text}" for each in made.measures]
    if not made.measures:
        lines.append("Nothing is written down.")
    return "\n".join(lines) + "\n"


def shown(name: str, value: str) -> str:
    """Return an answer as people read it: numbers with commas, times in words."""
    match FIELDS[name].kind:
        case Kind.COUNT:
            return f"{int(value):,}"
        case Kind.INSTANT:
            return value.replace("T", " ").replace("Z", " UTC")
    return value


def written(instant: datetime) -> str:
    """Return an instant as people read it."""
    return instant.strftime("%Y-%m-%d %H:%M UTC")


def _plain(name: str, value: str) -> object:
    match FIELDS[name].kind:
        case Kind.COUNT:
            return int(value)
        case Kind.CHOICES:
            return value.split("; ")
    return value
