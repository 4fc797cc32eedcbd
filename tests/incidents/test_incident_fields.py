import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.errors import IncidentStateError
from credguard.incidents.fields import FIELDS, Kind, checked, field_named, read_instant


@pytest.mark.parametrize(
    ("name", "answer", "kept"),
    [
        ("people_at_most", " 4,000 ", "4000"),
        ("people_at_most", "0", "0"),
        ("people_at_most", "10,000,000,000", "10000000000"),
        ("people_at_most", "4 000", "4000"),
        ("what_happened", "x" * 4_000, "x" * 4_000),
        ("organisation", "Machina, 203.0.113.7", "Machina, 203.0.113.7"),
        ("happened_from", "2019-02-05T14:00Z", "2019-02-05T14:00:00Z"),
        ("happened_from", "2019-02-05T15:00+01:00", "2019-02-05T14:00:00Z"),
        ("cyber", "no", "no"),
        ("people", "users; children; users", "users; children"),
        (
            "properties",
            "confidentiality; integrity; availability",
            "confidentiality; integrity; availability",
        ),
        ("what_happened", " Two were swapped. ", "Two were swapped."),
        ("contact", "press@forum.example", "press@forum.example"),
    ],
)
def test_an_answer_is_kept_in_one_form(name: str, answer: str, kept: str) -> None:
    """However it was typed; what is kept is kept again as it is."""
    field = field_named(name)
    assert checked(field, answer) == kept
    assert checked(field, kept) == kept


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("people_at_most", "about 40"),
        ("people_at_most", "-1"),
        ("people_at_most", "9" * 30),
        ("people_at_most", "10,000,000,001"),
        ("people_at_most", "\N{ARABIC-INDIC DIGIT FOUR}"),
        ("cyber", "yes; no"),
        ("people_at_most", "4.5"),
        ("happened_from", "Tuesday"),
        ("cyber", "perhaps"),
        ("people", "users, children"),
        ("what_happened", ""),
        ("what_happened", "x" * 4_001),
        ("what_happened", "\ud800"),
        ("what_happened", "member jane@mail.example saw it"),
        ("what_happened", "it came from 203.0.113.7"),
    ],
)
def test_what_is_no_answer_is_refused(name: str, answer: str) -> None:
    """With the way to write it, and without repeating what was typed."""
    with pytest.raises(IncidentStateError) as refused:
        checked(field_named(name), answer)
    assert name in str(refused.value)
    assert "jane" not in str(refused.value)


@pytest.mark.parametrize(("name", "several"), [("people", True), ("cyber", False)])
def test_whether_several_may_be_chosen_is_told(*, name: str, several: bool) -> None:
    """And how to write them, where they may."""
    with pytest.raises(IncidentStateError) as refused:
        checked(field_named(name), "perhaps")
    assert str(refused.value).endswith(", several with ; between them") is several


def test_a_question_that_is_not_asked_is_refused() -> None:
    """With those that are."""
    with pytest.raises(IncidentStateError, match="people_at_most"):
        field_named("shoe_size")


def test_a_time_that_was_altered_is_seen() -> None:
    """A row that is no time is not read as one."""
    with pytest.raises(IncidentStateError):
        read_instant("soon")


@given(st.sampled_from(list(FIELDS.values())), st.text())
def test_anything_may_be_typed(field: object, answer: str) -> None:
    """It is an answer, or a declared error."""
    assert field in FIELDS.values()
    for each in FIELDS.values():
        if each is field:
            try:
                kept = checked(each, answer)
            except IncidentStateError:
                continue
            assert kept
            if each.kind is Kind.COUNT:
                assert int(kept) >= 0
