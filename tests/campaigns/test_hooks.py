"""What the host ends beside the password: called for each range, and never lost."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from credguard.campaigns import HookProgress, in_list
from credguard.campaigns.states import CampaignState
from credguard.cli.campaign_settings import read_hooks
from credguard.errors import HookFailedError, SetupError
from credguard.storage import audit
from credguard.storage.audit_tables import audit as audit_table
from credguard.testing import FrozenClock
from forums import House
from hooked import SECRET, Remembered, guard_with

START = datetime(2030, 1, 1, tzinfo=UTC)


def test_a_hook_is_called_for_every_account_in_scope(house: House) -> None:
    """Once for each range, in order, and for nobody else."""
    hook = Remembered()
    guard = guard_with(house, hook, clock=FrozenClock(START))
    ids = ["1", "2", "30", "59"]
    campaign = guard.campaigns.start(house.plan(in_list(ids)))
    guard.campaigns.sweep(campaign, worker="sweeper")
    assert hook.seen == [["1", "2"], ["30"], ["59"]]
    assert guard.campaigns.hooks(campaign) == (HookProgress("remember-me", 3, 3, 8),)
    guard.campaigns.sweep(campaign, worker="sweeper")
    assert len(hook.seen) == 3


def test_a_hook_is_over_when_it_was_called_for_every_range() -> None:
    """One range that is left is not nothing."""
    assert HookProgress("remember-me", done=3, total=3, ended=0).is_over
    assert not HookProgress("remember-me", done=2, total=3, ended=8).is_over


def test_a_hook_that_fails_is_tried_again(house: House) -> None:
    """The passwords are retired, the other hook is called, and nothing is lost."""
    clock = FrozenClock(START)
    bad, good = Remembered("api-tokens", fails=1), Remembered()
    guard = guard_with(house, bad, good, clock=clock)
    campaign = guard.campaigns.start(house.plan())
    with pytest.raises(HookFailedError, match="api-tokens") as failed:
        guard.campaigns.sweep(campaign, worker="sweeper")
    assert SECRET not in str(failed.value)
    assert failed.value.hook == "api-tokens"
    assert house.counted(campaign).state is CampaignState.NOTIFYING
    assert sum(map(len, good.seen)) == 60
    guard.campaigns.sweep(campaign, worker="sweeper")
    assert sorted(each for some in bad.seen for each in some) == sorted(
        each for some in good.seen for each in some
    )
    assert [each.done for each in guard.campaigns.hooks(campaign)] == [3, 3]


def test_chunks_call_their_own_hooks(house: House) -> None:
    """A host's workers end what belongs to the chunk that they did."""
    hook = Remembered()
    guard = guard_with(house, hook, clock=FrozenClock(START))
    campaign = guard.campaigns.start(house.plan())
    for number in guard.campaigns.chunks(campaign):
        guard.campaigns.run_chunk(campaign, worker="one", number=number)
        guard.campaigns.run_chunk(campaign, worker="two", number=number)
        assert len(hook.seen) == number + 1


def test_two_workers_share_the_ranges_of_a_hook(house: House) -> None:
    """No account is handed to a hook twice while both are well."""
    hook = Remembered()
    guards = [guard_with(house, hook, clock=FrozenClock(START)) for _ in range(2)]
    campaign = guards[0].campaigns.start(house.plan())
    threads = [
        threading.Thread(
            target=guard.campaigns.sweep, args=(campaign,), kwargs={"worker": str(at)}
        )
        for at, guard in enumerate(guards)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    called = [each for some in hook.seen for each in some]
    assert len(called) == len(set(called)) == 60


def test_the_audit_log_says_what_each_hook_ended(house: House) -> None:
    """One record for each range and hook, without an account's id."""
    guard = guard_with(house, Remembered(), clock=FrozenClock(START))
    campaign = guard.campaigns.start(house.plan(in_list(["7"])))
    guard.campaigns.sweep(campaign, worker="sweeper")
    with house.guard._database.read() as connection:
        query = select(audit_table.c.detail).where(audit_table.c.event == "hook called")
        details = list(connection.scalars(query))
    assert len(details) == 3
    assert '"ended": 2' in details[0]
    audit.verify(house.guard._database, house.keyring)


@pytest.mark.parametrize("names", [("",), ("Tokens",), ("a" * 16,), ("a", "a")])
def test_hooks_have_names_of_their_own(house: House, names: tuple[str, ...]) -> None:
    """What cannot be told apart later is refused at once."""
    hooks = [Remembered(name) for name in names]
    with pytest.raises(SetupError, match="hook"):
        guard_with(house, *hooks, clock=FrozenClock(START))


def test_hooks_are_found_where_the_settings_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module of the host's and a list in it; anything else is said."""
    (tmp_path / "forum_hooks.py").write_text("HOOKS = ['one']\nNONE = 7\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert read_hooks(None) == ()
    assert [str(each) for each in read_hooks("forum_hooks:HOOKS")] == ["one"]
    for place in ("forum_hooks", "forum_hooks:OTHER", "forum_hooks:NONE", "no:X", ":"):
        with pytest.raises(SetupError, match="hooks"):
            read_hooks(place)
