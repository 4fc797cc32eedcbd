"""A dry run knows the addresses that are written to no more."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from credguard.campaigns import plan_file
from credguard.campaigns.forecast import Assumptions, Pace, forecast
from credguard.campaigns.scope import everyone, in_list
from credguard.campaigns.states import AccountState
from credguard.testing import RememberedMail
from forums import House, address_of, house_at


@pytest.fixture(params=["together", "apart"])
def any_mode(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path
) -> Iterator[House]:
    """A house on each database."""
    with house_at(database_url, tmp_path, request.param) as house:
        yield house


def test_a_second_campaign_is_forecast_without_known_bad_addresses(
    any_mode: House,
) -> None:
    """They are counted by themselves, and the campaign comes to the same."""
    scope = in_list(["1", "2", "3", "10", "14"])
    before = any_mode.plan(scope).tally
    assert (before.to_tell, before.unreachable, before.known_bad) == (3, 1, 0)
    any_mode.campaigns.suppress(address_of(2).upper())
    any_mode.campaigns.suppress("somebody@else.example")
    plan = any_mode.plan(scope)
    tally = plan.tally
    assert (tally.to_tell, tally.unreachable, tally.known_bad) == (2, 1, 1)
    assert sum(tally.domains.values()) == sum(tally.told_bands.values()) == 2
    found = forecast(tally, Pace(rate=10.0), Assumptions())
    assert found.notices == 2
    assert (
        found.hash_seconds
        == forecast(before, Pace(rate=10.0), Assumptions()).hash_seconds
    )
    assert plan_file.read(plan_file.write(plan)).tally.known_bad == 1
    campaign = any_mode.campaigns.start(plan)
    any_mode.campaigns.sweep(campaign, worker="sweeper")
    mail = RememberedMail()
    any_mode.campaigns.send(campaign, mail, worker="sender")
    counts = any_mode.counted(campaign).counts
    assert counts[AccountState.SUPPRESSED] == tally.known_bad
    assert counts[AccountState.TOLD] == len(mail.carried) == tally.to_tell


def test_a_plan_without_them_is_written_as_it_always_was(any_mode: House) -> None:
    """So that the digest of a plan that was approved stays the same."""
    assert "known_bad" not in plan_file.write(any_mode.plan(everyone))
