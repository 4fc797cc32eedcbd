"""What kill -9 leaves, and what the next run makes of it."""

from collections import Counter
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from crowd import Order, Scene

from credguard.campaigns.states import AccountState, CampaignState
from credguard.drill.mail_sink import MailSink
from credguard.storage import audit
from forums import House, address_of, has_password, token_in
from proving import Proof

pytestmark = pytest.mark.promise("P2")

KILLS = 16  # more come only after the last message was sent
TOLD = [
    address_of(number)
    for number in range(1, 61)
    if has_password(number) and address_of(number)
]


def test_killed_runs_into_a_folder_tell_everybody_once(
    house: House, tmp_path: Path, proof: Proof
) -> None:
    """A Maildir names its files after the messages, so that none is there twice."""
    campaign = house.start(rate=50.0)
    folder = tmp_path / "mail"
    kills = killed_while_told(house, campaign, f"maildir:{folder}", seed=1)
    proof.tried(kills)
    proof.injected(kills)
    files = [path.read_bytes() for path in (folder / "new").iterdir()]
    messages = [message_from_bytes(each, policy=default) for each in files]
    assert sorted(str(message["To"]) for message in messages) == sorted(TOLD)
    check_all_told(house, campaign)
    check_link(house, campaign, token_in(messages[0]))


def test_killed_runs_to_a_mail_server_tell_everybody(
    house: House, tmp_path: Path, proof: Proof
) -> None:
    """Nobody is lost; a second copy comes from a kill and is the same message."""
    campaign = house.start(rate=50.0)
    with MailSink(tmp_path / "mails.jsonl") as sink:
        kills = killed_while_told(house, campaign, sink.url, seed=2)
        proof.tried(kills)
        proof.injected(kills)
        mails = list(sink.mails())
    assert {mail.recipient for mail in mails} == set(TOLD)
    assert len(mails) - len(TOLD) <= kills
    copies = {(mail.recipient, mail.message_id, mail.link) for mail in mails}
    assert len(copies) == len(TOLD)
    check_all_told(house, campaign)
    check_link(house, campaign, mails[0].token)


def killed_while_told(house: House, campaign: str, carrier: str, *, seed: int) -> int:
    """Sweep and send in processes that are killed; return how many were."""
    order = Order("sweep and send", campaign, carrier=carrier)
    ended, kills = Scene.at(house, order, kills=KILLS, seed=seed).play()
    assert (ended, int(kills)) == ("done", KILLS)
    return int(kills)


def check_all_told(house: House, campaign: str) -> None:
    """Check that the campaign stands as if nobody had been killed."""
    status = house.counted(campaign)
    assert status.state is CampaignState.WAITING
    assert status.counts == {
        AccountState.NO_PASSWORD: 4,
        AccountState.UNREACHABLE: 6,
        AccountState.TOLD: len(TOLD),
    }
    retired = [
        password is not None and password.startswith("cgretired1:")
        for password in house.forum.passwords().values()
    ]
    assert Counter(retired) == {True: 56, False: 4}
    audit.verify(house.guard._database, house.keyring)


def check_link(house: House, campaign: str, token: str) -> None:
    """Check that a link which was sent can be redeemed."""
    assert house.campaigns.claim(token).campaign_id == campaign
