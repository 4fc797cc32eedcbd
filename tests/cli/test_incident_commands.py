"""`credguard incident`, from awareness to the follow-up."""

import json
import re

import pytest
from commands import Terminal

ANSWERS = {
    "what_happened": "Members got into each other's accounts.",
    "cyber": "no",
    "found_how": "A member reported it.",
    "discovered_at": "2019-02-06T21:00Z",
    "happened_from": "2019-02-05T14:00Z",
    "happened_until": "2019-02-07T09:00Z",
    "data": "identification data",
    "people_at_most": "4000",
    "people": "users",
    "consequences": "Somebody may have read their messages.",
    "likelihood": "unlikely",
    "people_told": "about to",
    "organisation": "Machina Ltd",
    "contact": "privacy@machina.example",
    "what_to_do": "Log in again.",
}
BY = ("--by", "duty officer")
WHY = (*BY, "--why", "as reported")


def ran(terminal: Terminal, *arguments: str, status: int = 0) -> str:
    """Type an incident command and return what it said."""
    said = terminal.type("incident", *arguments)
    assert said.status == status, said.err
    return said.out + said.err


@pytest.fixture
def made(terminal: Terminal) -> str:
    """Open an incident and answer what is needed at once."""
    out = ran(terminal, "open", "Swapped accounts", *BY)
    found = re.search(r"Incident (\S+) is open", out)
    assert found
    for field in ("what_happened", "people_at_most", "contact", "consequences"):
        ran(terminal, "revise", found[1], field, ANSWERS[field], *WHY)
    return found[1]


def test_an_incident_goes_from_the_clock_to_the_follow_up(
    terminal: Terminal, made: str
) -> None:
    """The status says what is missing; a sent report is kept as it was."""
    out = ran(terminal, "status", made)
    assert "71 h" in out or "2 days 23 h left" in out
    assert "Missing for the report: cyber" in out
    said = ran(terminal, "report", made, status=1)
    assert "there is no record of: cyber" in said
    for field, value in ANSWERS.items():
        ran(terminal, "revise", made, field, value, *WHY)
    first = ran(terminal, "report", made, "--sent-by", "duty officer")
    assert "# Report 1 (initial)" in first
    out = ran(terminal, "revise", made, "people_at_most", "46", *WHY)
    assert "Report 1 has said otherwise" in out
    content = json.loads(ran(terminal, "report", made, "--json"))
    assert (content["report"], content["answers"]["people_at_most"]) == (
        "follow-up",
        46,
    )
    assert "Report 1 was sent" in ran(terminal, "status", made)
    assert made in ran(terminal, "list")
    assert "none altered" in terminal.type("audit", "verify").out


def test_a_late_incident_is_shouted(terminal: Terminal) -> None:
    """Who opens it days later is told how late it is."""
    out = ran(terminal, "open", "Found late", "--aware", "2019-02-06T21:00Z", *BY)
    name = re.search(r"Incident (\S+) is open", out)
    assert name
    out = ran(terminal, "status", name[1])
    assert "THE 72 HOURS WERE OVER" in out
    assert "delay_reason" in out


def test_the_public_and_the_members_are_told(terminal: Terminal, made: str) -> None:
    """From the same answers; before the incident there is no record."""
    ran(terminal, "revise", made, "what_to_do", ANSWERS["what_to_do"], *WHY)
    ran(terminal, "note", made, "All sessions were ended.", "--campaign", "c-1", *BY)
    out = ran(terminal, "statement", made)
    assert "At most 4,000 people may be affected." in out
    assert "All sessions were ended." in out
    assert "You are affected by" in ran(terminal, "notice", made, "--affected")
    others = ran(terminal, "notice", made, "--not-affected")
    assert "You do not need to do anything." in others
    early = ran(terminal, "statement", made, "--as-at", "2019-02-06", status=1)
    assert "there is no record of" in early
    assert "(campaign c-1)" in ran(terminal, "status", made)


def test_a_cohort_goes_in_and_out(terminal: Terminal, made: str) -> None:
    """As a list that a campaign's scope takes."""
    (terminal.folder / "ids").write_text("7\n8\n\n7\n")
    out = ran(terminal, "count", made, "crossed", "ids", "--source", "journal", *BY)
    assert "2 accounts are in the cohort crossed." in out
    ran(terminal, "members", made, "crossed", "again")
    assert (terminal.folder / "again").read_text() == "7\n8\n"
    ran(terminal, "members", made, "others", "no", status=1)
    assert "Cohort crossed: 2 accounts, from journal" in ran(terminal, "status", made)


def test_two_incidents_of_one_time_are_told(terminal: Terminal, made: str) -> None:
    """To whoever writes the window of the second."""
    out = ran(terminal, "open", "Another", *BY)
    name = re.search(r"Incident (\S+) is open", out)
    assert name
    for incident in (made, name[1]):
        for field in ("happened_from", "happened_until"):
            out = ran(terminal, "revise", incident, field, ANSWERS[field], *WHY)
    assert f"Incident {made} is of the same time: Swapped accounts" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("open", "A title", "--aware", "yesterday"),
        ("statement", "nothing", "--as-at", "soon"),
        ("count", "nothing", "a", "missing"),
    ],
)
def test_what_cannot_be_read_is_refused(
    terminal: Terminal, arguments: tuple[str, ...]
) -> None:
    """Before anything is written."""
    more = {"open": BY, "count": ("--source", "x", *BY)}.get(arguments[0], ())
    said = terminal.type("incident", *arguments, *more)
    assert said.status in {2, 78}
