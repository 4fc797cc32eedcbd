"""The campaign's own key, destroyed: what that ends, and what goes on."""

import pytest
from sqlalchemy import select
from test_redeeming import reset

from credguard.campaigns import in_list
from credguard.campaigns.states import AccountState
from credguard.errors import (
    CampaignStateError,
    PasswordMismatchError,
    ResetRequiredError,
)
from credguard.storage import audit
from credguard.storage.audit_tables import audit as audit_table
from credguard.storage.tables import campaign as campaign_table
from forums import NEW_PASSWORD, House, password_of


def test_the_key_that_is_destroyed_is_gone(house: House) -> None:
    """The row holds it no more, and the audit log says when it was destroyed."""
    campaign = house.swept()
    house.campaigns.destroy_key(campaign)
    with house.guard._database.read() as connection:
        assert connection.execute(select(campaign_table.c.sealed_key)).scalar() is None
        events = list(connection.scalars(select(audit_table.c.event)))
    assert events[-1] == "campaign key destroyed"
    audit.verify(house.guard._database, house.keyring)


def test_nothing_is_put_back_without_the_key(house: House) -> None:
    """An abort is refused before it changes anything."""
    campaign = house.swept()
    before = [house.forum.password(number) for number in range(1, 61)]
    house.campaigns.destroy_key(campaign)
    with pytest.raises(CampaignStateError, match="destroyed"):
        house.campaigns.abort(campaign, reason="too late")
    assert [house.forum.password(number) for number in range(1, 61)] == before
    assert AccountState.RESTORED not in house.counted(campaign).counts


def test_the_leaked_password_is_any_wrong_one_then(house: House) -> None:
    """With the key it is told that a reset is due; without it nobody knows it."""
    campaign = house.swept()
    with pytest.raises(ResetRequiredError):
        house.log_in(1, password_of(1))
    house.campaigns.destroy_key(campaign)
    with pytest.raises(PasswordMismatchError):
        house.log_in(1, password_of(1))


def test_members_reset_as_before(house: House) -> None:
    """Links work, and the new password is written over the marker."""
    campaign, tokens = reset(house)
    house.campaigns.destroy_key(campaign)
    assert house.guard.redeem(tokens[1], password=NEW_PASSWORD).account_id == "1"
    assert house.log_in(1, NEW_PASSWORD)


def test_a_reset_that_crashed_is_finished_without_the_key(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was decided on stands after the next log-in, wherever the crash came."""
    campaign, tokens = reset(house)
    house.campaigns.destroy_key(campaign)

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr("credguard.campaigns.finishing._put", die)
        patched.setattr("credguard.campaigns.redeeming.conclude", die)
        with pytest.raises(SystemExit):
            house.guard.redeem(tokens[1], password=NEW_PASSWORD)
    if house.counted(campaign).counts.get(AccountState.RESETTING):
        assert house.log_in(1, NEW_PASSWORD)
    else:  # one transaction: nothing was used up
        assert house.guard.redeem(tokens[1], password=NEW_PASSWORD).account_id == "1"


def test_a_key_in_use_is_not_destroyed(house: House) -> None:
    """Not before the sweep is over, and not twice."""
    campaign = house.start(in_list(["1", "2"]))
    with pytest.raises(CampaignStateError, match="still needed"):
        house.campaigns.destroy_key(campaign)
    house.campaigns.sweep(campaign, worker="sweeper")
    house.campaigns.destroy_key(campaign)
    with pytest.raises(CampaignStateError, match="before"):
        house.campaigns.destroy_key(campaign)


def test_the_key_of_an_aborted_campaign_may_go(house: House) -> None:
    """All hashes are back; nothing is left that it could open for anybody else."""
    campaign = house.swept()
    house.campaigns.abort(campaign, reason="a test")
    house.campaigns.destroy_key(campaign)
    assert house.log_in(1, password_of(1))
