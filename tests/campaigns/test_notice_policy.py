"""How notices go out: what can be set, in code and in a file."""

import tomllib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.campaigns import plan_file
from credguard.campaigns.notice_file import from_table, to_tables
from credguard.campaigns.notice_policy import (
    Ambiguous,
    Group,
    NoticePolicy,
    StaffWave,
)
from credguard.campaigns.plan import Plan
from credguard.campaigns.quiet_hours import QuietHours
from credguard.campaigns.scope import everyone
from credguard.campaigns.tally import Tally
from credguard.campaigns.wording import Texts
from credguard.errors import DeliverySetupError
from forums import LETTER

NOW = datetime(2014, 4, 12, 17, 45, tzinfo=UTC)
NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True)
DOMAINS = st.from_regex(r"[a-z0-9]{1,8}\.(example|\*)", fullmatch=True)
RATES = st.floats(0.001, 1000)
TEXTS = st.builds(Texts, subject=st.just("Neu: {site}"), body=st.just("Hallo {link}"))
POLICIES = st.builds(
    NoticePolicy,
    day_quota=st.none() | st.integers(1, 10**9),
    groups=st.dictionaries(
        NAMES,
        st.builds(
            Group,
            domains=st.lists(DOMAINS, max_size=3).map(tuple),
            rate=st.none() | RATES,
        ),
        max_size=3,
    ),
    other_rate=st.none() | RATES,
    staff=st.sampled_from(StaffWave),
    ambiguous=st.sampled_from(Ambiguous),
    reminder_days=st.sets(st.integers(1, 366), max_size=9).map(sorted).map(tuple),
    quiet=st.none() | st.just(QuietHours("22:00-08:00", "Europe/London")),
    max_bounces=st.floats(0.001, 0.1),
    max_complaints=st.floats(0.0001, 0.005),
    bounce_address=st.sampled_from(["", "bounces@forum.example"]),
    link_on_request=st.sampled_from(["", "https://forum.example/new#{token}"]),
    texts=st.dictionaries(st.sampled_from(["de", "pt-br", "default"]), TEXTS),
)


@given(POLICIES)
def test_a_plan_keeps_its_policy(policy: NoticePolicy) -> None:
    """What a plan's file says is read back as it was."""
    tally = Tally(accounts=1, in_scope=1)
    plan = Plan(
        scope=everyone,
        letter=LETTER,
        rate=1.0,
        link_lifetime=timedelta(days=1),
        made_at=NOW,
        tally=tally,
        notices=policy,
    )
    assert plan_file.read(plan_file.write(plan)).notices == policy
    assert from_table(tomllib.loads(plan_file.write(plan))["notices"]) == policy


def test_an_older_plan_has_the_defaults() -> None:
    """A plan without a word of notices is one with the defaults."""
    assert from_table({}) == NoticePolicy()
    assert "notices" in to_tables(NoticePolicy())


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({"day_quota": 0}, "quota"),
        ({"day_quota": 1_000_000_001}, "quota"),
        ({"day_quota": 1.5}, "day_quota is a whole number"),
        ({"day_quota": True}, "day_quota is a whole number"),
        ({"other_rate": "1"}, "other_rate is a number"),
        ({"other_rate": 0}, "rate of a group"),
        ({"other_rate": 1 / 3601}, "rate of a group"),
        ({"other_rate": 1_000_000.5}, "rate of a group"),
        ({"groups": {"google": {"rate": 1_000_001}}}, "rate of a group"),
        ({"other_rate": float("nan")}, "rate of a group"),
        ({"staff": "never"}, "staff is one of"),
        ({"ambiguous": ["hold"]}, "ambiguous is one of"),
        ({"reminder_days": 3}, "list of days"),
        ({"reminder_days": [14, 3]}, "later than the one before"),
        ({"reminder_days": [0]}, "later than the one before"),
        ({"reminder_days": [3, 3]}, "later than the one before"),
        ({"reminder_days": [367]}, "from 1 to 366"),
        ({"reminder_days": list(range(1, 11))}, "at most 9"),
        ({"quiet_hours": "22:00-08:00"}, "set both or not at all"),
        ({"max_bounces": 0.2}, "at most 0.1"),
        ({"max_complaints": 0}, "share of complaints"),
        ({"bounce_address": 3}, "bounce_address is a text"),
        ({"bounce_address": "bounces+all@forum.example"}, "bounce address"),
        ({"bounce_address": f"{'a' * 21}@forum.example"}, "bounce address"),
        ({"link_on_request": "http://forum.example/#{token}"}, "https"),
        ({"groups": []}, "groups is a table"),
        ({"groups": {"google": 3}}, "groups is a table"),
        ({"groups": {"Google": {}}}, "small letters"),
        ({"groups": {"google": {"domains": ["a b"]}}}, "domains such as"),
        ({"groups": {"google": {"domains": "gmail.com"}}}, "rate and domains"),
        ({"groups": {"google": {"limit": 3}}}, "rate and domains"),
        ({"groups": {"google": {"rate": "fast"}}}, "rate is a number"),
        ({"texts": {"de": {"title": "Neu"}}}, "a language has"),
        ({"texts": {"de": {"body": 3}}}, "body is a text"),
        ({"texts": {str(at): {} for at in range(201)}}, "texts is a table"),
        ({"groups": {f"a{at}": {} for at in range(201)}}, "groups is a table"),
    ],
)
def test_a_policy_that_cannot_work_is_refused(
    content: dict[str, Any], problem: str
) -> None:
    """It is refused when the plan is made, and the text says what is wrong."""
    with pytest.raises(DeliverySetupError, match=problem):
        from_table(content)


@pytest.mark.parametrize(
    "content",
    [
        {"day_quota": 1},
        {"day_quota": 1_000_000_000},
        {"other_rate": 1 / 3600},
        {"other_rate": 1_000_000.0},
        {"groups": {"google": {"rate": 1 / 3600}}},
        {"reminder_days": [1, 2, 3, 4, 5, 6, 7, 8, 366]},
        {"max_bounces": 0.1, "max_complaints": 0.005},
        {"bounce_address": f"{'a' * 20}@forum.example"},
        {"texts": {f"a{chr(97 + at)}": {} for at in range(26)}},
        {"groups": {f"a{at}": {} for at in range(200)}},
    ],
)
def test_what_is_just_within_a_bound_is_taken(content: dict[str, Any]) -> None:
    """The bounds themselves can be set."""
    assert from_table(content) != NoticePolicy()


def test_reminders_are_kinds_of_their_own() -> None:
    """Each has a name, under which it goes to an account once."""
    expected = {"remind1": timedelta(days=3), "remind2": timedelta(days=14)}
    assert NoticePolicy().reminders() == expected
    assert NoticePolicy(reminder_days=()).reminders() == {}


def test_a_group_has_its_rate() -> None:
    """A group that is named has its own, every other domain the common one."""
    policy = NoticePolicy(groups={"google": Group(rate=2.0)}, other_rate=0.5)
    rates = [policy.rate_of(lane) for lane in ("google", "microsoft", "")]
    assert rates == [2.0, None, 0.5]


def test_a_group_has_its_domains() -> None:
    """Beside those that are known without being named."""
    lanes = NoticePolicy(groups={"ours": Group(("one.example",))}).lanes
    assert lanes.of("a@one.example") == ("ours", "ours")
    assert lanes.of("a@gmail.com") == ("google", "google")
    assert lanes.of("a@two.example") == ("", "two.example")


def test_a_policy_has_the_words_of_each_language() -> None:
    """And the page for links that members ask for."""
    page = "https://forum.example/new#{token}"
    texts = {"de": Texts(subject="Neues Passwort")}
    wording = NoticePolicy(texts=texts, link_on_request=page).wording(LETTER)
    assert wording.letter("de", "first").subject == "Neues Passwort"
    assert wording.letter("fr", "first").subject == LETTER.subject
    assert wording.letter("de", "asked1").link == page


def test_quiet_hours_are_the_policys() -> None:
    """Without any, it is never quiet."""
    night = NoticePolicy(quiet=QuietHours("17:00-18:00", "UTC"))
    assert night.quiet_until(NOW) == datetime(2014, 4, 12, 18, tzinfo=UTC)
    assert NoticePolicy().quiet_until(NOW) is None
