"""Values as tables and files hold them: numbers, truth, instants, JSON. Pure."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from credguard._clock import in_utc
from credguard._text import from_iso
from credguard.errors import SetupError
from credguard.second_factor.takeover.refusals import ReasonCode, unfit
from credguard.second_factor.totp import Algorithm, Parameters, step_at

MAX_FIELD_CHARACTERS = 65_536  # a TEXT column of MariaDB; far more than any system's

MAX_STEP_BITS = 48  # a step of one second, far past any clock

_NUMBER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_YES, _NO = {"1", "t", "true", "yes"}, {"", "0", "f", "false", "no"}
_SPELLINGS = {
    spelling: algorithm
    for algorithm in Algorithm
    for number in [algorithm.value.removeprefix("SHA")]
    for spelling in (f"sha{number}", f"sha-{number}", f"hmacsha{number}")
}


def text_of(value: object) -> str | None:
    """
    Return a text as it stands in a column, None for what is none.

    Raises:
        UnfitRecordError: It is longer than any that comes in.
    """
    if isinstance(value, bytes | bytearray | memoryview):
        value = bytes(value).decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    if len(value) > MAX_FIELD_CHARACTERS:
        raise unfit(ReasonCode.TOO_LARGE)
    return value


def number_of(value: object, *, missing: int) -> int:
    """
    Return a whole number, *missing* for NULL and for empty text.

    Raises:
        UnfitRecordError: It is something else.
    """
    if value is None or value == "":
        return missing
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return int(value)
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    raise unfit(ReasonCode.UNREADABLE)


def last_step_of(value: object) -> int | None:
    """
    Return the last step of which a code was accepted, None for none and for -1.

    Raises:
        UnfitRecordError: It is no step.
    """
    step = number_of(value, missing=-1)
    if step >= 1 << MAX_STEP_BITS:
        raise unfit(ReasonCode.UNREADABLE)
    return step if step >= 0 else None


def truth_of(value: object, *, missing: bool) -> bool:
    """
    Return a truth value as databases and CSV files write it.

    Raises:
        UnfitRecordError: It is none.
    """
    if value is None:
        return missing
    if isinstance(value, bool | int):
        return bool(value)
    word = value.strip().lower() if isinstance(value, str) else "?"
    if word not in _YES | _NO:
        raise unfit(ReasonCode.UNREADABLE)
    return word in _YES


def instant_of(value: object) -> datetime | None:
    """Return an instant in UTC, None for what is none: ISO 8601 or a datetime."""
    if isinstance(value, datetime):
        return in_utc(value)
    return from_iso(value) if isinstance(value, str) else None


def milliseconds_of(value: object) -> datetime | None:
    """Return the instant of a number of milliseconds since 1970, None for others."""
    if not isinstance(value, int) or not 0 < value < 1 << 45:
        return None
    return datetime.fromtimestamp(value // 1000, UTC)


def json_of(value: object) -> Mapping[str, object]:
    """
    Return a JSON object, as text or parsed already.

    Raises:
        UnfitRecordError: It is none, or larger than any that comes in.
    """
    text = text_of(value)
    if text is not None:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
    if not isinstance(value, Mapping):
        raise unfit(ReasonCode.UNREADABLE)
    return value


def parameters_of(algorithm: object, digits: object, period: object) -> Parameters:
    """
    Return how codes are made; what is missing is as every app has it.

    Raises:
        UnfitRecordError: A part is not supported.
    """
    is_missing = algorithm is None or algorithm == ""
    name = "sha1" if is_missing else str(algorithm).strip().lower()
    known = _SPELLINGS.get(name)
    if known is None:
        raise unfit(ReasonCode.PARAMETERS)
    try:
        return Parameters(
            digits=number_of(digits, missing=6),
            algorithm=known,
            period_seconds=number_of(period, missing=30),
        )
    except SetupError:
        pass
    raise unfit(ReasonCode.PARAMETERS)


def step_of(
    used_at: datetime | None, *, parameters: Parameters, ahead: int
) -> int | None:
    """
    Return the last step of which a code can have been used, None if not known.

    Args:
        used_at: When the other system last accepted a code.

        parameters: How long a step lasts.

        ahead: How many steps after the present one it accepted.
    """
    if used_at is None:
        return None
    present = step_at(
        int(used_at.timestamp()), period_seconds=parameters.period_seconds
    )
    return present + ahead
