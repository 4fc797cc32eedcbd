"""A password that the forum's own form set after the opening is not retired."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from credguard import CredGuard, Keyring
from credguard.accounts import SqlAccounts
from credguard.campaigns import everyone
from credguard.campaigns.accounts import Account
from credguard.campaigns.means import Kept, facts_of
from credguard.passwords import PasswordHasher
from credguard.passwords.recognizing import Recognizer
from credguard.testing import CHEAPEST, FrozenClock
from forums import COLUMNS, LETTER, Forum, django_hash, engine_at, hasher, policy
from forums import members as table

BEGIN = datetime(2014, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NEW = "chosen in the forum's own form"


@pytest.mark.parametrize("kept", [None, BEGIN, BEGIN + DAY])
@pytest.mark.parametrize("named", [None, BEGIN, BEGIN + DAY])
def test_the_later_of_two_instants_counts(
    kept: datetime | None, named: datetime | None
) -> None:
    """Either may not have seen the last change."""
    identify = Recognizer(PasswordHasher(work_factor=CHEAPEST))
    facts = facts_of(Account("1", None, set_at=named), Kept(kept), identify=identify)
    known = [each for each in (kept, named) if each is not None]
    assert facts.set_at == max(known, default=None)


@pytest.fixture(params=["together", "apart"])
def guarded(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path
) -> Iterator[tuple[CredGuard, Forum, FrozenClock]]:
    """A forum that keeps itself when a password was set, and so do we."""
    forum, clock = Forum(database_url), FrozenClock(BEGIN)
    forum.make(range(1, 5))
    ours = f"sqlite:///{tmp_path / 'ours.db'}"
    accounts = SqlAccounts(
        database_url,
        table="members",
        columns=replace(COLUMNS, last_login_at=None, set_at="last_login"),
    )
    guard = CredGuard(
        keyring=Keyring.generate(),
        database=database_url if request.param == "together" else ours,
        accounts=accounts,
        passwords=hasher(),
        policy=policy(),
        clock=clock,
    )
    yield guard, forum, clock
    accounts.close()
    guard.close()


def set_by_forum(forum: Forum, number: int, password: str, at: datetime) -> None:
    """Set a password as the forum's own form does, and when, and tell nobody."""
    with engine_at(forum.url).begin() as connection:
        connection.execute(
            table.update()
            .where(table.c.id == number)
            .values(password=django_hash(password), last_login=at.replace(tzinfo=None))
        )


def test_what_the_forum_set_after_the_opening_is_left_alone(
    guarded: tuple[CredGuard, Forum, FrozenClock],
) -> None:
    """At the gate and by the sweep, though we know of an older password."""
    guard, forum, clock = guarded
    for number in (1, 2, 3):
        old = guard.sign_up("an old password, kept by us", account_id=str(number))
        forum.set_password(number, old)
    clock.advance(DAY)
    campaign = guard.campaigns.start(
        guard.campaigns.plan(everyone, letter=LETTER, rate=50.0)
    )
    clock.advance(DAY)
    set_by_forum(forum, 1, NEW, clock())
    set_by_forum(forum, 2, NEW, BEGIN - DAY)
    before = forum.passwords()
    assert guard.campaigns.status(campaign).still_open == 3
    assert guard.log_in(NEW, account_id="1", stored=before["1"]).session
    guard.campaigns.sweep(campaign, worker="sweeper")
    after = forum.passwords()
    assert after["1"] == before["1"]
    assert guard.log_in(NEW, account_id="1", stored=after["1"]).session
    assert all(str(after[name]).startswith("cgretired1:") for name in "234")
