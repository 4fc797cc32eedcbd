"""Which column of the user table means what, and how its values are read."""

import re
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import cast

from sqlalchemy import Integer, Uuid

from credguard._clock import in_utc
from credguard._text import from_iso, has_surrogate
from credguard.storage.tables import ACCOUNT_ID_CHARACTERS

Key = int | str | uuid.UUID
"""An id as its column stores it."""

_WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,19})", re.ASCII)
_UNIX_SECONDS = re.compile(r"[0-9]{9,11}(\.[0-9]{1,9})?", re.ASCII)  # from 1973 on
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
END_OF_TIME = 253_402_300_800  # Unix seconds of the year 10000
_HALF = 1 << 63  # of the numbers of a column of 64 bits
_WORDS_FOR_NO = {"", "0", "f", "false", "n", "no", "off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """
    The names of the columns; None for what the forum does not keep.

    Args:
        id: The immutable id; unique and never empty.

        password: The password hash; at least 128 characters wide.

        address: The mail address.

        name: What the member is called.

        created_at: When the account was made.

        last_login_at: When the member last logged in.

        set_at: When the password was set.

        is_active: False for closed accounts.

        is_staff: True for the forum's own people.

        salt: The salt of the password hash, where it has a column of its own.

        username: The account's name as the forum's software hashed it, where it
            did; not what members see if that is another column.

        second_factor: True, or anything that is neither empty nor a word for no,
            for members with a second factor of the forum's own.

        language: The language in which the member reads, such as ``de``.
    """

    id: str = "id"
    password: str = "password"  # noqa: S105  # a column's name
    address: str = "email"
    name: str | None = None
    created_at: str | None = None
    last_login_at: str | None = None
    set_at: str | None = None
    is_active: str | None = None
    is_staff: str | None = None
    salt: str | None = None
    username: str | None = None
    second_factor: str | None = None
    language: str | None = None

    def named(self) -> dict[str, str]:
        """Return the columns that are named, by what they mean."""
        every = {each.name: getattr(self, each.name) for each in fields(self)}
        return {meaning: name for meaning, name in every.items() if name}


def to_account_id(value: object) -> str:
    """Return a stored id as text; empty for one that is missing."""
    return "" if value is None else str(value)


def from_account_id(account_id: str, kind: object) -> Key | None:
    """
    Return *account_id* as a column stores it, None if no row can have it.

    Args:
        account_id: The id as text; anything may be given.

        kind: The type of the column: of whole numbers, of UUIDs, or of text.
    """
    if isinstance(kind, Integer):
        return _from_whole_number(account_id, kind)
    if isinstance(kind, Uuid):
        try:
            return uuid.UUID(account_id)
        except ValueError:
            return None
    is_storable = (
        len(account_id) <= ACCOUNT_ID_CHARACTERS
        and "\0" not in account_id
        and not has_surrogate(account_id)
    )
    return account_id if is_storable else None


def from_account_ids(account_ids: list[str], kind: object) -> list[Key | None]:
    """Return each of many ids as a column stores it, None where no row can have it."""
    if isinstance(kind, Integer) and not getattr(kind, "unsigned", False):
        with suppress(ValueError):
            numbers = list(map(int, account_ids))
            # Written as we write them, and in range: as a rule that is all of them.
            is_plain = list(map(str, numbers)) == account_ids
            if is_plain and min(numbers) >= -_HALF and max(numbers) < _HALF:
                return list(numbers)
    return [from_account_id(each, kind) for each in account_ids]


def to_text(value: object) -> str | None:
    """Return a stored text, None for NULL; one that is kept as bytes is UTF-8."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return None if value is None else str(value)


def to_texts(values: Sequence[object]) -> Sequence[str | None]:
    """Return a whole column as `to_text` reads each value of it."""
    # As a rule there is nothing to be read, and a sweep does it a million times.
    if set(map(type, values)) == {str}:
        return cast("Sequence[str]", values)
    return list(map(to_text, values))


def to_instant(value: object) -> datetime | None:
    """
    Return a stored instant in UTC, None for what is none.

    Forums keep instants as SQL datetimes, as ISO text or as Unix seconds, with 0
    for "never".
    """
    if isinstance(value, datetime):
        return in_utc(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if isinstance(value, int | float | Decimal):
        return _from_seconds(value)
    if not isinstance(value, str):
        return None
    if _UNIX_SECONDS.fullmatch(value):
        return _from_seconds(float(value))
    return from_iso(value)


def to_truth(value: object, *, unknown: bool) -> bool:
    """
    Return a stored truth value; *unknown* for NULL.

    Forums keep them as booleans, as numbers, as bits, or as words and letters.
    """
    if value is None:
        return unknown
    if isinstance(value, bytes):
        return any(value.strip(b"0"))
    if isinstance(value, str):
        return value.strip().casefold() not in _WORDS_FOR_NO
    return bool(value)


def _from_whole_number(text: str, kind: Integer) -> int | None:
    if not _WHOLE_NUMBER.fullmatch(text):
        return None
    number = int(text)
    if getattr(kind, "unsigned", False):
        return number if 0 <= number < 1 << 64 else None
    return number if -_HALF <= number < _HALF else None


def _from_seconds(seconds: float | Decimal) -> datetime | None:
    if isinstance(seconds, Decimal) and not seconds.is_finite():
        return None
    if not 0 < seconds < END_OF_TIME:
        return None
    if isinstance(seconds, float):
        return datetime.fromtimestamp(seconds, UTC)
    # To the microsecond, as a database compares them.
    return _EPOCH + timedelta(microseconds=int(seconds * 1_000_000))
