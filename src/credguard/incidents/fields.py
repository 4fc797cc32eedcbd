"""
What is asked about an incident: the regulator's questions, each with a name. Pure.

After the ICO's form "Report a personal data breach" and Article 33(3) of the GDPR. Some
are asked of the public statement and the members' notices as well: one answer for all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credguard._text import from_iso, has_surrogate, to_iso
from credguard.errors import IncidentStateError

MAX_TEXT_CHARACTERS = 4_000
MOST = 10**10  # people or records; more than there are


class Kind(StrEnum):
    """What an answer is."""

    TEXT = "text"
    COUNT = "number"
    INSTANT = "time"
    CHOICE = "choice"
    CHOICES = "choices"


@dataclass(frozen=True, slots=True)
class Field:
    """
    A question.

    Attributes:
        name: What the command line and the report call it.

        question: What is asked.

        kind: What an answer is.

        choices: What may be answered, where that is limited.

        is_needed: True if the first report cannot do without.

        names_people: True if an answer may hold a name or an address: who is to be
            asked, and nobody else.
    """

    name: str
    question: str
    kind: Kind = Kind.TEXT
    choices: tuple[str, ...] = ()
    is_needed: bool = False
    names_people: bool = False


_YES_NO = ("yes", "no", "not yet known")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+|\b\d{1,3}(\.\d{1,3}){3}\b", re.ASCII)

_FIELDS = (
    Field("what_happened", "What has happened?", is_needed=True),
    Field("how_it_happened", "What went wrong, and how?"),
    Field("cyber", "Was it a cyber incident?", Kind.CHOICE, _YES_NO, is_needed=True),
    Field("found_how", "How did you find out?", is_needed=True),
    Field("discovered_at", "When did you find out?", Kind.INSTANT, is_needed=True),
    Field("happened_from", "From when on did it happen?", Kind.INSTANT),
    Field("happened_until", "Until when did it happen?", Kind.INSTANT),
    Field(
        "data",
        "Which categories of personal data?",
        Kind.CHOICES,
        (
            "racial or ethnic origin",
            "political opinions",
            "religious or philosophical beliefs",
            "trade union membership",
            "sex life",
            "sexual orientation",
            "gender reassignment",
            "health",
            "basic personal identifiers",
            "identification data",
            "economic and financial",
            "official documents",
            "location",
            "genetic or biometric",
            "criminal convictions",
            "not yet known",
            "other",
        ),
        is_needed=True,
    ),
    Field("records", "How many records?", Kind.COUNT),
    Field(
        "people_at_most",
        "How many people at the most may be affected?",
        Kind.COUNT,
        is_needed=True,
    ),
    Field("people_identified", "How many are known to be affected?", Kind.COUNT),
    Field(
        "people",
        "Which categories of people?",
        Kind.CHOICES,
        (
            "employees",
            "users",
            "subscribers",
            "students",
            "customers or prospective customers",
            "patients",
            "children",
            "vulnerable adults",
            "not yet known",
            "other",
        ),
        is_needed=True,
    ),
    Field("consequences", "What may follow from it for them?", is_needed=True),
    Field(
        "likelihood",
        "How likely are significant consequences?",
        Kind.CHOICE,
        (
            "very likely",
            "likely",
            "neutral",
            "unlikely",
            "very unlikely",
            "not yet known",
        ),
        is_needed=True,
    ),
    Field(
        "properties",
        "What is affected?",
        Kind.CHOICES,
        ("confidentiality", "integrity", "availability"),
    ),
    Field(
        "impact",
        "How much are your services affected?",
        Kind.CHOICE,
        ("high", "medium", "low", "not yet known"),
    ),
    Field(
        "recovery",
        "How long does recovery take?",
        Kind.CHOICE,
        ("regular", "supplemented", "extended", "not recoverable", "complete"),
    ),
    Field("trained", "Was staff trained in data protection?", Kind.CHOICE, _YES_NO),
    Field("delay_reason", "Why is the report later than 72 hours?"),
    Field("prevention", "What prevents it from happening again?"),
    Field(
        "people_told",
        "Have you told the people?",
        Kind.CHOICE,
        (
            "yes",
            "about to",
            "already aware",
            "planning to",
            "decided not to",
            "not decided",
        ),
        is_needed=True,
    ),
    Field("high_risk", "Is there a high risk for them?", Kind.CHOICE, _YES_NO),
    Field("others_told", "Which other organisations were told?"),
    Field("what_to_do", "What should those affected do?"),
    Field("organisation", "Which organisation?", is_needed=True, names_people=True),
    Field("contact", "Who can be asked?", is_needed=True, names_people=True),
)
FIELDS: Mapping[str, Field] = {each.name: each for each in _FIELDS}


def field_named(name: str) -> Field:
    """
    Return a question by its name.

    Raises:
        IncidentStateError: There is none of that name.
    """
    found = FIELDS.get(name)
    if found is None:
        message = f"there is no such field; choose from: {', '.join(FIELDS)}"
        raise IncidentStateError(message)
    return found


def checked(field: Field, answer: str) -> str:
    """
    Return *answer* as it is kept.

    Raises:
        IncidentStateError: It is no answer to the question, or holds an address of
            somebody's: a report has no personal data.
    """
    text = answer.strip()
    if not text or len(text) > MAX_TEXT_CHARACTERS or has_surrogate(text):
        message = f"{field.name}: write 1 to {MAX_TEXT_CHARACTERS:,} characters"
        raise IncidentStateError(message)
    match field.kind:
        case Kind.COUNT:
            return _number(field, text)
        case Kind.INSTANT:
            found = from_iso(text)
            if found is None:
                message = f"{field.name}: write a time such as 2019-02-07T09:00Z"
                raise IncidentStateError(message)
            return to_iso(found)
        case Kind.CHOICE | Kind.CHOICES:
            return _chosen(field, text)
        case _:
            if not field.names_people and _ADDRESS.search(text):
                message = (
                    f"{field.name}: an address of somebody's stands in it; the report "
                    "has no personal data"
                )
                raise IncidentStateError(message)
    return text


def _number(field: Field, text: str) -> str:
    digits = text.replace(",", "").replace(" ", "")
    if not (digits.isascii() and digits.isdigit()) or int(digits) > MOST:
        message = f"{field.name}: write a whole number"
        raise IncidentStateError(message)
    return str(int(digits))


def _chosen(field: Field, text: str) -> str:
    several = field.kind is Kind.CHOICES
    answers = [each.strip() for each in text.split(";")] if several else [text]
    if not set(answers) <= set(field.choices):
        separated = ", several with ; between them" if several else ""
        choices = " | ".join(field.choices)
        message = f"{field.name}: choose from {choices}{separated}"
        raise IncidentStateError(message)
    return "; ".join(dict.fromkeys(answers))


def read_instant(value: str) -> datetime:
    """Return the time that `checked` wrote."""
    found = from_iso(value)
    if found is None:
        message = "a time in the incident's rows is none: the rows were altered"
        raise IncidentStateError(message)
    return found
