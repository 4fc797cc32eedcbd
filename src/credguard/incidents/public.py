"""
What the public and the members are told, from the same answers. Pure.

The advice is after the NCSC's for people whose data was in a breach: check through the
site itself and not through links, beware of who writes about it, change the password
wherever else it was used, switch on a second step.
"""

from datetime import datetime

from credguard.incidents.incident import Incident
from credguard.incidents.regulator import shown, written

ADVICE = (
    (
        "Type our address yourself; do not follow links in messages about this, "
        "whoever they seem to be from. We never ask for your password."
    ),
    "If you used the same password anywhere else, change it there too.",
    "Choose a long password that you use nowhere else: three random words do well.",
    "Switch on a second step where it is offered.",
    "Beware of calls and messages that mention this and urge you to hurry.",
)
_ONCE = ("happened_from", "happened_until", "people_identified")


def statement(incident: Incident, *, as_at: datetime) -> str:
    """
    Return the public statement as it was true at an instant.

    Args:
        incident: All that is known.

        as_at: When; answers that were given later are left out.

    Raises:
        IncidentStateError: There is no record of what it must say.
    """
    known = incident.as_at(as_at)
    values = known.values()
    lines = [f"# {known.title}", "", f"As at {written(as_at)}.", ""]
    lines += [known.value("what_happened"), ""]
    if "happened_from" in values and "happened_until" in values:
        start, end = (shown(name, values[name]) for name in _ONCE[:2])
        lines += [f"It happened between {start} and {end}.", ""]
    lines += [_people(known), ""]
    lines += [f"What it may mean: {known.value('consequences')}", ""]
    if known.measures:
        lines += ["What we have done:", ""]
        lines += [f"- {written(each.at)}: {each.text}" for each in known.measures]
        lines.append("")
    if "what_to_do" in values:
        lines += [f"If you are affected: {values['what_to_do']}", ""]
    lines += ["What we advise everybody:", ""]
    lines += [f"- {each}" for each in ADVICE]
    lines += ["", f"Questions: {known.value('contact')}", ""]
    return "\n".join(lines)


def notice_to_affected(incident: Incident, *, as_at: datetime) -> str:
    """
    Return what those are told who are affected (GDPR Article 34(2)).

    Raises:
        IncidentStateError: There is no record of what it must say.
    """
    known = incident.as_at(as_at)
    lines = [
        f"You are affected by: {known.title}.",
        "",
        known.value("what_happened"),
        "",
        f"What it may mean for you: {known.value('consequences')}",
        "",
        f"What you should do: {known.value('what_to_do')}",
        "",
        *(f"- {each}" for each in ADVICE),
        "",
        _people(known),
        "",
        f"Questions: {known.value('contact')}",
        "",
    ]
    return "\n".join(lines)


def notice_to_others(incident: Incident, *, as_at: datetime) -> str:
    """
    Return what those are told who are not affected: that they need do nothing.

    Raises:
        IncidentStateError: There is no record of what it must say.
    """
    known = incident.as_at(as_at)
    lines = [
        f"You are not affected by: {known.title}. You do not need to do anything.",
        "",
        known.value("what_happened"),
        "",
        _people(known),
        "",
        f"Questions: {known.value('contact')}",
        "",
    ]
    return "\n".join(lines)


def _people(known: Incident) -> str:
    most = shown("people_at_most", known.value("people_at_most"))
    found = known.values().get("people_identified")
    if found is None:
        return f"At most {most} people may be affected."
    number = shown("people_identified", found)
    return f"{number} people are known to be affected, and at most {most} may be."
