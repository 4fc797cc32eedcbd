import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.campaigns.hook_progress import HookProgress
from credguard.campaigns.states import AccountState, CampaignState
from credguard.campaigns.status import Status, as_json, as_markdown

T = datetime(2014, 4, 12, 17, 45, tzinfo=UTC)
OPEN = {
    AccountState.GATED,
    AccountState.UNREACHABLE,
    AccountState.QUEUED,
    AccountState.DEFERRED,
    AccountState.AMBIGUOUS,
    AccountState.TOLD,
    AccountState.REFUSED,
    AccountState.BOUNCED,
    AccountState.SUPPRESSED,
    AccountState.RESETTING,
}


def status(
    counts: Mapping[AccountState, int],
    *,
    accounts: int | None = None,
    told_at: datetime | None = None,
    reset_by: Mapping[str, int] | None = None,
) -> Status:
    """Return a status with *counts*."""
    return Status(
        campaign_id="20140412-abcdef",
        state=CampaignState.NOTIFYING,
        scope="everyone",
        opened_at=T,
        as_at=T + timedelta(days=1),
        accounts=sum(counts.values()) if accounts is None else accounts,
        counts=counts,
        told=counts.get(AccountState.TOLD, 0),
        told_first_at=told_at,
        told_last_at=None if told_at is None else told_at + timedelta(hours=1),
        rate=10.0,
        ranges=(1, 3),
        reset_by=reset_by or {},
    )


COUNTS = st.dictionaries(st.sampled_from(AccountState), st.integers(1, 10**9))


@given(COUNTS)
def test_the_numbers_are_sums_of_the_counts(
    counts: dict[AccountState, int],
) -> None:
    """Whatever is said of a campaign follows from one set of counts."""
    found = status(counts)
    assert found.adds_up
    out = counts.get(AccountState.OUT_OF_SCOPE, 0)
    assert found.in_scope == found.accounts - out
    assert found.still_open == sum(
        count for state, count in counts.items() if state in OPEN
    )
    queued = counts.get(AccountState.QUEUED, 0) + counts.get(AccountState.DEFERRED, 0)
    assert found.to_send == queued
    assert found.to_tell == queued + found.told
    assert found.telling_takes == timedelta(seconds=queued / 10)


@given(COUNTS, st.integers(-3, 3).filter(bool))
def test_a_count_that_is_off_by_one_is_seen(
    counts: dict[AccountState, int], off: int
) -> None:
    """An account in two states, or in none, does not add up."""
    assert not status(counts, accounts=sum(counts.values()) + off).adds_up


def test_a_count_below_zero_does_not_add_up() -> None:
    """A remainder hides no mistake."""
    counts = {AccountState.TOLD: 5, AccountState.OUT_OF_SCOPE: -1}
    assert not status(counts).adds_up


def test_the_report_says_when_it_does_not_add_up() -> None:
    """Nobody overlooks it."""
    report = as_markdown(status({AccountState.TOLD: 5}, accounts=6))
    assert "DOES NOT ADD UP" in report


def test_the_report_is_a_table_of_the_states_that_occur() -> None:
    """Each state with its count and share, the sum, and what is still open."""
    counts = {AccountState.TOLD: 1234, AccountState.RESET_DONE: 617}
    opened = "2014-04-12 17:45:00 UTC"
    report = as_markdown(status(counts, told_at=T, reset_by={"link": 600, "forum": 17}))
    assert report.splitlines() == [
        "# Campaign 20140412-abcdef: notifying",
        "",
        "As at 2014-04-13 17:45:00 UTC. Scope: `everyone`.",
        f"In force since {opened}.",
        "",
        "| Each account is in one state | accounts | share |",
        "|---|--:|--:|",
        "| must reset, told | 1,234 | 66.7 % |",
        "| has a new password | 617 | 33.3 % |",
        "| **all accounts (adds up)** | **1,851** | **100.0 %** |",
        "",
        f"In scope: 1,851. Told: 1,234, from {opened} to 2014-04-12 18:45:00 UTC.",
        "Still to choose a new password: 1,234.",
        "New passwords: 17 by forum, 600 by link.",
    ]


def test_the_report_of_nobody_divides_by_nothing() -> None:
    """A campaign over an empty table has a report."""
    report = as_markdown(status({}))
    assert "**0**" in report
    assert "New passwords" not in report


@pytest.mark.parametrize(
    ("accounts", "share"), [(0, "100.0"), (1, "100.0"), (2, "50.0")]
)
def test_a_share_is_one_of_all_accounts(accounts: int, share: str) -> None:
    """Of no accounts at all, a count that cannot be is shown as it is."""
    report = as_markdown(status({AccountState.TOLD: 1}, accounts=accounts))
    assert f"| must reset, told | 1 | {share} % |" in report


def test_a_state_without_accounts_adds_up_and_is_not_shown() -> None:
    """Nobody in it is as good as no word of it."""
    found = status({AccountState.TOLD: 5, AccountState.REFUSED: 0})
    assert found.adds_up
    assert "refused" not in as_markdown(found)


@pytest.mark.parametrize(
    ("first", "last"), [(None, None), (T, None), (None, T + timedelta(hours=1))]
)
def test_a_time_of_which_one_end_is_unknown_is_not_told(
    first: datetime | None, last: datetime | None
) -> None:
    """Half of it would be read as the whole."""
    found = status({AccountState.TOLD: 5})
    found = replace(found, told_first_at=first, told_last_at=last)
    assert "In scope: 5. Told: 5.\n" in as_markdown(found)


def test_the_report_says_how_far_each_hook_is() -> None:
    """A table of them stands at its end."""
    hooks = (HookProgress("sessions", 2, 1024, 3500), HookProgress("cookies", 4, 4, 0))
    report = as_markdown(replace(status({AccountState.TOLD: 5}), hooks=hooks))
    assert report.endswith(
        "\n\n| Hook | ended | ranges |\n|---|--:|--:|\n"
        "| sessions | 3,500 | 2 of 1,024 |\n| cookies | 0 | 4 of 4 |\n"
    )
    assert "Hook" not in as_markdown(status({AccountState.TOLD: 5}))


def test_json_is_laid_out_for_people_too() -> None:
    """Two spaces for each level, and letters as they are."""
    found = as_json(replace(status({}), scope="mail_domain('é.example')"))
    assert found.startswith('{\n  "campaign": "20140412-abcdef",\n')
    assert '\n  "scope": "mail_domain(\'é.example\')",\n' in found
    assert '\n  "ranges_swept": 1,\n  "ranges": 3,\n' in found


@pytest.mark.parametrize("told_at", [None, T])
def test_the_same_numbers_are_there_for_programs(told_at: datetime | None) -> None:
    """JSON holds the counts of all states and instants in ISO 8601."""
    counts = {AccountState.TOLD: 3, AccountState.OUT_OF_SCOPE: 4}
    found = json.loads(as_json(status(counts, told_at=told_at)))
    assert found["counts"]["must reset, told"] == 3
    assert found["accounts"] == 7
    assert found["adds_up"] is True
    assert found["opened_at"] == "2014-04-12T17:45:00Z"
    first = None if told_at is None else "2014-04-12T17:45:00Z"
    assert found["told_first_at"] == first
