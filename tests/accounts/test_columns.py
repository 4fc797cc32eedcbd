import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Integer, String, Uuid
from sqlalchemy.dialects.mysql import BIGINT

from credguard.accounts.columns import (
    Columns,
    from_account_id,
    to_account_id,
    to_instant,
    to_text,
    to_truth,
)

NOON = datetime(2014, 11, 7, 12, tzinfo=UTC)
ANY_TEXT = st.text(alphabet=st.characters())  # lone surrogates included
KINDS: list[object] = [Integer(), BigInteger(), Uuid(), String(40)]
EASTERN = timezone(timedelta(hours=9))


def test_only_named_columns_are_read() -> None:
    """What the forum does not keep is left out; the rest is told by its meaning."""
    columns = Columns(address="mail", last_login_at="seen", name="")
    assert columns.named() == {
        "id": "id",
        "password": "password",
        "address": "mail",
        "last_login_at": "seen",
    }


@given(number=st.integers(-(2**63), 2**63 - 1))
def test_a_whole_number_is_an_id(number: int) -> None:
    """Any 64-bit number comes back from its text."""
    assert from_account_id(to_account_id(number), BigInteger()) == number


@given(number=st.integers(0, 2**64 - 1))
def test_an_unsigned_number_is_an_id(number: int) -> None:
    """MariaDB's unsigned numbers go one bit further."""
    assert from_account_id(str(number), BIGINT(unsigned=True)) == number


@given(value=st.uuids())
def test_a_uuid_is_an_id(value: uuid.UUID) -> None:
    """Any UUID comes back from its text."""
    assert from_account_id(to_account_id(value), Uuid()) == value


@given(account_id=ANY_TEXT, kind=st.sampled_from(KINDS))
def test_any_text_is_an_id_or_none(account_id: str, kind: object) -> None:
    """Whatever is asked for, it is a value that a column can hold, or nothing."""
    value = from_account_id(account_id, kind)
    if isinstance(value, str):
        assert value.encode() is not None
        assert "\0" not in value
    elif isinstance(value, int):
        assert abs(value) <= 2**63


@pytest.mark.parametrize(
    ("account_id", "kind"),
    [
        ("1.0", Integer()),
        (" 1", Integer()),
        ("1\n", Integer()),
        ("01", Integer()),
        ("١", Integer()),
        ("9" * 5000, Integer()),
        (str(2**63), BigInteger()),
        (str(2**64), BIGINT(unsigned=True)),
        ("-1", BIGINT(unsigned=True)),
        ("", Integer()),
        ("15", Uuid()),
        ("a\0", String()),
        ("\ud800", String()),
        ("x" * 256, String()),
    ],
    ids=lambda each: ascii(each)[:20],
)
def test_what_no_column_holds_is_none(account_id: str, kind: object) -> None:
    """Ids of another kind, out of range, or of characters that are not stored."""
    assert from_account_id(account_id, kind) is None


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        (NOON, NOON),
        (NOON.replace(tzinfo=None), NOON),
        (datetime(2014, 11, 7, 21, tzinfo=EASTERN), NOON),
        (date(2014, 11, 7), datetime(2014, 11, 7, tzinfo=UTC)),
        (1415361600, NOON),
        (1415361600.0, NOON),
        (Decimal(1415361600), NOON),
        ("2014-11-07 12:00:00", NOON),
        ("2014-11-07T12:00:00+00:00", NOON),
        ("2014-11-07T21:00:00+09:00", NOON),
        ("2014-11-07 12:00:00.000000", NOON),
        ("1415361600", NOON),
        ("1415361600.0", NOON),
        ("20141107", datetime(2014, 11, 7, tzinfo=UTC)),
        ("99999999999", datetime(5138, 11, 16, 9, 46, 39, tzinfo=UTC)),
        ("9" * 400, None),
        (0, None),
        (-1, None),
        (None, None),
        ("", None),
        ("0000-00-00 00:00:00", None),
        ("never", None),
        ("\ud800", None),
        (b"2014-11-07", None),
        (10**30, None),
        (float("inf"), None),
        (float("nan"), None),
        (Decimal("NaN"), None),
        (Decimal("sNaN"), None),
        (Decimal("Infinity"), None),
        (1415361600000, None),
    ],
    ids=lambda each: ascii(each)[:30],
)
def test_an_instant_is_read_however_it_is_kept(
    value: object, instant: datetime | None
) -> None:
    """SQL datetimes, dates, Unix seconds and ISO text are read; rubbish is none."""
    assert to_instant(value) == instant


@given(
    value=st.one_of(
        ANY_TEXT,
        st.binary(),
        st.integers(),
        st.floats(),
        st.decimals(),
        st.booleans(),
        st.dates(),
        st.datetimes(),
        st.none(),
    )
)
def test_any_value_is_read(value: object) -> None:
    """No value that a driver can hand out stops the reading of a table."""
    instant = to_instant(value)
    assert instant is None or instant.tzinfo is UTC
    assert to_truth(value, unknown=True) in {True, False}
    assert to_text(value) is None or value is not None


@pytest.mark.parametrize(
    "value", [True, 1, 2, "1", "t", "Y", "true", b"\x01", b"1", -1]
)
def test_yes(value: object) -> None:
    """Booleans, numbers, bits, letters and words that mean yes are read as yes."""
    assert to_truth(value, unknown=False)


@pytest.mark.parametrize(
    "value", [False, 0, 0.0, "0", "f", "N", "no", "False", "", " ", b"\x00", b"0", b""]
)
def test_no(value: object) -> None:
    """Booleans, numbers, bits, letters and words that mean no are read as no."""
    assert not to_truth(value, unknown=True)


def test_nothing_is_as_it_is_told() -> None:
    """NULL is what the caller says it is."""
    assert to_truth(None, unknown=True)
    assert not to_truth(None, unknown=False)
    assert to_text(None) is None
    assert to_account_id(None) == ""


def test_bytes_are_text() -> None:
    """A text that the forum keeps as bytes is read as UTF-8, and never refused."""
    assert to_text("Ω".encode()) == "Ω"
    assert to_text(b"jos\xe9") == "jos�"
    assert to_text(7) == "7"
