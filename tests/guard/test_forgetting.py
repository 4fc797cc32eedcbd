"""A forgotten password: one link, one password, and nothing told on the way."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from credguard import CredGuard
from credguard.campaigns import in_list
from credguard.campaigns.states import AccountState
from credguard.errors import (
    AccountIdError,
    PasswordMismatchError,
    PasswordRejectedError,
    ResetRequiredError,
    SessionRefusedError,
    SetupError,
    StepUpRequiredError,
    TokenRefusedError,
)
from credguard.guard import ProofPolicy, Renewed
from credguard.guard.forgotten_tokens import MAX_TOKEN_CHARACTERS
from credguard.screening import ReasonCode
from credguard.testing import FrozenClock
from forums import House, house_at, password_of
from phones import enrolled, proof_of

NEW = "a quiet harbour at noon"
NOON = datetime(2014, 4, 12, 12, tzinfo=UTC)


@pytest.fixture
def moving() -> FrozenClock:
    """A clock that can be moved on."""
    return FrozenClock(NOON)


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path, moving: FrozenClock) -> Iterator[House]:
    """A forum with credguard's tables in its database."""
    with house_at(sqlite_url, tmp_path, "together", clock=moving) as found:
        yield found


def redeem(
    house: House, token: str, password: str = NEW, proof: str | None = None
) -> Renewed:
    """Use member 1's link up and store the new hash, as the forum's view does."""
    renewed = house.guard.redeem_forgotten(
        token, password=password, stored=house.forum.password(1), proof=proof
    )
    house.forum.set_password(int(renewed.account_id), renewed.password)
    return renewed


def test_the_new_password_is_in_force_and_the_sessions_are_over(house: House) -> None:
    """And the old one is wrong."""
    before = house.log_in(1, password_of(1))
    token = house.guard.forgotten_token("1")
    assert house.guard.check_forgotten(token) == "1"
    assert redeem(house, token).account_id == "1"
    assert house.log_in(1, NEW)
    with pytest.raises(PasswordMismatchError):
        house.log_in(1, password_of(1))
    with pytest.raises(SessionRefusedError):
        house.guard.check_session(before, account_id="1")


@pytest.mark.promise("P22")
def test_a_link_works_once_and_ends_those_that_were_sent_before(house: House) -> None:
    """A second mail does not end the first one; the password does both."""
    first, second = (house.guard.forgotten_token("1") for _ in range(2))
    redeem(house, first)
    for token in (first, second):
        with pytest.raises(TokenRefusedError):
            redeem(house, token)
        with pytest.raises(TokenRefusedError):
            house.guard.check_forgotten(token)


@pytest.mark.parametrize("lasts", [timedelta(minutes=5), timedelta(days=1)])
def test_a_link_ends_with_its_time(
    house: House, moving: FrozenClock, lasts: timedelta
) -> None:
    """To the second."""
    token = house.guard.forgotten_token("1", lasts=lasts)
    moving.advance(lasts - timedelta(seconds=1))
    assert house.guard.check_forgotten(token) == "1"
    moving.advance(timedelta(seconds=1))
    with pytest.raises(TokenRefusedError):
        house.guard.check_forgotten(token)


@pytest.mark.parametrize(
    "lasts", [timedelta(), timedelta(seconds=-1), timedelta(days=1, seconds=1)]
)
def test_a_link_cannot_last_as_one_likes(house: House, lasts: timedelta) -> None:
    """NIST allows a day."""
    with pytest.raises(SetupError):
        house.guard.forgotten_token("1", lasts=lasts)


def test_a_link_is_for_an_account(house: House) -> None:
    """An id is a text of 1 to 255 characters."""
    with pytest.raises(AccountIdError):
        house.guard.forgotten_token("")


def test_the_longest_account_id_fits(house: House) -> None:
    """Whatever its characters."""
    longest = "\U0001f511" * 255
    token = house.guard.forgotten_token(longest)
    assert len(token) <= MAX_TOKEN_CHARACTERS
    assert house.guard.check_forgotten(token) == longest


def test_a_refused_password_uses_nothing_up(house: House) -> None:
    """With the policy's reasons."""
    token = house.guard.forgotten_token("1")
    with pytest.raises(PasswordRejectedError):
        redeem(house, token, "short")
    with pytest.raises(PasswordRejectedError):
        house.guard.redeem_forgotten(
            token, password="member1@mail", stored=None, context=["member1@mail"]
        )
    assert redeem(house, token).account_id == "1"


def test_signing_out_everywhere_ends_the_links(house: House) -> None:
    """Whoever asked for one in a session that was not theirs is out as well."""
    token = house.guard.forgotten_token("1")
    house.guard.sign_out_everywhere("1")
    with pytest.raises(TokenRefusedError):
        redeem(house, token)


@pytest.mark.parametrize("given", ["", "x", "cgs1.00000000.AAAA", None, 17, "x" * 9000])
def test_what_is_no_token_is_refused(house: House, given: str) -> None:
    """Anything may come from a link."""
    with pytest.raises(TokenRefusedError):
        house.guard.check_forgotten(given)


@pytest.mark.promise("P22")
@pytest.mark.parametrize("mode", ["together", "apart"])
def test_a_watermark_ends_the_links_of_before(
    sqlite_url: str, tmp_path: Path, moving: FrozenClock, mode: str
) -> None:
    """Of those whom it gates, before any sweep; a link of later is good."""
    with house_at(sqlite_url, tmp_path, mode, clock=moving) as house:
        before, other = [house.guard.forgotten_token(each) for each in "12"]
        house.start(in_list(["1"]))
        moving.advance(timedelta(seconds=1))
        after = house.guard.forgotten_token("1")
        with pytest.raises(TokenRefusedError):
            house.guard.check_forgotten(before)
        with pytest.raises(TokenRefusedError):
            redeem(house, before)
        assert house.guard.check_forgotten(after) == "1"
        assert redeem(house, after).account_id == "1"
        assert house.guard.check_forgotten(other) == "2"


def test_a_link_of_a_clock_that_was_ahead_does_not_tell_its_age(
    house: House, moving: FrozenClock
) -> None:
    """It may be older than the watermark, and is good where there is none."""
    moving.advance(timedelta(hours=2))
    ahead, other = house.guard.forgotten_token("1"), house.guard.forgotten_token("2")
    moving.advance(timedelta(hours=-2))
    assert house.guard.check_forgotten(ahead) == "1"
    house.start(in_list(["1"]))
    moving.advance(timedelta(minutes=1))
    with pytest.raises(TokenRefusedError):
        redeem(house, ahead)
    assert house.guard.check_forgotten(other) == "2"


@pytest.mark.promise("P22")
def test_the_second_factor_stays_and_may_be_asked_for(
    house: House, moving: FrozenClock
) -> None:
    """Who reads the mailbox alone does not get in, and need not lock out either."""
    phone = enrolled(house.guard, "1", moving)
    token = house.guard.forgotten_token("1")
    house.guard.proofs = ProofPolicy(link_needs_factor=True)
    with pytest.raises(StepUpRequiredError):
        redeem(house, token)
    redeem(house, token, proof=proof_of(house.guard, phone, moving))
    login = house.guard.log_in(NEW, account_id="1", stored=house.forum.password(1))
    assert login.second_factor_needed


@pytest.mark.parametrize("is_swept", [False, True])
@pytest.mark.parametrize("near", [password_of(1), "The old password of 1"])
def test_the_leaked_password_is_refused(
    house: House, moving: FrozenClock, near: str, *, is_swept: bool
) -> None:
    """Before the sweep and after it; and the next log-in settles the account."""
    campaign = house.start(in_list(["1"]))
    if is_swept:
        house.campaigns.sweep(campaign, worker="sweeper")
    moving.advance(timedelta(seconds=1))
    token = house.guard.forgotten_token("1")
    with pytest.raises(PasswordRejectedError) as rejected:
        redeem(house, token, near)
    assert [each.code for each in rejected.value.reasons] == [ReasonCode.REUSED]
    redeem(house, token)
    house.campaigns.sweep(campaign, worker="sweeper")
    assert house.log_in(1, NEW)


def test_the_campaign_counts_it(house: House) -> None:
    """As what the forum's own form has set."""
    campaign = house.swept(in_list(["1"]))
    redeem(house, house.guard.forgotten_token("1"))
    house.log_in(1, NEW)
    assert house.counted(campaign).counts[AccountState.RESET_DONE] == 1


def test_it_is_still_refused_after_the_forum_has_stored_another(house: House) -> None:
    """The column is no marker any more, and the campaign still waits for a log-in."""
    house.swept(in_list(["1"]))
    redeem(house, house.guard.forgotten_token("1"))
    with pytest.raises(PasswordRejectedError):
        redeem(house, house.guard.forgotten_token("1"), password_of(1))


@pytest.mark.parametrize("is_stored", [False, True])
def test_a_campaign_may_not_accept_the_form(house: House, *, is_stored: bool) -> None:
    """Where mailboxes leaked as well."""
    house.swept(in_list(["1"]))
    if is_stored:
        redeem(house, house.guard.forgotten_token("1"))
    house.guard.proofs = ProofPolicy(forum=False)
    with pytest.raises(ResetRequiredError):
        redeem(house, house.guard.forgotten_token("1"))
    other = house.guard.forgotten_token("2")
    renewed = house.guard.redeem_forgotten(
        other, password=NEW, stored=house.forum.password(2)
    )
    assert renewed.account_id == "2"


def click(door: CredGuard, token: str, ready: threading.Barrier) -> Renewed | None:
    """Use a link up together with somebody else; None if the other one won."""
    ready.wait()
    try:
        return door.redeem_forgotten(token, password=NEW, stored=None)
    except TokenRefusedError:
        return None


def test_two_at_once_give_one_password(any_house: House) -> None:
    """One wins; the other is told that the link is used up."""
    doors = [any_house.another() for _ in range(2)]
    with ThreadPoolExecutor(len(doors)) as pool:
        for number in range(1, 13):
            token = doors[0].forgotten_token(str(number))
            ready = threading.Barrier(len(doors))
            clicks = [pool.submit(click, door, token, ready) for door in doors]
            renewed = [each.result() for each in clicks]
            assert renewed.count(None) == 1
            [won] = [each for each in renewed if each is not None]
            assert won.account_id == str(number)
