"""An incident from the first report to the last, with its numbers as then known."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from answers import AWARE, FIRST, HOUR

from credguard.errors import AccountIdError, BusyError, IncidentStateError
from credguard.incidents import Incidents
from credguard.incidents.regulator import as_json, as_markdown
from credguard.keys import Keyring
from credguard.storage import Database, audit
from credguard.storage.schema import prepare
from credguard.testing import FrozenClock

WHO = {"by": "the duty officer", "why": "as counted in the journal"}


@pytest.fixture
def moving() -> FrozenClock:
    """A clock an hour after somebody became aware."""
    return FrozenClock(AWARE + HOUR)


@pytest.fixture
def incidents(
    database_url: str, keyring: Keyring, moving: FrozenClock
) -> Iterator[Incidents]:
    """The incidents of a forum, on each of the databases."""
    database = Database(database_url)
    prepare(database)
    yield Incidents(database, keyring, clock=moving)
    audit.verify(database, keyring)
    database.close()


@pytest.fixture
def opened(incidents: Incidents) -> str:
    """An incident with a first answer to everything that is needed."""
    made = incidents.open("Swapped accounts", aware_at=AWARE, by="the duty officer")
    for field, value in FIRST.items():
        incidents.revise(made, field, value, **WHO)
    return made


def numbers(text: str) -> set[str]:
    """Return the larger numbers in a text, without their commas."""
    found = re.findall(r"\b\d{1,3}(?:,\d{3})+\b|\b\d{2,}\b", text)
    return {each.replace(",", "") for each in found}


def test_the_clock_runs_from_awareness(
    incidents: Incidents, opened: str, moving: FrozenClock
) -> None:
    """72 hours, over weekends; a report that is later says why."""
    found = incidents.find(opened)
    assert found.due_at == AWARE + 72 * HOUR
    assert found.left(moving()) == 71 * HOUR
    moving.advance(80 * HOUR)
    with pytest.raises(IncidentStateError, match="delay_reason"):
        incidents.report(opened)
    incidents.revise(opened, "delay_reason", "Nobody was on duty.", **WHO)
    assert incidents.report(opened).kind == "initial"


def test_what_has_no_record_cannot_be_told(incidents: Incidents) -> None:
    """Nothing is made up; the error says what is missing, and how to give it."""
    made = incidents.open("Swapped accounts", aware_at=AWARE, by="me")
    for telling in (
        lambda: incidents.report(made),
        lambda: incidents.statement(made),
        lambda: incidents.notice(made, affected=True),
        lambda: incidents.notice(made, affected=False),
    ):
        with pytest.raises(IncidentStateError, match="incident revise"):
            telling()


def test_a_follow_up_says_what_changed_and_why(
    incidents: Incidents, opened: str, moving: FrozenClock
) -> None:
    """Also a number that the first report used; that one stays as it was sent."""
    first = incidents.sent(opened, by="the duty officer")
    assert (first.kind, first.differences) == ("initial", ())
    moving.advance(24 * HOUR)
    incidents.revise(
        opened, "people_at_most", "46", by="the duty officer", why="every pair was read"
    )
    incidents.revise(opened, "people_identified", "44", **WHO)
    second = incidents.sent(opened, by="the duty officer")
    assert second.kind == "follow-up"
    changes = {each.field: (each.before, each.now) for each in second.differences}
    assert changes == {
        "people_at_most": ("4000", "46"),
        "people_identified": (None, "44"),
    }
    text = as_markdown(second)
    assert "Before: 4,000. Now: 46. Why: every pair was read" in text
    content = json.loads(as_json(second))
    assert content["differences"][0] == {
        "field": "people_at_most",
        "before": 4000,
        "now": 46,
        "why": "every pair was read",
    }
    assert dict(incidents.find(opened).sent[0].values)["people_at_most"] == "4000"
    assert incidents.report(opened).differences == ()


def test_a_statement_is_as_it_was_known(
    incidents: Incidents, opened: str, moving: FrozenClock
) -> None:
    """Of each day another one, as in 2015."""
    friday = moving()
    incidents.note(opened, "All sessions were ended.", by="me")
    moving.advance(24 * HOUR)
    incidents.revise(opened, "people_at_most", "46", **WHO)
    incidents.revise(opened, "people_identified", "44", **WHO)
    then = incidents.statement(opened, as_at=friday)
    now = incidents.statement(opened)
    assert "At most 4,000 people may be affected." in then
    assert "44 people are known to be affected, and at most 46 may be." in now
    assert "2019-02-05 14:00:00 UTC" in now
    assert "All sessions were ended." in now


def test_a_statement_says_nothing_of_what_was_not_done(
    incidents: Incidents, moving: FrozenClock
) -> None:
    """The first statement of a day on which nothing is decided yet."""
    made = incidents.open("Swapped accounts", aware_at=AWARE, by="the duty officer")
    for field in FIRST.keys() - {"what_to_do", "happened_from"}:
        incidents.revise(made, field, FIRST[field], **WHO)
    early = incidents.statement(made)
    assert "It happened between" not in early
    assert "What we have done" not in early
    assert "If you are affected" not in early
    moving.advance(HOUR)
    incidents.revise(made, "what_to_do", FIRST["what_to_do"], **WHO)
    incidents.note(made, "All sessions were ended.", by="me")
    late = incidents.statement(made)
    assert "If you are affected: Log in again; look at your messages." in late
    assert "What we have done:" in late


def test_all_documents_tell_the_same_numbers(incidents: Incidents, opened: str) -> None:
    """Report, statement and both notices are made of the same rows."""
    incidents.revise(opened, "people_identified", "1234", **WHO)
    report = incidents.report(opened)
    told = [
        incidents.statement(opened),
        incidents.notice(opened, affected=True),
        incidents.notice(opened, affected=False),
        as_markdown(report),
        as_json(report),
    ]
    for text in told:
        assert {"4000", "1234"} <= numbers(text)
    assert "You do not need to do anything." in told[2]
    assert "Log in again" in told[1]


def test_nothing_personal_is_in_the_report(incidents: Incidents, opened: str) -> None:
    """Not the accounts of a cohort, and not who revised what."""
    incidents.count(opened, "crossed", ["account-17"], source="the journal", by="me")
    report = incidents.report(opened)
    for text in (as_markdown(report), as_json(report)):
        assert "account-17" not in text
        assert "duty officer" not in text


def test_a_cohort_is_counted_once_and_handed_on(
    incidents: Incidents, opened: str
) -> None:
    """Each account once, in order; what was counted stays."""
    found = incidents.count(
        opened, "crossed", ["3", "1", "3", "2"], source="the journal", by="me"
    )
    assert found.accounts == 3
    assert incidents.members(opened, "crossed") == ["1", "2", "3"]
    assert incidents.members(opened, "others") == []
    with pytest.raises(IncidentStateError, match="of that name"):
        incidents.count(opened, "crossed", ["4"], source="the journal", by="me")
    with pytest.raises(AccountIdError):
        incidents.count(opened, "more", [""], source="the journal", by="me")
    assert [each.name for each in incidents.find(opened).cohorts] == ["crossed"]


def test_two_incidents_of_one_time_are_seen(incidents: Incidents, opened: str) -> None:
    """Both stay; whoever writes is told of the other."""
    later = incidents.open("Another", aware_at=AWARE, by="me")
    other = incidents.find(later)
    assert not incidents.find(opened).overlaps(other)
    incidents.revise(later, "happened_from", "2019-02-07T08:00Z", **WHO)
    incidents.revise(later, "happened_until", "2019-02-08T08:00Z", **WHO)
    assert incidents.find(opened).overlaps(incidents.find(later))
    assert {each.id for each in incidents.every()} == {opened, later}


@pytest.mark.parametrize("title", ["", " ", "x" * 201])
def test_an_incident_needs_a_title(incidents: Incidents, title: str) -> None:
    """Which the public will read."""
    with pytest.raises(IncidentStateError):
        incidents.open(title, aware_at=AWARE, by="me")


def test_nobody_becomes_aware_in_the_future(
    incidents: Incidents, moving: FrozenClock
) -> None:
    """A slip of the pen would give more than 72 hours."""
    later = moving() + timedelta(minutes=1)
    with pytest.raises(IncidentStateError, match="future"):
        incidents.open("Swapped", aware_at=later, by="me")


def test_an_incident_that_is_none_is_refused(incidents: Incidents) -> None:
    """Everywhere alike."""
    for call in (
        lambda: incidents.find("nothing"),
        lambda: incidents.revise("nothing", "records", "1", **WHO),
        lambda: incidents.note("nothing", "Something.", by="me"),
        lambda: incidents.count("nothing", "a", ["1"], source="b", by="me"),
        lambda: incidents.report("nothing"),
    ):
        with pytest.raises(IncidentStateError, match="no such incident"):
            call()


def test_two_who_write_at_once_lose_nothing(incidents: Incidents, opened: str) -> None:
    """One of them may have to try again; numbers have no gap."""
    begin = threading.Barrier(4)

    def write(number: int) -> None:
        begin.wait()
        while True:
            try:
                incidents.note(opened, f"Measure {number}.", by="me")
            except BusyError:
                continue
            return

    threads = [threading.Thread(target=write, args=(each,)) for each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(incidents.find(opened).measures) == 4
