"""Forms that are the host's own: what they ask, and what they tell."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from credguard import CredGuard, Keyring
from credguard.campaigns import in_list
from credguard.errors import (
    AccountIdError,
    PasswordRejectedError,
    SessionRefusedError,
    TokenRefusedError,
    UnreadableHashError,
)
from credguard.guard import Renewed
from credguard.passwords import PasswordHasher
from credguard.passwords.legacy import DJANGO, MYBB
from credguard.screening import ReasonCode
from credguard.sessions import JournalPolicy
from credguard.testing import CHEAPEST, FrozenClock
from forums import House, hasher, house_at, password_of, policy
from salted import mybb_hash

NEW = "a quiet harbour at noon"


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path) -> Iterator[House]:
    """A forum with credguard's tables in its database."""
    with house_at(sqlite_url, tmp_path, "together") as found:
        yield found


def reasons(house: House, password: str, account_id: str | None) -> list[ReasonCode]:
    """Return why a password is refused for an account."""
    stored = house.forum.password(int(account_id)) if account_id else None
    with pytest.raises(PasswordRejectedError) as rejected:
        house.guard.check_new_password(
            password, account_id=account_id, stored=stored, context=["harbour fans"]
        )
    return [ReasonCode(str(each.code)) for each in rejected.value.reasons]


@pytest.mark.parametrize("account_id", [None, "1"])
def test_the_policy_judges_accounts_old_and_new(
    house: House, account_id: str | None
) -> None:
    """With and without an id."""
    assert ReasonCode.REUSED not in reasons(house, "short", account_id)
    house.guard.check_new_password(NEW, account_id=account_id)


@pytest.mark.parametrize("is_swept", [False, True])
def test_what_a_campaign_took_out_of_use_is_refused(
    house: House, *, is_swept: bool
) -> None:
    """And its trivial variations, before the sweep and after it."""
    campaign = house.start(in_list(["1"]))
    if is_swept:
        house.campaigns.sweep(campaign, worker="sweeper")
    assert reasons(house, "The old password of 1", "1") == [ReasonCode.REUSED]
    house.guard.check_new_password(NEW, account_id="1", stored=house.forum.password(1))


@pytest.mark.parametrize("is_swept", [False, True])
def test_a_hash_that_cannot_be_compared_with_refuses_every_password(
    house: House, *, is_swept: bool
) -> None:
    """Any may be the leaked one; with its scheme and its salt only that one is."""
    house.forum.set_password(1, mybb_hash(password_of(1), "its-salt"))
    campaign = house.start(in_list(["1"]))
    if is_swept:
        house.campaigns.sweep(campaign, worker="sweeper")
    for accept in (DJANGO, MYBB):
        house.guard.passwords = PasswordHasher(work_factor=CHEAPEST, accept=accept)
        for password in (NEW, password_of(1)):
            with pytest.raises(UnreadableHashError, match="accept=") as refused:
                chosen(house, password)
            assert password not in str(refused.value)
    with pytest.raises(PasswordRejectedError):
        chosen(house, password_of(1), salt="its-salt")
    assert chosen(house, NEW, salt="its-salt").account_id == "1"


def chosen(house: House, password: str, salt: str | None = None) -> Renewed:
    """Choose a password in the host's own form, and then by a link."""
    stored = house.forum.password(1)
    house.guard.check_new_password(password, account_id="1", stored=stored, salt=salt)
    token = house.guard.forgotten_token("1")
    return house.guard.redeem_forgotten(
        token, password=password, stored=stored, salt=salt
    )


def test_a_password_of_the_hosts_ends_sessions_and_links(house: House) -> None:
    """And the session in which it happened goes on with a new stamp."""
    before = house.log_in(1, password_of(1))
    link = house.guard.forgotten_token("1")
    house.forum.set_password(1, house.guard.passwords.hash(NEW))
    house.guard.password_was_set("1")
    going_on = house.guard.open_session("1", browser="cookie")
    with pytest.raises(SessionRefusedError):
        house.guard.check_session(before, account_id="1")
    with pytest.raises(TokenRefusedError):
        house.guard.check_forgotten(link)
    house.guard.check_session(going_on, account_id="1", browser="cookie")
    with pytest.raises(SessionRefusedError):
        house.guard.check_session(going_on, account_id="2", browser="cookie")


@pytest.mark.parametrize("account_id", ["", "x" * 256])
def test_an_id_is_checked(house: House, account_id: str) -> None:
    """It is a text of 1 to 255 characters."""
    for call in (
        lambda: house.guard.password_was_set(account_id),
        lambda: house.guard.open_session(account_id),
        lambda: house.guard.check_new_password(NEW, account_id=account_id),
    ):
        with pytest.raises(AccountIdError):
            call()


def test_a_session_of_other_means_stands_in_the_journal(sqlite_url: str) -> None:
    """Who logged in is asked of the journal, whatever the means."""
    clock = FrozenClock(datetime(2019, 2, 4, 17, tzinfo=UTC))
    guard = CredGuard(
        keyring=Keyring.generate(),
        database=sqlite_url,
        passwords=hasher(),
        policy=policy(),
        journal=JournalPolicy(),
        clock=clock,
    )
    guard.open_session("17", browser="cookie", network="203.0.113.7")
    until = clock() + timedelta(seconds=1)
    found = guard.journal.between(clock(), until, reason="a test")
    assert [each.account_id for each in found] == ["17"]
    guard.close()
