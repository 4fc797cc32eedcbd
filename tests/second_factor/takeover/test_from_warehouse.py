"""The shape of PyPI's own code base."""

import pytest
from reading import SEED, came_in, reasons, seed_of

from credguard.second_factor.takeover import (
    ReasonCode,
    Row,
    read_warehouse,
    read_warehouse_codes,
)

# passlib 1.7.4's argon2 with the cost of warehouse's accounts.services, of the code
# "fedcba9876543210".
HASH = (
    "$argon2id$v=19$m=1024,t=6,p=6$4dwbY0xJCcF4753TWksJYQ"
    "$/kq63uQlLx3qw2n0grmHOdJxqq9BieZxrH6gWwU1m3c"
)
USER: Row = {
    "id": "3f",
    "username": "alice",
    "totp_secret": SEED,
    "last_totp_value": "1",
}
CODE: Row = {"user_id": "3f", "code": HASH, "burned": None}


@pytest.mark.parametrize(
    "secret",
    [SEED, memoryview(SEED), bytearray(SEED), "\\x" + SEED.hex()],
    ids=["bytes", "memoryview", "bytearray", "text"],
)
def test_raw_bytes_come_in(secret: object) -> None:
    """A seed is bytes, or how a dump of PostgreSQL writes bytes."""
    [record] = came_in(read_warehouse([{**USER, "totp_secret": secret}]))
    assert (record.account_id, seed_of(record)) == ("3f", SEED)


def test_the_last_code_gives_no_step() -> None:
    """Of the last use only the code is kept there: its step is not known."""
    assert came_in(read_warehouse([USER]))[0].last_step is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"totp_secret": None}, ReasonCode.NO_SEED),
        ({"totp_secret": b"short"}, ReasonCode.SEED_TOO_SHORT),
        ({"totp_secret": SEED.hex()}, ReasonCode.SEED_UNREADABLE),
        ({"id": None}, ReasonCode.NO_ACCOUNT),
    ],
)
def test_a_user_that_does_not_fit_says_why(change: Row, expected: str) -> None:
    """Users without a seed and texts that are no bytes are refused."""
    assert reasons(read_warehouse([{**USER, **change}])) == [expected]


def test_hashes_that_are_not_burned_come_in() -> None:
    """Of a set of hashes those come in that were not used."""
    burned: Row = {**CODE, "burned": "2024-01-01 00:00:00"}
    [record] = came_in(read_warehouse_codes([CODE, burned, CODE]))
    assert [each.text for each in record.hashes] == [HASH, HASH]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"burned": "2024-01-01"}, ReasonCode.NO_SEED),
        ({"code": None}, ReasonCode.UNKNOWN_HASH),
        ({"code": HASH.replace("m=1024", "m=999999")}, ReasonCode.TOO_COSTLY),
    ],
)
def test_a_set_that_does_not_fit_says_why(change: Row, expected: str) -> None:
    """Sets that are used up, and hashes that cost too much, are refused."""
    assert reasons(read_warehouse_codes([{**CODE, **change}])) == [expected]
