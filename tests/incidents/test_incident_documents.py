"""What an incident says, without a database: bounds, and texts to the letter."""

import json
from datetime import datetime, timedelta

import pytest
from answers import AWARE, FIRST, HOUR

from credguard.errors import IncidentStateError
from credguard.incidents.fields import field_named
from credguard.incidents.incident import Cohort, Incident, Measure, Revision, Sent
from credguard.incidents.public import (
    ADVICE,
    notice_to_affected,
    notice_to_others,
    statement,
)
from credguard.incidents.regulator import as_json, as_markdown, report, shown

SECOND = timedelta(seconds=1)
DUE = AWARE + 72 * HOUR


def revised(values: dict[str, str], *, at: datetime = AWARE) -> tuple[Revision, ...]:
    """Return an answer to each of some questions."""
    return tuple(
        Revision(number, field, value, at, "me", f"why {field}")
        for number, (field, value) in enumerate(values.items(), 1)
    )


def incident(
    values: dict[str, str] | None = None,
    *,
    measures: tuple[Measure, ...] = (),
    sent: tuple[Sent, ...] = (),
) -> Incident:
    """Return an incident with some answers."""
    answers = revised(FIRST if values is None else values)
    return Incident(
        "i1", "Swapped", AWARE, AWARE, answers, measures=measures, sent=sent
    )


def lasting(start: str, end: str) -> Incident:
    """Return an incident that happened between two times."""
    return incident({"happened_from": start, "happened_until": end})


def test_nothing_is_known_of_what_was_just_opened() -> None:
    """No answer, no cohort, no measure, no report; and no campaign did a measure."""
    made = Incident("i1", "Swapped", AWARE, AWARE)
    assert (made.revisions, made.cohorts, made.measures, made.sent) == ((), (), (), ())
    assert made.values() == {}
    assert made.window() is None
    assert Measure("All sessions were ended.", AWARE).campaign_id is None


def test_what_happens_at_an_instant_is_known_at_it() -> None:
    """Of everything that is written down, and not a second earlier."""
    made = Incident(
        "i1",
        "Swapped",
        AWARE,
        AWARE,
        revised({"cyber": "no"}),
        (Cohort("crossed", "the journal", 3, AWARE),),
        (Measure("All sessions were ended.", AWARE),),
        (Sent(1, AWARE, {}),),
    )
    assert made.as_at(AWARE) == made
    assert made.as_at(AWARE - SECOND) == Incident("i1", "Swapped", AWARE, AWARE)


def test_the_last_answer_is_the_answer() -> None:
    """In the order of the questions, and not of the answers."""
    answers = revised({"people": "users", "cyber": "yes"}) + revised({"cyber": "no"})
    made = Incident("i1", "Swapped", AWARE, AWARE, answers)
    assert list(made.values().items()) == [("cyber", "no"), ("people", "users")]
    assert made.value("cyber") == "no"
    with pytest.raises(IncidentStateError, match="no record of: contact"):
        made.value("contact")


@pytest.mark.parametrize(
    ("start", "end", "overlaps"),
    [
        ("2019-02-05T14:00:00Z", "2019-02-07T09:00:00Z", True),
        ("2019-02-07T09:00:00Z", "2019-02-08T09:00:00Z", True),
        ("2019-02-07T09:00:01Z", "2019-02-08T09:00:00Z", False),
        ("2019-02-04T14:00:00Z", "2019-02-05T14:00:00Z", True),
        ("2019-02-04T14:00:00Z", "2019-02-05T13:59:59Z", False),
    ],
)
def test_two_overlap_where_they_share_an_instant(
    *, start: str, end: str, overlaps: bool
) -> None:
    """One that begins as the other ends is of one time with it, either way around."""
    one = lasting("2019-02-05T14:00:00Z", "2019-02-07T09:00:00Z")
    other = lasting(start, end)
    assert one.overlaps(other) is other.overlaps(one) is overlaps


def test_one_of_no_known_time_overlaps_none() -> None:
    """Neither way around, and a beginning alone is no time."""
    known = lasting("2019-02-05T14:00:00Z", "2019-02-07T09:00:00Z")
    begun = incident({"happened_from": "2019-02-05T14:00:00Z"})
    assert not known.overlaps(begun)
    assert not begun.overlaps(known)


def test_a_report_is_late_after_72_hours_and_not_at_them() -> None:
    """Article 33(1): then it says why. A follow-up report is never late."""
    assert incident().due_at == DUE
    assert incident().left(DUE) == timedelta(0)
    assert report(incident(), now=DUE).kind == "initial"
    with pytest.raises(IncidentStateError, match="delay_reason"):
        report(incident(), now=DUE + SECOND)
    followed = incident(sent=(Sent(1, AWARE, FIRST),))
    assert report(followed, now=DUE + SECOND).kind == "follow-up"


@pytest.mark.parametrize(
    "name",
    [
        *("what_happened", "cyber", "found_how", "discovered_at", "data"),
        *("people_at_most", "people", "consequences", "likelihood", "people_told"),
        *("organisation", "contact"),
    ],
)
def test_a_first_report_needs_each_of_its_answers(name: str) -> None:
    """Article 33(3): one is missing, and it is named."""
    assert field_named(name).is_needed
    values = {each: value for each, value in FIRST.items() if each != name}
    with pytest.raises(IncidentStateError, match=f"no record of: {name}\\."):
        report(incident(values), now=AWARE)


@pytest.mark.parametrize(
    "name",
    [
        *("how_it_happened", "happened_from", "happened_until", "records"),
        *("people_identified", "properties", "impact", "recovery", "trained"),
        *("delay_reason", "prevention", "high_risk", "others_told", "what_to_do"),
    ],
)
def test_a_first_report_can_do_without_the_others(name: str) -> None:
    """What is not known yet follows (Article 33(4))."""
    assert not field_named(name).is_needed
    values = {each: value for each, value in FIRST.items() if each != name}
    assert name not in report(incident(values), now=AWARE).values


def test_only_an_answer_that_changed_is_a_difference() -> None:
    """Beside what the last report said, and none of the first report's."""
    assert report(incident(), now=AWARE).differences == ()
    before = {**FIRST, "people_at_most": "46", "cyber": "yes"}
    reports = (Sent(1, AWARE, before), Sent(2, AWARE, {**before, "cyber": "no"}))
    made = report(incident(sent=reports), now=AWARE)
    assert made.number == 3
    assert [(each.field, each.before, each.now) for each in made.differences] == [
        ("people_at_most", "46", "4000")
    ]


def test_a_report_as_json_has_numbers_times_and_lists() -> None:
    """For a program: nothing to be read out of a sentence."""
    ended = Measure("All sessions were ended \u2013 now.", AWARE, "c1")
    reports = (Sent(1, AWARE, {**FIRST, "data": "health"}),)
    made = report(incident(measures=(ended,), sent=reports), now=AWARE + HOUR)
    text = as_json(made)
    assert "\u2013" in text
    assert text.startswith('{\n  "incident": "i1",\n  "report": "follow-up",\n')
    content = json.loads(text)
    assert content["number"] == 2
    assert content["as_at"] == "2019-02-06T22:00:00Z"
    assert content["due_at"] == "2019-02-09T21:00:00Z"
    assert content["answers"]["people_at_most"] == 4000
    assert content["answers"]["cyber"] == "no"
    assert content["measures"] == [
        {"at": "2019-02-06T21:00:00Z", "what": ended.text, "campaign": "c1"}
    ]
    assert content["differences"] == [
        {
            "field": "data",
            "before": ["health"],
            "now": ["basic personal identifiers", "identification data"],
            "why": "why data",
        }
    ]


def test_an_answer_that_is_new_had_nothing_before() -> None:
    """In words for a person, and as null for a program."""
    values = {name: value for name, value in FIRST.items() if name != "cyber"}
    made = report(incident(sent=(Sent(1, AWARE, values),)), now=AWARE)
    assert json.loads(as_json(made))["differences"][0]["before"] is None
    assert (
        "## What is other than in the report before\n\n"
        "- Was it a cyber incident? Before: nothing. Now: no. Why: why cyber\n\n"
        "## What has happened?\n"
    ) in as_markdown(made)


def test_a_report_as_text_says_what_was_done_or_that_nothing_was() -> None:
    """The end of it, in either case."""
    begin = (
        "# Report 1 (initial) on incident i1\n\n"
        "As at 2019-02-06 21:00 UTC. Aware since 2019-02-06 21:00 UTC; 72 hours are "
        "over at 2019-02-09 21:00 UTC.\n\n## What has happened?\n\n"
    )
    bare = as_markdown(report(incident(), now=AWARE))
    assert bare.startswith(begin)
    assert bare.endswith("## What was done\n\nNothing is written down.\n")
    ended = Measure("All sessions were ended.", AWARE)
    done = as_markdown(report(incident(measures=(ended,)), now=AWARE))
    end = "## What was done\n\n- 2019-02-06 21:00 UTC: All sessions were ended.\n"
    assert done.endswith(end)


def test_an_answer_is_shown_as_people_read_it() -> None:
    """Numbers with commas, times in words, and anything else as it is."""
    assert shown("records", "1234567") == "1,234,567"
    assert shown("happened_from", "2019-02-05T14:00:00Z") == "2019-02-05 14:00:00 UTC"
    assert shown("what_happened", "TZ") == "TZ"


SENTENCES = "".join(f"- {each}\n" for each in ADVICE)
NUMBERS = "44 people are known to be affected, and at most 4,000 may be."


def test_a_statement_is_this_text() -> None:
    """With all that it can say, in the order in which people ask."""
    ended = Measure("All sessions were ended.", AWARE)
    values = {**FIRST, "people_identified": "44"}
    values |= {"happened_from": "2019-02-05T14:00:00Z"}
    values |= {"happened_until": "2019-02-07T09:00:00Z"}
    said = statement(incident(values, measures=(ended,)), as_at=AWARE)
    assert said == (
        "# Swapped\n\n"
        "As at 2019-02-06 21:00 UTC.\n\n"
        f"{FIRST['what_happened']}\n\n"
        "It happened between 2019-02-05 14:00:00 UTC and 2019-02-07 09:00:00 UTC.\n\n"
        f"{NUMBERS}\n\n"
        f"What it may mean: {FIRST['consequences']}\n\n"
        "What we have done:\n\n"
        "- 2019-02-06 21:00 UTC: All sessions were ended.\n\n"
        f"If you are affected: {FIRST['what_to_do']}\n\n"
        f"What we advise everybody:\n\n{SENTENCES}\n"
        f"Questions: {FIRST['contact']}\n"
    )


@pytest.mark.parametrize("unknown", ["happened_from", "happened_until"])
def test_half_a_time_is_not_told(unknown: str) -> None:
    """A beginning without an end, or an end without a beginning."""
    values = {name: value for name, value in FIRST.items() if name != unknown}
    assert "It happened" not in statement(incident(values), as_at=AWARE)


def test_the_notices_are_these_texts() -> None:
    """Whoever is affected reads what to do; whoever is not, that there is nothing."""
    made = incident({**FIRST, "people_identified": "44"})
    assert notice_to_affected(made, as_at=AWARE) == (
        "You are affected by: Swapped.\n\n"
        f"{FIRST['what_happened']}\n\n"
        f"What it may mean for you: {FIRST['consequences']}\n\n"
        f"What you should do: {FIRST['what_to_do']}\n\n"
        f"{SENTENCES}\n{NUMBERS}\n\nQuestions: {FIRST['contact']}\n"
    )
    assert notice_to_others(made, as_at=AWARE) == (
        "You are not affected by: Swapped. You do not need to do anything.\n\n"
        f"{FIRST['what_happened']}\n\n{NUMBERS}\n\nQuestions: {FIRST['contact']}\n"
    )
