import base64
import string
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from credguard._clock import in_utc, system_clock
from credguard._text import (
    counted,
    fold_address,
    from_base64url,
    from_iso,
    has_surrogate,
    is_latin_1,
    nfc,
    to_base64url,
    to_iso,
)

ANY_TEXT = st.text(alphabet=st.characters())  # lone surrogates included
ALPHABET = string.ascii_letters + string.digits + "-_"
ZONES = st.timezones() | st.integers(-1439, 1439).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)
INSTANTS = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    max_value=datetime(9998, 1, 1),  # noqa: DTZ001  # as above
    timezones=ZONES,
)


@given(data=st.binary())
def test_base64url_is_read_back(data: bytes) -> None:
    """Any bytes come back from their text, which is RFC 4648's without padding."""
    text = to_base64url(data)
    assert from_base64url(text) == data
    assert base64.urlsafe_b64encode(data).decode().rstrip("=") == text


@pytest.mark.promise("P8")
@given(text=st.text(alphabet=ALPHABET, max_size=12) | ANY_TEXT)
@example("A")
@example("AB")  # the last bits are not zero
@example("AA==")
@example("A\nAA")
@example("+/+/")
def test_one_text_for_one_value(text: str) -> None:
    """A text is read only if it is the one that its bytes are written as."""
    data = from_base64url(text)
    assert data is None or to_base64url(data) == text


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    "text", ["A", "AB", "AAB", "AA==", "AA ", "AA\n", "é", "\ud800"]
)
def test_what_is_not_canonical_is_not_read(text: str) -> None:
    """Padding, white space, stray bits and strange characters are refused."""
    assert from_base64url(text) is None


# RFC 4648 section 10, without the padding.
@pytest.mark.parametrize(
    ("text", "data"),
    [("", b""), ("Zg", b"f"), ("Zm8", b"fo"), ("Zm9v", b"foo"), ("Zm9vYg", b"foob")],
)
def test_base64url_vectors(text: str, data: bytes) -> None:
    """The vectors of the RFC are read and written."""
    assert (from_base64url(text), to_base64url(data)) == (data, text)


@pytest.mark.promise("P7")
@given(text=ANY_TEXT)
def test_a_surrogate_is_what_utf8_refuses(text: str) -> None:
    """A text has a lone surrogate exactly if it has no UTF-8 form."""
    try:
        text.encode()
    except UnicodeEncodeError:
        assert has_surrogate(text)
    else:
        assert not has_surrogate(text)


@pytest.mark.promise("P7")
@pytest.mark.parametrize(
    ("text", "has_one"),
    [
        ("\ud800", True),
        ("a\udfffb", True),
        ("\ud7ff\ue000", False),
        ("\U00010000", False),
        ("", False),
    ],
)
def test_the_first_surrogate_and_the_last(text: str, *, has_one: bool) -> None:
    """And the characters beside them, which are none."""
    assert has_surrogate(text) is has_one


@given(instant=INSTANTS)
def test_iso_is_read_back(instant: datetime) -> None:
    """Any instant comes back from its text, in UTC and to the microsecond."""
    text = to_iso(instant)
    assert text.endswith("Z")
    again = from_iso(f" {text}\n")
    assert again == instant.astimezone(UTC)
    assert again is not None
    assert again.tzinfo is UTC


@pytest.mark.promise("P7")
@given(text=ANY_TEXT | st.text(alphabet="0123456789-:TZ+. W"))
@example("0001-01-01T00:00:00+14:00")
@example("9999-12-31T23:59:59-14:00")
@example("9999-12-31T24:00:00")
@example("2014-11-07T25:00:00Z")
@example("2014-02-30")
@example("١٩٩٩-٠١-٠١")
@example("2014-11-07\ud80010:00")
def test_any_text_is_an_instant_or_none(text: str) -> None:
    """Whatever stands there, it is an aware instant in UTC or nothing."""
    instant = from_iso(text)
    assert instant is None or instant.tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["2014-11-07T10:00:00", "2014-11-07 10:00", "2014-11-07T11:00:00+01:00"]
)
def test_an_instant_without_a_zone_is_in_utc(text: str) -> None:
    """A text that names no zone is read in UTC; one that names one is converted."""
    assert from_iso(text) == datetime(2014, 11, 7, 10, tzinfo=UTC)


def test_a_naive_instant_is_in_utc() -> None:
    """A datetime without a zone is taken to be in UTC, wherever the machine is."""
    naive = datetime(2014, 11, 7, 10)  # noqa: DTZ001  # what is tested
    assert in_utc(naive) == datetime(2014, 11, 7, 10, tzinfo=UTC)
    assert to_iso(naive) == "2014-11-07T10:00:00Z"


def test_the_clock_is_in_utc() -> None:
    """The system's clock tells aware instants in UTC that do not go backwards."""
    first, second = system_clock(), system_clock()
    assert first.tzinfo is UTC
    assert first <= second


@pytest.mark.parametrize(
    ("text", "is_one"), [("", True), ("caf\u00ff", True), ("caf\u0100", False)]
)
def test_latin_1_ends_with_its_256th_character(text: str, *, is_one: bool) -> None:
    """One character past it is enough."""
    assert is_latin_1(text) is is_one


@given(text=st.text())
def test_latin_1_is_what_its_encoder_takes(text: str) -> None:
    """Whatever the text."""
    assert is_latin_1(text) is (
        text.encode("latin-1", "ignore").decode("latin-1") == text
    )


@pytest.mark.parametrize(
    ("address", "folded"),
    [
        ("Ann@Example.ORG", "ann@example.org"),
        ("\u212aai@example.org", "\u212aai@example.org"),  # a Kelvin sign is no k
        ("KAI@example.org", "kai@example.org"),
        ("", ""),
    ],
)
def test_an_address_is_looked_up_in_lower_case(address: str, folded: str) -> None:
    """And a look-alike's stays another one."""
    assert fold_address(address) == folded
    assert fold_address(folded) == folded


@given(text=st.text())
def test_normalizing_twice_changes_nothing(text: str) -> None:
    """A normalized text stays as it is."""
    assert nfc(nfc(text)) == nfc(text)


def test_normalizing_joins_an_accent() -> None:
    """A letter and its accent become one character."""
    assert nfc("cafe\u0301") == "caf\u00e9"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 rows are"),
        (1, "1 row is"),
        (2, "2 rows are"),
        (12_345, "12,345 rows are"),
    ],
)
def test_one_is_counted_in_the_singular(count: int, text: str) -> None:
    """And nothing else is."""
    assert counted(count, "row is", "rows are") == text
