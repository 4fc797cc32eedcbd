"""Rows of django-otp."""

import sqlite3

import pytest
from reading import SEED, USED_AT, came_in, codes_of, reasons, seed_of

from credguard.second_factor.takeover import (
    ReasonCode,
    Refused,
    Row,
    read_django_otp,
    read_django_otp_codes,
)
from credguard.second_factor.totp import Parameters, step_at

# django-otp 1.7.5 with Django 5.2.19: rows of SELECT * after TOTPDevice.verify_token
# had accepted a code at Unix time 1790000010, and a device that was never confirmed.
USED: Row = {
    "id": 1,
    "name": "phone",
    "confirmed": True,
    "key": "3132333435363738393031323334353637383930",
    "step": 30,
    "t0": 0,
    "digits": 6,
    "tolerance": 1,
    "drift": 0,
    "last_t": 59666667,
    "user_id": 1,
    "throttling_failure_count": 0,
    "throttling_failure_timestamp": None,
    "created_at": "2026-11-25 22:48:07.419887",
    "last_used_at": "2026-11-25 22:48:07.432237",
}
NEVER: Row = {
    **USED,
    "id": 2,
    "name": "never",
    "confirmed": False,
    "key": "0707070707070707070707070707070707070707",
    "last_t": -1,
    "user_id": 2,
    "last_used_at": None,
}
# The same: StaticToken.random_token, three times.
TOKENS = ["kwqy5s7s", "izsv4jh5", "ynjlvwpl"]
STATIC: list[Row] = [
    {"user_id": 1, "confirmed": True, "token": token} for token in TOKENS
]


def test_a_device_comes_in_with_its_last_step() -> None:
    """The row that django-otp wrote gives the seed, and the step that it accepted."""
    [record] = came_in(read_django_otp([USED]))
    assert seed_of(record) == SEED
    assert (record.account_id, record.label) == ("1", "phone")
    assert record.last_step == step_at(USED_AT)
    assert record.made_at is not None
    assert record.made_at.isoformat() == "2026-11-25T22:48:07.419887+00:00"


def test_a_device_that_was_never_confirmed_does_not() -> None:
    """Nobody showed a code of it, so its owner may not have it."""
    for confirmed in (False, 0, None):
        row: Row = {**NEVER, "confirmed": confirmed}
        assert reasons(read_django_otp([row])) == [ReasonCode.NOT_CONFIRMED]


def test_a_device_that_was_never_used_has_no_known_step() -> None:
    """A last_t of -1 is no step."""
    [record] = came_in(read_django_otp([{**NEVER, "confirmed": 1}]))
    assert record.last_step is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"t0": 1}, ReasonCode.PARAMETERS),
        ({"step": 0}, ReasonCode.PARAMETERS),
        ({"digits": 10}, ReasonCode.PARAMETERS),
        ({"key": "xyz"}, ReasonCode.SEED_UNREADABLE),
        ({"key": ""}, ReasonCode.NO_SEED),
        ({"user_id": None}, ReasonCode.NO_ACCOUNT),
        ({"last_t": "soon"}, ReasonCode.UNREADABLE),
    ],
)
def test_a_row_that_does_not_fit_says_why(change: Row, expected: str) -> None:
    """Another start of time, odd parameters and broken keys are refused."""
    assert reasons(read_django_otp([{**USED, **change}])) == [expected]


def test_other_parameters_come_in() -> None:
    """Eight digits and a minute are kept."""
    [record] = came_in(read_django_otp([{**USED, "digits": 8, "step": 60}]))
    assert record.parameters == Parameters(digits=8, period_seconds=60)


def test_tokens_of_an_account_come_in_together() -> None:
    """Codes in rows of their own are one record for each account."""
    other: Row = {"user_id": 2, "confirmed": 1, "token": "aaaabbbb"}
    first, second = came_in(read_django_otp_codes([*STATIC, other]))
    assert codes_of(first) == TOKENS
    assert first.seed is None
    assert (second.account_id, codes_of(second)) == ("2", ["aaaabbbb"])


def test_tokens_of_a_table_that_says_nothing_of_devices_come_in() -> None:
    """Static devices are made confirmed; only those that say otherwise are not."""
    for row in ({"user_id": 2, "token": "aaaabbbb"}, {**STATIC[0], "confirmed": None}):
        assert len(came_in(read_django_otp_codes([row]))[0].codes) == 1


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([{**STATIC[0], "confirmed": 0}], ReasonCode.NOT_CONFIRMED),
        ([{**STATIC[0], "token": None}], ReasonCode.UNREADABLE),
        ([{**STATIC[0], "user_id": None}], ReasonCode.NO_ACCOUNT),
        (STATIC * 11, ReasonCode.TOO_MANY_CODES),
        (STATIC * 400, ReasonCode.TOO_MANY_CODES),
    ],
)
def test_tokens_that_do_not_fit_say_why(rows: list[Row], expected: str) -> None:
    """A set is refused whole, and the next one comes in."""
    good: Row = {"user_id": 9, "confirmed": 1, "token": "aaaabbbb"}
    first, second = read_django_otp_codes([*rows, good])
    assert reasons([first, second]) == [expected, None]
    assert isinstance(first, Refused)
    assert first.position == 1


def test_rows_come_straight_from_a_cursor() -> None:
    """Rows are read as they come, and a table is never held in memory."""
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    connection.execute("CREATE TABLE d (user_id, key, confirmed, last_t)")
    connection.execute("INSERT INTO d VALUES (1, ?, 1, -1)", [SEED.hex()])
    rows = (dict(row) for row in connection.execute("SELECT * FROM d"))
    assert seed_of(came_in(read_django_otp(rows))[0]) == SEED
    connection.close()
