"""Another password by who knows the old one, and out everywhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from credguard.campaigns import in_list
from credguard.errors import (
    AccountIdError,
    PasswordMismatchError,
    PasswordRejectedError,
    ResetRequiredError,
    SessionRefusedError,
)
from credguard.guard.changing import Changing
from credguard.screening import ReasonCode
from forums import House, house_at, password_of

NEW = "a quiet harbour at noon"


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path) -> Iterator[House]:
    """A forum with credguard's tables in its database."""
    with house_at(sqlite_url, tmp_path, "together") as house:
        yield house


def change(house: House, old: str, new: str, browser: str = "") -> tuple[str, str]:
    """Change member 1's password; return the new hash and the session."""
    changed = house.guard.change_password(
        old,
        new=new,
        account_id="1",
        stored=house.forum.password(1),
        browser=browser,
    )
    return changed.password, changed.session


def test_the_new_password_is_in_force_and_all_other_sessions_are_over(
    house: House,
) -> None:
    """This browser stays logged in, with a new stamp."""
    before = house.log_in(1, password_of(1))
    hashed, session = change(house, password_of(1), NEW, browser="cookie")
    house.forum.set_password(1, hashed)
    house.guard.check_session(session, account_id="1", browser="cookie")
    with pytest.raises(SessionRefusedError):
        house.guard.check_session(before, account_id="1")
    assert house.log_in(1, NEW)
    with pytest.raises(PasswordMismatchError):
        house.log_in(1, password_of(1))


def test_a_wrong_old_password_changes_nothing(house: House) -> None:
    """A session that was left open is not enough."""
    before = house.log_in(1, password_of(1))
    with pytest.raises(PasswordMismatchError):
        change(house, "a guess", NEW)
    house.guard.check_session(before, account_id="1")


@pytest.mark.parametrize("new", ["The old password of 1", "the old password of 2"])
def test_a_variation_of_the_old_password_is_refused(house: House, new: str) -> None:
    """With the reason, and nothing is changed."""
    with pytest.raises(PasswordRejectedError) as rejected:
        change(house, password_of(1), new)
    assert [each.code for each in rejected.value.reasons] == [ReasonCode.REUSED]
    assert house.log_in(1, password_of(1))


def test_a_leaked_password_changes_nothing(house: House) -> None:
    """The campaign's reset is the only way, before the sweep and after it."""
    campaign = house.start(in_list(["1"]))
    with pytest.raises(ResetRequiredError):
        change(house, password_of(1), NEW)
    house.campaigns.sweep(campaign, worker="sweeper")
    with pytest.raises(ResetRequiredError):
        change(house, password_of(1), NEW)


def test_signing_out_everywhere_ends_every_session(house: House) -> None:
    """Each older stamp is refused; the password stays."""
    sessions = [house.log_in(1, password_of(1)) for _ in range(3)]
    other = house.log_in(2, password_of(2))
    assert house.guard.sign_out_everywhere("1") > 0
    for session in sessions:
        with pytest.raises(SessionRefusedError):
            house.guard.check_session(session, account_id="1")
    house.guard.check_session(other, account_id="2")
    assert house.log_in(1, password_of(1))
    with pytest.raises(AccountIdError):
        house.guard.sign_out_everywhere("")


def test_only_the_whole_door_logs_people_in() -> None:
    """The half that changes passwords asks the other one."""
    half = Changing()
    with pytest.raises(NotImplementedError):
        half.log_in("x", account_id="1", stored=None)
