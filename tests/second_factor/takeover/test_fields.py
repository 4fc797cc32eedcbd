"""Values as tables and files hold them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from credguard.errors import UnfitRecordError
from credguard.second_factor.takeover.fields import (
    instant_of,
    json_of,
    last_step_of,
    milliseconds_of,
    number_of,
    parameters_of,
    step_of,
    text_of,
    truth_of,
)
from credguard.second_factor.takeover.refusals import ReasonCode
from credguard.second_factor.totp import Algorithm, Parameters

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_text_may_come_as_bytes() -> None:
    """What is neither is none, and a column's worth of characters is the most."""
    assert text_of(b"caf\xc3\xa9") == text_of(memoryview(b"caf\xc3\xa9")) == "café"
    assert text_of(b"\xff") == "\ufffd"
    assert text_of(None) is text_of(7) is None
    longest = "x" * 65_536
    assert text_of(longest) == longest
    with pytest.raises(UnfitRecordError) as refused:
        text_of(longest + "x")
    assert refused.value.reason.code == ReasonCode.TOO_LARGE


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (None, 9),
        ("", 9),
        (0, 0),
        (-7, -7),
        ("12", 12),
        ("-12", -12),
        ("9" * 19, int("9" * 19)),
        (Decimal("8.0"), 8),
    ],
)
def test_a_number_is_whole(value: object, number: int) -> None:
    """As a number or as text; what is missing is what the caller says."""
    assert number_of(value, missing=9) == number


@pytest.mark.parametrize(
    "value", [True, False, "1.0", " 1", "9" * 20, Decimal("8.5"), 8.0, [], "١"]
)
def test_other_values_are_no_numbers(value: object) -> None:
    """Neither truth nor fractions are taken for numbers."""
    with pytest.raises(UnfitRecordError):
        number_of(value, missing=9)


@pytest.mark.parametrize(
    ("value", "step"),
    [(None, None), (-1, None), ("-1", None), (0, 0), (1, 1), (2**48 - 1, 2**48 - 1)],
)
def test_a_last_step_is_read(value: object, step: int | None) -> None:
    """Minus one is how some systems write that there was none."""
    assert last_step_of(value) == step


def test_a_step_past_any_clock_is_none() -> None:
    """48 bits of seconds are nine million years."""
    with pytest.raises(UnfitRecordError):
        last_step_of(2**48)


@pytest.mark.parametrize(
    ("value", "truth"),
    [
        (True, True),
        (False, False),
        (1, True),
        (0, False),
        *[(word, True) for word in ("1", "t", "TRUE", " yes ")],
        *[(word, False) for word in ("", "0", "f", "False", "no")],
    ],
)
def test_truth_has_many_spellings(value: object, *, truth: bool) -> None:
    """Those of databases and of CSV files."""
    for missing in (True, False):
        assert truth_of(value, missing=missing) is truth
        assert truth_of(None, missing=missing) is missing


@pytest.mark.parametrize("value", ["perhaps", "2", [], 1.0])
def test_other_values_are_neither_true_nor_false(value: object) -> None:
    """A member whose factor may or may not count is told apart."""
    with pytest.raises(UnfitRecordError):
        truth_of(value, missing=True)


def test_an_instant_is_in_utc() -> None:
    """As a datetime or as ISO 8601; other values are none."""
    assert instant_of(NOON) == instant_of("2026-11-22T13:00:00+01:00") == NOON
    assert instant_of(NOON.replace(tzinfo=None)) == NOON
    assert instant_of("yesterday") is instant_of(1_790_000_000) is None


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        (1_000, datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
        (1_999, datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
        (1, datetime(1970, 1, 1, tzinfo=UTC)),
        (0, None),
        (-1, None),
        ("1000", None),
        (None, None),
        (2**45, None),
        (2**45 - 1, datetime.fromtimestamp((2**45 - 1) // 1000, UTC)),
    ],
)
def test_milliseconds_are_read_to_the_second(
    value: object, instant: datetime | None
) -> None:
    """Nought is how some systems write that it is not known."""
    assert milliseconds_of(value) == instant


def test_an_object_of_json_may_be_parsed_already() -> None:
    """What is no object is refused, however deep."""
    assert json_of('{"a": 1}') == json_of({"a": 1}) == {"a": 1}
    for value in ("[1]", "{", "[" * 60_000, None, 7, "null"):
        with pytest.raises(UnfitRecordError) as refused:
            json_of(value)
        assert refused.value.reason.code == ReasonCode.UNREADABLE


@pytest.mark.parametrize("missing", [None, ""])
def test_what_is_missing_is_as_every_app_has_it(missing: object) -> None:
    """SHA-1, six digits, thirty seconds."""
    wanted = Parameters(6, Algorithm.SHA1, 30)
    assert parameters_of(missing, missing, missing) == wanted


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_an_algorithm_has_three_spellings(algorithm: Algorithm) -> None:
    """In any case, and with spaces around it."""
    number = algorithm.value.removeprefix("SHA")
    for name in (f"SHA{number}", f" sha-{number} ", f"HmacSHA{number}"):
        assert parameters_of(name, 8, 60) == Parameters(8, algorithm, 60)


@pytest.mark.parametrize(
    ("algorithm", "digits", "period"),
    [("MD5", 6, 30), ("sha1", 9, 30), ("sha1", 6, 121), (7, 6, 30)],
)
def test_other_parameters_are_refused(
    algorithm: object, digits: object, period: object
) -> None:
    """Each with the one reason that says so."""
    with pytest.raises(UnfitRecordError) as refused:
        parameters_of(algorithm, digits, period)
    assert refused.value.reason.code == ReasonCode.PARAMETERS


def test_the_last_step_follows_from_the_last_use() -> None:
    """The newest one whose code that system can have taken."""
    minute = Parameters(6, Algorithm.SHA1, 60)
    present = int(NOON.timestamp()) // 60
    late = NOON + timedelta(seconds=59)
    for used_at in (NOON, late):
        assert step_of(used_at, parameters=minute, ahead=0) == present
        assert step_of(used_at, parameters=minute, ahead=2) == present + 2
    assert step_of(None, parameters=minute, ahead=2) is None
