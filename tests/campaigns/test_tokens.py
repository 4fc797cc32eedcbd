import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard import Keyring
from credguard.campaigns.tokens import Bearer, check, issue, read
from credguard.errors import TokenRefusedError, UnknownKeyError

KEYRING = Keyring.generate()
KEY = KEYRING.current.id
NOTICE = "A1b2C3d4E5f6G7h8I9j0K_"
BEARER = Bearer(
    campaign_id="20140412-abcdef",
    notice_id=NOTICE,
    account_id="1",
    address="member1@mail.example",
    epoch=1,
)
TOKEN = issue(KEYRING, BEARER, key_id=KEY)
ALPHABET = string.ascii_letters + string.digits + "-_. \n\0é\ud800"


def redeem(text: str) -> None:
    """Read a token and check it for whomever it names."""
    token = read(text)
    check(KEYRING, token, replace(BEARER, notice_id=token.notice_id))


def test_a_token_is_for_its_bearer() -> None:
    """What was issued is read and checks."""
    token = read(TOKEN)
    assert (token.key_id, token.notice_id) == (KEY, NOTICE)
    check(KEYRING, token, BEARER)


def test_a_token_that_is_issued_again_is_the_same() -> None:
    """A second copy of a notice carries the same link."""
    assert issue(KEYRING, BEARER, key_id=KEY) == TOKEN


def test_a_token_keeps_its_key_when_the_ring_is_rotated() -> None:
    """Links that are out still work, and a resend is still the same."""
    rotated = KEYRING.rotate()
    assert issue(rotated, BEARER, key_id=KEY) == TOKEN
    check(rotated, read(TOKEN), BEARER)


def test_a_token_of_a_key_that_is_gone_is_not_called_wrong() -> None:
    """A ring that is not the right one is for the operator to mend."""
    with pytest.raises(UnknownKeyError):
        check(Keyring.generate(), read(TOKEN), BEARER)
    with pytest.raises(UnknownKeyError):
        issue(Keyring.generate(), BEARER, key_id=KEY)


@pytest.mark.promise("P10", "P22")
@pytest.mark.parametrize(
    "other",
    [
        replace(BEARER, campaign_id="20140412-abcdee"),
        replace(BEARER, notice_id=NOTICE[::-1]),
        replace(BEARER, account_id="2"),
        replace(BEARER, address="member1@mail.example.org"),
        replace(BEARER, address=""),
        replace(BEARER, epoch=2),
        replace(BEARER, account_id="1\ud800"),
    ],
)
def test_a_token_is_for_nobody_else(other: Bearer) -> None:
    """Another campaign, notice, account, address or epoch has another token."""
    with pytest.raises(TokenRefusedError):
        check(KEYRING, read(TOKEN), other)
    assert issue(KEYRING, other, key_id=KEY) != TOKEN


@pytest.mark.promise("P10", "P22")
@given(st.integers(0, len(TOKEN) - 1), st.sampled_from(ALPHABET))
def test_a_token_with_another_character_is_refused(place: int, character: str) -> None:
    """No change of one character goes through, wherever it is."""
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]
    if changed == TOKEN:
        return
    with pytest.raises((TokenRefusedError, UnknownKeyError)):
        redeem(changed)


@pytest.mark.promise("P17")
@given(st.text() | st.text(ALPHABET, min_size=70, max_size=90))
def test_any_text_is_refused(text: str) -> None:
    """Whatever is handed in, the answer is a refusal."""
    with pytest.raises(TokenRefusedError):
        read(text)


@pytest.mark.promise("P17")
@pytest.mark.parametrize(
    "given_",
    [
        TOKEN + "\n",
        " " + TOKEN,
        TOKEN + "A",
        TOKEN[:-1],
        TOKEN.upper(),
        TOKEN[:-1] + ("B" if TOKEN[-1] != "B" else "C"),
        TOKEN.replace("cgt1", "cgt2"),
        "cgt1." * 1_000_000,
        None,
        1,
        TOKEN.encode(),
        [TOKEN],
    ],
)
def test_what_is_nearly_a_token_is_refused(given_: object) -> None:
    """Only the whole token and nothing around it is one."""
    with pytest.raises(TokenRefusedError):
        check(KEYRING, read(given_), BEARER)


def test_a_token_does_not_show_its_code() -> None:
    """Neither a token's parts nor its bearer tell a log what opens the account."""
    token = read(TOKEN)
    assert TOKEN.rpartition(".")[2] not in repr(token)
    assert repr(token.code) not in repr(token)
    assert "mail.example" not in repr(BEARER)
