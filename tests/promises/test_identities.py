"""One account's id or token is no other's: not as a number, nor in other letters."""

from base64 import b32decode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from credguard.errors import CredguardError
from credguard.second_factor.totp import code_at, step_at
from credguard.testing import RememberedMail
from forums import NEW_PASSWORD, House, house_at, tokens_in
from proving import Proof

OWNER = "jose"
# What collations, padding and numeric contexts of databases take for the same.
ALIKE = (
    "JOSE",
    "Jose",
    "josé",
    "jose\u0301",
    "jose ",
    " jose",
    "jose\t",
    "jose\n",
    "jose\u00a0",
    "jose\u200b",
    "jose\u00ad",
    "ｊｏｓｅ",
    "jo\u0000se",
    "jose\u0000",
    "joſe",
    "ĵose",
)
NUMBERS = ("1 ", " 1", "01", "+1", "1.0", "1e0", "１", "1\u00a0", "0x1", "1abc", "1\n")
NO_TEXTS: tuple[object, ...] = (0, False, 0.0, None, True, 1, b"1", ["1"], {"1": 1})


@pytest.fixture
def any_forum(database_url: str, tmp_path: Path) -> Iterator[House]:
    """A forum with credguard in it, on SQLite, PostgreSQL and MariaDB in turn."""
    with house_at(database_url, tmp_path, "together") as house:
        yield house


def refuses(call: Callable[..., object], *args: object, **kwargs: object) -> None:
    """Assert that a call is refused by a declared error, or as of a wrong kind."""
    with pytest.raises((CredguardError, TypeError)):
        call(*args, **kwargs)


def enroll(house: House, account_id: str) -> bytes:
    """Put a second factor in force, and return its seed."""
    factors = house.guard.second_factors
    begun = factors.enroll(account_id)
    seed = b32decode(begun.key.replace(" ", ""))
    factors.confirm(account_id, code_of(seed, house))
    return seed


def code_of(seed: bytes, house: House) -> str:
    """Return the code of now."""
    return code_at(seed, step_at(int(house.clock().timestamp())))


@pytest.mark.promise("P17")
@pytest.mark.promise("P20")
def test_no_account_is_another(any_forum: House, proof: Proof) -> None:
    """Ids that a database may take for one have factors, devices and epochs apart."""
    guard = any_forum.guard
    factors = guard.second_factors
    seed = enroll(any_forum, OWNER)
    stamp = guard.open_session(OWNER)
    device = factors.devices.trust(
        OWNER, proof=factors.vouch(OWNER, by="a test"), epoch=0, name=""
    )
    for other in (*ALIKE, *NO_TEXTS):
        refuses(factors.verify, other, code_of(seed, any_forum))
        refuses(factors.devices.check, device.token, account_id=other, epoch=0)
        refuses(guard.check_session, stamp, account_id=other)
        if isinstance(other, str) and "\0" not in other:
            assert not factors.is_enrolled(other)
            assert factors.devices.every(other) == []
            guard.sign_out_everywhere(other)
            assert not factors.devices.revoke(other, device.device_id)
        else:
            refuses(factors.is_enrolled, other)
            refuses(guard.sign_out_everywhere, other)
        assert guard.check_session(stamp, account_id=OWNER).epoch == 0
        proof.tried(8)
    assert factors.is_enrolled(OWNER)
    assert len(factors.devices.every(OWNER)) == 1


@pytest.mark.promise("P17")
def test_no_member_is_another(any_forum: House, proof: Proof) -> None:
    """A member's number in another spelling is nobody's, in a campaign too."""
    guard, campaigns = any_forum.guard, any_forum.campaigns
    any_forum.swept()
    ruling = campaigns.rule("1", stored=any_forum.forum.password(1))
    assert ruling.campaign_id
    for other in NUMBERS:
        refuses(
            guard.log_in,
            "the old password of 1",
            account_id=other,
            stored=any_forum.forum.password(1),
        )
        proof.tried()
    for odd in NO_TEXTS[:3]:
        refuses(campaigns.rule, odd, stored=None)
        refuses(campaigns.claim_for, odd)
        proof.tried(2)


@pytest.mark.promise("P17")
@pytest.mark.promise("P22")
def test_no_token_is_another(any_forum: House, proof: Proof) -> None:
    """A token in another case, longer by a space, or a number, redeems nothing."""
    campaign, mail = any_forum.swept(), RememberedMail()
    any_forum.campaigns.send(campaign, mail, worker="sender")
    token = tokens_in(mail.messages)[1]
    redeem = any_forum.guard.redeem
    for altered in (
        token.upper(),
        token.lower(),
        token.swapcase(),
        token + " ",
        " " + token,
        token + "\n",
        token + "\0",
        token + "=",
        token.replace("c", "ç", 1),
        token[:-1],
        "",
        token.partition(".")[2],
        *NO_TEXTS,
    ):
        if altered != token:
            refuses(redeem, altered, password=NEW_PASSWORD.format(1))
            proof.tried()
    assert redeem(token, password=NEW_PASSWORD.format(1)).account_id == "1"


@pytest.mark.promise("P17")
def test_no_forgotten_link_is_another(any_forum: House, proof: Proof) -> None:
    """A link for one id opens no form of an id that looks like it."""
    guard = any_forum.guard
    for account_id in (OWNER, *ALIKE):
        if "\0" in account_id:
            refuses(guard.forgotten_token, account_id)
        else:
            assert guard.check_forgotten(guard.forgotten_token(account_id)) == (
                account_id
            )
        proof.tried()
    for odd in NO_TEXTS:
        refuses(guard.check_forgotten, odd)
        refuses(guard.forgotten_token, odd)
        proof.tried(2)
