"""What stands in the link of who forgot a password."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from credguard import Keyring
from credguard.errors import TokenRefusedError
from credguard.guard.forgotten_tokens import (
    LONGEST,
    MAX_TOKEN_CHARACTERS,
    ForgottenToken,
    read_token,
    write_token,
)

NOON = datetime(2014, 4, 12, 12, tzinfo=UTC)


def test_a_token_is_read_back() -> None:
    """To the second when it ends, and to the microsecond when it was made."""
    keyring = Keyring.generate()
    made_at = NOON.replace(microsecond=123_456)
    token = ForgottenToken("17", 3, NOON + timedelta(hours=1), made_at)
    assert read_token(keyring, write_token(keyring, token), now=made_at) == token


def test_a_token_ends_at_its_instant() -> None:
    """The microsecond before it is the last at which it is good."""
    keyring = Keyring.generate()
    ends = NOON + timedelta(hours=1)
    token = write_token(keyring, ForgottenToken("1", 0, ends, NOON))
    last = ends - timedelta(microseconds=1)
    assert read_token(keyring, token, now=last).until == ends
    for late in (ends, ends + timedelta(microseconds=1)):
        with pytest.raises(TokenRefusedError):
            read_token(keyring, token, now=late)


def test_a_token_lasts_a_day_at_most() -> None:
    """NIST SP 800-63B-4 section 4.2.1.2."""
    assert timedelta(days=1) == LONGEST


def test_the_longest_token_is_read() -> None:
    """That of 255 characters that take twelve each in JSON."""
    keyring = Keyring.generate()
    longest = ForgottenToken(
        "\U0001f511" * 255, 2**31, NOON + timedelta(days=1), NOON.replace(microsecond=1)
    )
    written = write_token(keyring, longest)
    assert len(written) <= MAX_TOKEN_CHARACTERS
    assert read_token(keyring, written, now=NOON) == longest


def test_what_is_longer_than_any_token_is_not_even_opened() -> None:
    """4,400 characters are read; one more is refused, whoever sealed it."""
    keyring, ends = Keyring.generate(), NOON + timedelta(hours=1)
    tokens = {
        len(written): written
        for size in range(3225, 3235)
        for written in [write_token(keyring, ForgottenToken("a" * size, 0, ends, NOON))]
    }
    assert read_token(keyring, tokens[4400], now=NOON).until == ends
    with pytest.raises(TokenRefusedError):
        read_token(keyring, tokens[4401], now=NOON)


@pytest.mark.parametrize("given", ["", "x", None, 17, b"cgs1", "x" * 9000])
def test_what_is_no_token_is_refused(given: object) -> None:
    """Anything may come from a link."""
    with pytest.raises(TokenRefusedError):
        read_token(Keyring.generate(), given, now=NOON)


@pytest.mark.promise("P22")
def test_no_character_of_a_token_can_be_changed() -> None:
    """Neither can it be cut."""
    keyring = Keyring.generate()
    token = write_token(
        keyring, ForgottenToken("1", 0, NOON + timedelta(hours=1), NOON)
    )
    assert read_token(keyring, token, now=NOON).account_id == "1"
    for place, found in enumerate(token):
        other = "A" if found != "A" else "B"
        for altered in (token[:place] + other + token[place + 1 :], token[:place]):
            with pytest.raises(TokenRefusedError):
                read_token(keyring, altered, now=NOON)


def test_a_token_of_another_keyring_or_purpose_is_refused() -> None:
    """What else was sealed is no link, and the other way round."""
    keyring, other = Keyring.generate(), Keyring.generate()
    token = write_token(other, ForgottenToken("1", 0, NOON + timedelta(hours=1), NOON))
    stray = keyring.seal(b'["1", 0, 9999999999]', purpose="retired hash", owner="")
    for given in (token, stray):
        with pytest.raises(TokenRefusedError):
            read_token(keyring, given, now=NOON)


def test_a_token_of_an_earlier_release_is_as_old_as_it_may_be() -> None:
    """It does not say when it was made: a day before it ends, at the earliest."""
    keyring, ends = Keyring.generate(), NOON + timedelta(hours=1)
    old = json.dumps(["1", 0, int(ends.timestamp())]).encode()
    token = keyring.seal(old, purpose="forgotten password", owner="")
    found = read_token(keyring, token, now=NOON)
    assert found == ForgottenToken("1", 0, ends, ends - LONGEST)
    with pytest.raises(TokenRefusedError):
        read_token(keyring, token, now=ends)
