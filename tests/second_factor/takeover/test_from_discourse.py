"""Rows of Discourse."""

import hashlib
import json

import pytest
from reading import SEED, SEED_BASE32, USED_AT, came_in, reasons, seed_of

from credguard.second_factor.takeover import (
    ReasonCode,
    Row,
    read_discourse,
    read_discourse_codes,
)
from credguard.second_factor.totp import step_at

APP: Row = {
    "user_id": 1,
    "method": 1,
    "data": SEED_BASE32,
    "enabled": True,
    "last_used": "2026-09-21 14:13:30",
    "created_at": "2019-05-04 12:00:00",
    "name": "phone",
}
SALT = "00112233445566778899aabbccddeeff"


def code_row(code: str) -> Row:
    """Return a row as SecondFactorManager.generate_backup_codes makes it."""
    tag = hashlib.pbkdf2_hmac("sha256", code.encode(), SALT.encode(), 64_000).hex()
    data = json.dumps({"salt": SALT, "code_hash": tag})
    return {"user_id": 1, "method": 2, "data": data, "enabled": True}


def without(row: Row, column: str) -> Row:
    """Return a row that has not this column."""
    return {name: value for name, value in row.items() if name != column}


def test_an_app_comes_in() -> None:
    """The seed is base32, and the latest step of the last use counts."""
    [record] = came_in(read_discourse([APP]))
    assert (record.account_id, seed_of(record)) == ("1", SEED)
    assert record.last_step == step_at(USED_AT) + 1


def test_backup_codes_come_in_as_hashes() -> None:
    """Codes that were used are not enabled any more, and stay behind."""
    good, used = code_row("ab" * 16), {**code_row("cd" * 16), "enabled": False}
    [record] = came_in(read_discourse_codes([good, used]))
    [kept] = record.hashes
    assert kept.text.startswith("pbkdf2:sha256:64000:")


def test_what_does_not_say_that_it_is_off_is_on() -> None:
    """Exports may leave out the column, or hold NULL in it."""
    for row in ({**APP, "enabled": None}, without(APP, "enabled")):
        assert seed_of(came_in(read_discourse([row]))[0]) == SEED
    code = code_row("ab" * 16)
    for row in ({**code, "enabled": None}, without(code, "enabled")):
        assert len(came_in(read_discourse_codes([row]))[0].hashes) == 1


@pytest.mark.parametrize(("size", "expected"), [(128, None), (129, "too_large")])
def test_a_salt_has_128_characters_at_most(size: int, expected: str | None) -> None:
    """Four times as many as Discourse draws."""
    data = json.dumps({"salt": "a" * size, "code_hash": "00" * 32})
    row: Row = {**code_row("ab" * 16), "data": data}
    assert reasons(read_discourse_codes([row])) == [expected]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"method": 2}, ReasonCode.ANOTHER_KIND),
        ({"method": None}, ReasonCode.ANOTHER_KIND),
        ({"enabled": "f"}, ReasonCode.NOT_CONFIRMED),
        ({"data": ""}, ReasonCode.NO_SEED),
    ],
)
def test_an_app_that_does_not_fit_says_why(change: Row, expected: str) -> None:
    """Other methods and apps that are switched off are refused."""
    assert reasons(read_discourse([{**APP, **change}])) == [expected]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"method": 1}, ReasonCode.ANOTHER_KIND),
        ({"method": None}, ReasonCode.ANOTHER_KIND),
        ({"data": "{}"}, ReasonCode.UNKNOWN_HASH),
        ({"data": '{"code_hash":"zz","salt":"a"}'}, ReasonCode.UNKNOWN_HASH),
        ({"data": json.dumps({"salt": "a" * 129})}, ReasonCode.TOO_LARGE),
        ({"enabled": 0}, ReasonCode.NO_SEED),
    ],
)
def test_a_code_that_does_not_fit_says_why(change: Row, expected: str) -> None:
    """Broken hashes are refused, and a set without a good code too."""
    row: Row = {**code_row("ab" * 16), **change}
    assert reasons(read_discourse_codes([row])) == [expected]
