"""Hooks that fail, are killed, take too long or come late are called in the end."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from credguard.campaigns import (
    Campaigns,
    ChunkOutcome,
    Hook,
    HookProgress,
)
from credguard.campaigns.hooks import HOOK_LEASE
from credguard.errors import HookFailedError, StorageUnavailableError
from credguard.storage.audit_tables import audit as audit_table
from credguard.testing import FrozenClock
from forums import MEMBERS, House
from hooked import Remembered, guard_with

START = datetime(2030, 1, 1, tzinfo=UTC)
SOON = timedelta(seconds=5)  # after which Celery's task and Dramatiq's actor ask again
EVERYBODY = [str(number) for number in MEMBERS]

# A process of its own, whose hook is where it is killed.
KILLED_IN_A_HOOK = """
import sys
from datetime import datetime
from pathlib import Path

from credguard import Keyring
from credguard.campaigns import retiring
from credguard.testing import FrozenClock
from forums import Forum, House
from hooked import Written, guard_with

keyring, ours, forum, now, campaign = sys.argv[1:]
retiring.RANGE_SIZE = 20
house = House(ours, Forum(forum), keyring=Keyring.parse(keyring))
hook = Written(Path("unused"), kills=True, name="remember-me")
guard = guard_with(house, hook, clock=FrozenClock(datetime.fromisoformat(now)))
guard.campaigns.run_chunk(campaign, worker="killed", number=0)
"""


def campaigns_with(house: House, *hooks: Hook, clock: FrozenClock) -> Campaigns:
    """Return campaigns with hooks, for which waiting is what moves the clock."""
    means = guard_with(house, *hooks, clock=clock).campaigns._means
    return Campaigns(replace(means, pause=clock.advance))


def kill_in_a_hook(house: House, campaign: str) -> None:
    """Let a process be killed by signal 9 while the first chunk's hook is called."""
    arguments = [house.keyring.reveal(), house.ours, house.forum.url]
    tests = str(Path(__file__).parents[1])
    ended = subprocess.run(
        [sys.executable, "-c", KILLED_IN_A_HOOK, *arguments, str(START), campaign],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([tests, *sys.path])},
        check=False,
        timeout=120,
    )
    assert ended.returncode == -signal.SIGKILL


@pytest.mark.parametrize("after", [timedelta(0), SOON])
def test_a_chunk_whose_hook_failed_is_done_by_the_next_call(
    house: House, after: timedelta
) -> None:
    """Nothing is lost and nothing is over until the hook was called for everybody."""
    clock, hook = FrozenClock(START), Remembered(fails=1)
    campaigns = campaigns_with(house, hook, clock=clock)
    campaign = campaigns.start(house.plan())
    with pytest.raises(HookFailedError):
        campaigns.run_chunk(campaign, worker="one", number=0)
    done = [
        campaigns.run_chunk(campaign, worker="one", number=number) for number in (1, 2)
    ]
    assert [each.is_over for each in done] == [False, False]
    clock.advance(after)
    again = campaigns.run_chunk(campaign, worker="two", number=0)
    assert (again.outcome, again.is_over) == (ChunkOutcome.DONE, True)
    assert again.hooks == (HookProgress("remember-me", 3, 3, 120),)
    assert hook.called_for == EVERYBODY


def test_a_sweep_whose_hook_failed_goes_on_at_once(house: House) -> None:
    """Whoever mended the hook runs the campaign again and waits for nothing."""
    clock, hook = FrozenClock(START), Remembered(fails=2)
    campaigns = campaigns_with(house, hook, clock=clock)
    campaign = campaigns.start(house.plan())
    for _ in range(2):
        with pytest.raises(HookFailedError):
            campaigns.sweep(campaign, worker="sweeper")
    campaigns.sweep(campaign, worker="sweeper")
    assert hook.called_for == EVERYBODY
    assert clock() == START


def test_a_chunk_whose_worker_was_killed_in_a_hook_is_held(house: House) -> None:
    """It is not taken for done: it says when it is free, and is done then."""
    clock, hook = FrozenClock(START), Remembered()
    campaigns = campaigns_with(house, hook, clock=clock)
    campaign = campaigns.start(house.plan())
    numbers = campaigns.chunks(campaign)
    kill_in_a_hook(house, campaign)
    for number in numbers:
        clock.advance(SOON)
        chunk = campaigns.run_chunk(campaign, worker="next", number=number)
        assert chunk.outcome is (ChunkOutcome.DONE if number else ChunkOutcome.HELD)
        assert not chunk.is_over
    held = campaigns.run_chunk(campaign, worker="next", number=0)
    assert held.retry_at == START + HOOK_LEASE
    clock.advance(held.retry_at - clock() + timedelta(seconds=1))
    chunk = campaigns.run_chunk(campaign, worker="next", number=0)
    assert (chunk.outcome, chunk.is_over) == (ChunkOutcome.DONE, True)
    assert hook.called_for == EVERYBODY


def test_a_sweep_waits_for_a_hook_that_another_is_at(house: House) -> None:
    """A run that comes at once after a kill ends when all is done, not before."""
    clock, hook = FrozenClock(START), Remembered()
    campaigns = campaigns_with(house, hook, clock=clock)
    campaign = campaigns.start(house.plan())
    kill_in_a_hook(house, campaign)
    campaigns.sweep(campaign, worker="next")
    assert hook.called_for == EVERYBODY
    assert timedelta(0) <= clock() - START - HOOK_LEASE < SOON


def test_chunks_without_a_number_call_hooks_for_what_is_retired(house: House) -> None:
    """Before the sweep has been there, a hook would be called for nobody."""
    hook = Remembered()
    campaigns = campaigns_with(house, hook, clock=FrozenClock(START))
    campaign = campaigns.start(house.plan())
    calls = 0
    while not campaigns.run_chunk(campaign, worker="one").is_over:
        calls += 1
        assert len(hook.seen) == calls
    assert hook.called_for == EVERYBODY


def test_a_chunk_without_a_number_calls_what_failed(house: House) -> None:
    """Once all is retired, it does what is left of the hooks."""
    hook = Remembered(fails=1)
    campaigns = campaigns_with(house, hook, clock=FrozenClock(START))
    campaign = campaigns.start(house.plan())
    with pytest.raises(HookFailedError):
        campaigns.run_chunk(campaign, worker="one")
    done = [campaigns.run_chunk(campaign, worker="one") for _ in range(3)]
    assert [each.is_over for each in done] == [False, False, True]
    assert hook.called_for == EVERYBODY


@pytest.mark.parametrize("runs", [Campaigns.sweep, Campaigns.run_chunk])
def test_a_hook_that_came_later_is_called_for_all(
    house: House, runs: Callable[..., object]
) -> None:
    """The next run finds it, whoever laid the sweep out; others are not repeated."""
    clock, old, new = FrozenClock(START), Remembered(), Remembered("app-passwords")
    before = campaigns_with(house, old, clock=clock)
    campaign = before.start(house.plan())
    before.sweep(campaign, worker="one")
    after = campaigns_with(house, old, new, clock=clock)
    assert after.hooks(campaign)[1] == HookProgress("app-passwords", 0, 0, 0)
    runs(after, campaign, worker="two")
    assert old.called_for == new.called_for == EVERYBODY
    assert [each.done for each in after.hooks(campaign)] == [3, 3]


def test_a_hook_that_only_others_have_is_still_to_be_called(house: House) -> None:
    """A process without the hook cannot call it, and does not say that all is over."""
    clock, hook = FrozenClock(START), Remembered()
    with_hook = campaigns_with(house, hook, clock=clock)
    campaign = with_hook.start(house.plan())
    with_hook.chunks(campaign)
    without = campaigns_with(house, clock=clock)
    without.sweep(campaign, worker="one")
    chunk = without.run_chunk(campaign, worker="one")
    assert (chunk.outcome, chunk.is_over) == (ChunkOutcome.ALREADY, False)
    assert without.hooks(campaign) == (HookProgress("remember-me", 0, 3, 0),)
    assert with_hook.run_chunk(campaign, worker="two").is_over


@dataclass
class Slow:
    """A hook that takes longer than its lease, while another is faster."""

    clock: FrozenClock
    other: Campaigns | None = None
    seen: list[str] = field(default_factory=list)
    name: str = "remember-me"

    def end(self, account_ids: Sequence[str]) -> int:
        """Be overtaken by the other, if there is one."""
        self.clock.advance(HOOK_LEASE + SOON)
        if self.other is not None:
            campaign = self.other.every()[0].id
            self.other.run_chunk(campaign, worker="other", number=0)
        self.seen.extend(account_ids)
        return 1


@pytest.mark.parametrize("is_overtaken", [False, True])
def test_a_hook_that_takes_longer_than_its_lease_counts_once(
    house: House, *, is_overtaken: bool
) -> None:
    """Workers do not take a range from each other for ever; the log has it once."""
    clock, quick = FrozenClock(START), Remembered()
    other = campaigns_with(house, quick, clock=clock)
    slow = Slow(clock, other if is_overtaken else None)
    campaigns = campaigns_with(house, slow, clock=clock)
    campaign = campaigns.start(house.plan())
    chunk = campaigns.run_chunk(campaign, worker="slow", number=0)
    assert chunk.outcome is ChunkOutcome.DONE
    assert chunk.hooks[0].done == 1
    assert chunk.hooks[0].ended == (40 if is_overtaken else 1)
    with house.guard._database.read() as connection:
        called = audit_table.c.event == "hook called"
        query = select(func.count()).where(called)
        assert connection.execute(query).scalar_one() == 1


def test_a_hook_that_returns_no_number_has_failed(house: House) -> None:
    """Its call is not taken for one that went well."""

    class Silent(Remembered):
        def end(self, account_ids: Sequence[str]) -> int:
            super().end(account_ids)
            return None  # type: ignore[return-value]  # what a host may forget

    campaigns = campaigns_with(house, Silent(), clock=FrozenClock(START))
    campaign = campaigns.start(house.plan())
    with pytest.raises(HookFailedError, match="TypeError"):
        campaigns.sweep(campaign, worker="one")
    assert campaigns.hooks(campaign)[0].done == 0


def test_a_database_that_goes_away_beside_a_hook_is_what_is_said(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hook is not blamed, and the range is free at once."""
    clock, hook = FrozenClock(START), Remembered()
    campaigns = campaigns_with(house, hook, clock=clock)
    campaign = house.start()
    house.campaigns.sweep(campaign, worker="one")
    with monkeypatch.context() as patched:
        patched.setattr("credguard.campaigns.members.known", _away)
        with pytest.raises(StorageUnavailableError):
            campaigns.sweep(campaign, worker="one")
    campaigns.sweep(campaign, worker="one")
    assert clock() == START
    assert hook.called_for == EVERYBODY


def _away(*_: object) -> None:
    message = "away"
    raise StorageUnavailableError(message)
