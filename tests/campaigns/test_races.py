"""Processes that want the same thing at once, on every database."""

from pathlib import Path

import pytest
from crowd import Order, Scene, carried

from credguard.campaigns.states import AccountState, CampaignState
from credguard.errors import PasswordMismatchError
from credguard.storage import audit
from credguard.testing import RememberedMail
from forums import (
    BY_FORUM,
    NEW_PASSWORD,
    House,
    address_of,
    django_hash,
    has_password,
    password_of,
    tokens_in,
)

WITH_PASSWORD = [number for number in range(1, 61) if has_password(number)]
TOLD = [number for number in WITH_PASSWORD if address_of(number)]

# Two databases race alike, whichever the forum's is.
pytestmark = [
    pytest.mark.promise("P2"),
    pytest.mark.parametrize(
        ("any_house", "database_url"),
        [
            ("together", "sqlite"),
            ("together", "postgresql"),
            ("together", "mariadb"),
            ("apart", "sqlite"),
        ],
        indirect=True,
    ),
]


def test_two_sweeps_at_once_retire_each_hash_once(any_house: House) -> None:
    """Each account is swept by one of them, and both end well."""
    campaign = any_house.start()
    orders = [Order("sweep", campaign) for _ in range(3)]
    assert Scene.at(any_house, *orders).play() == ["done", "done", "done"]
    status = any_house.counted(campaign)
    assert status.state is CampaignState.NOTIFYING
    assert status.counts == {
        AccountState.NO_PASSWORD: 60 - len(WITH_PASSWORD),
        AccountState.UNREACHABLE: len(WITH_PASSWORD) - len(TOLD),
        AccountState.QUEUED: len(TOLD),
    }
    audit.verify(any_house.guard._database, any_house.keyring)


def test_two_runs_at_once_tell_each_member_once(
    any_house: House, tmp_path: Path
) -> None:
    """However many send, nobody is told twice and nobody is forgotten."""
    campaign = any_house.swept()
    ledger = tmp_path / "ledger"
    orders = [Order("send", campaign, carrier=str(ledger)) for _ in range(3)]
    assert Scene.at(any_house, *orders).play() == ["done", "done", "done"]
    recipients = [recipient for recipient, _, _ in carried(ledger)]
    assert sorted(recipients) == sorted(map(address_of, TOLD))
    assert any_house.counted(campaign).state is CampaignState.WAITING


def test_a_token_is_redeemed_once(any_house: House) -> None:
    """Of eight redemptions of one token, one wins, and its password counts."""
    campaign = any_house.swept()
    mail = RememberedMail()
    any_house.campaigns.send(campaign, mail, worker="sender")
    tokens = tokens_in(mail.messages)
    order = Order("redeem", campaign, token=tokens[TOLD[0]])
    told = Scene.at(any_house, *[order] * 8).play()
    winners = [answer for answer in told if answer.isdigit()]
    assert len(winners) == 1, told
    assert set(told) <= {*winners, "TokenRefusedError", "BusyError"}
    assert any_house.log_in(TOLD[0], NEW_PASSWORD.format(winners[0]))
    counts = any_house.counted(campaign).counts
    assert counts[AccountState.RESET_DONE] == 1


def test_a_redemption_and_an_abort_agree(any_house: House) -> None:
    """A member who was told "done" has the new password, all others the old one."""
    campaign = any_house.swept()
    mail = RememberedMail()
    any_house.campaigns.send(campaign, mail, worker="sender")
    tokens = tokens_in(mail.messages)
    redeem = [Order("redeem", campaign, token=tokens[each]) for each in TOLD[:4]]
    told = Scene.at(any_house, Order("abort", campaign), *redeem).play()
    assert told[0] == "done"
    assert {answer for answer in told[1:] if not answer.isdigit()} <= {
        "TokenRefusedError",
        "BusyError",
    }
    for number, answer in zip(TOLD[:4], told[1:], strict=True):
        right = NEW_PASSWORD.format(answer) if answer.isdigit() else password_of(number)
        assert any_house.log_in(number, right)
    status = any_house.counted(campaign)
    redeemed = sum(answer.isdigit() for answer in told[1:])
    assert status.counts.get(AccountState.RESET_DONE, 0) == redeemed
    assert status.counts[AccountState.RESTORED] == len(WITH_PASSWORD) - redeemed


def test_an_abort_during_sweeps_leaves_no_hash_retired(any_house: House) -> None:
    """Whatever the sweeps were about to do, every hash is back at the end."""
    before = any_house.forum.passwords()
    campaign = any_house.start()
    orders = [Order("sweep", campaign), Order("abort", campaign)] * 2
    told = Scene.at(any_house, *orders).play()
    assert set(told) <= {"done", "CampaignStateError", "LeaseLostError"}
    assert "done" in told[1::2]
    assert any_house.forum.passwords() == before
    assert any_house.counted(campaign).state is CampaignState.ABORTED
    assert any_house.log_in(1, password_of(1))


def test_two_log_ins_settle_a_new_password_once(any_house: House) -> None:
    """Both who log in with what the forum's own form set get in."""
    campaign = any_house.swept()
    stored = django_hash(BY_FORUM.format(1))
    any_house.forum.set_password(1, stored)
    order = Order(
        "log_in",
        campaign,
        account_id="1",
        password=BY_FORUM.format(1),
        stored=stored,
    )
    assert Scene.at(any_house, *[order] * 4).play() == ["done"] * 4
    status = any_house.counted(campaign)
    assert status.reset_by == {"forum": 1}
    with pytest.raises(PasswordMismatchError):
        any_house.log_in(1, password_of(1))
