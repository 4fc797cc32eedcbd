"""Rows with the seed in base32."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from reading import SEED, SEED_BASE32, came_in, codes_of, reasons, seed_of

from credguard.second_factor.takeover import ReasonCode, Refused, Row, read_base32
from credguard.second_factor.totp import EVERY_APP, Algorithm, Parameters


def test_a_row_with_nothing_but_a_seed_comes_in() -> None:
    """What a row does not say is as every app has it, and not known to be used."""
    [record] = came_in(read_base32([{"account_id": 7, "secret": SEED_BASE32}]))
    assert seed_of(record) == SEED
    assert (record.account_id, record.source) == ("7", "base32")
    assert record.parameters == EVERY_APP
    assert record.last_step is None
    assert record.made_at is None
    assert not record.is_weak


def test_everything_that_a_row_says_is_kept() -> None:
    """Parameters, the last step, the age and the recovery codes come in."""
    row: Row = {
        "user": "alice",
        "key": SEED_BASE32,
        "algorithm": "HmacSHA256",
        "digits": "8",
        "period": "60",
        "last_step": "29833333",
        "confirmed": "t",
        "made_at": "2019-05-04T12:00:00Z",
        "name": "alice@example.org",
        "issuer": "Forum",
        "recovery_codes": "abcd-efgh ijkl-mnop,qrst",
        "recovery_hashes": f"$2b$04${'a' * 53} $2y$10${'b' * 53}",
    }
    [record] = came_in(read_base32([row], account="user", seed="key"))
    assert record.account_id == "alice"
    assert record.parameters == Parameters(8, Algorithm.SHA256, 60)
    assert record.last_step == 29833333
    assert record.made_at == datetime(2019, 5, 4, 12, tzinfo=UTC)
    assert codes_of(record) == ["abcd-efgh", "ijkl-mnop", "qrst"]
    assert [each.text[:7] for each in record.hashes] == ["$2b$04$", "$2y$10$"]
    assert (record.label, record.issuer) == ("alice@example.org", "Forum")


def test_numbers_may_be_decimals() -> None:
    """Databases hand whole numbers over as decimals, and fractions are refused."""
    row: Row = {"account_id": "a", "secret": SEED_BASE32, "digits": Decimal(8)}
    [record] = came_in(read_base32([row]))
    assert record.parameters == Parameters(digits=8)
    odd: Row = {**row, "digits": Decimal("6.5")}
    assert reasons(read_base32([odd])) == [ReasonCode.UNREADABLE]


def test_codes_may_come_as_a_list() -> None:
    """Rows of JSON lines hold recovery codes as a list."""
    row: Row = {
        "account_id": "a",
        "secret": SEED_BASE32,
        "recovery_codes": ["x y", "z"],
    }
    assert codes_of(came_in(read_base32([row]))[0]) == ["x y", "z"]


def test_a_weak_seed_comes_in_and_is_told() -> None:
    """The 80 bits that authenticators drew until 2021 come in, and are weak."""
    row: Row = {"account_id": "a", "secret": "JBSWY3DPEHPK3PXP"}
    [record] = came_in(read_base32([row]))
    assert record.seed_bits == 80
    assert record.is_weak


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"account_id": None}, ReasonCode.NO_ACCOUNT),
        ({"account_id": ""}, ReasonCode.NO_ACCOUNT),
        ({"account_id": "x" * 256}, ReasonCode.NO_ACCOUNT),
        ({"account_id": "a\0"}, ReasonCode.NO_ACCOUNT),
        ({"account_id": True}, ReasonCode.NO_ACCOUNT),
        ({"secret": "?"}, ReasonCode.SEED_UNREADABLE),
        ({"confirmed": "false"}, ReasonCode.NOT_CONFIRMED),
        ({"confirmed": 0}, ReasonCode.NOT_CONFIRMED),
        ({"confirmed": "perhaps"}, ReasonCode.UNREADABLE),
        ({"algorithm": "MD5"}, ReasonCode.PARAMETERS),
        ({"digits": 5}, ReasonCode.PARAMETERS),
        ({"digits": "six"}, ReasonCode.UNREADABLE),
        ({"digits": 6.5}, ReasonCode.UNREADABLE),
        ({"period": 3600}, ReasonCode.PARAMETERS),
        ({"period": "9" * 5000}, ReasonCode.UNREADABLE),
        ({"recovery_codes": " ".join("abc" for _ in range(33))}, "too_many_codes"),
        ({"last_step": 1 << 48}, ReasonCode.UNREADABLE),
        ({"recovery_codes": "é"}, ReasonCode.UNREADABLE),
        ({"recovery_codes": "x" * 65}, ReasonCode.UNREADABLE),
        ({"recovery_codes": [7]}, ReasonCode.UNREADABLE),
        ({"recovery_hashes": "$1$abc$def"}, ReasonCode.UNKNOWN_HASH),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_row_that_does_not_fit_says_why(change: Row, expected: str) -> None:
    """Each is refused for its own reason, and the rows around it come in."""
    good: Row = {"account_id": "a", "secret": SEED_BASE32}
    rows = [good, {**good, **change}, good]
    assert reasons(read_base32(rows)) == [None, expected, None]


def test_a_refusal_names_row_and_account_and_no_seed() -> None:
    """Who reads the report finds the row again; nothing secret stands in it."""
    [refused] = read_base32([{"account_id": "a", "secret": "JBSWY3DP"}])
    assert isinstance(refused, Refused)
    assert (refused.position, refused.account_id) == (1, "a")
    assert "JBSWY3DP" not in repr(refused) + refused.reason.text


def test_a_record_shows_no_seed_and_no_code() -> None:
    """Neither seed nor recovery codes nor their hashes stand in the repr."""
    row: Row = {
        "account_id": "a",
        "secret": SEED_BASE32,
        "recovery_codes": "abcdefgh",
        "recovery_hashes": f"$2b$04${'a' * 53}",
    }
    [record] = came_in(read_base32([row]))
    for secret in ("1234567890", SEED_BASE32, "abcdefgh", "aaaaa"):
        assert secret not in repr(record)
