"""Which column of the user table means what, and how its values are read."""

import re
import uuid
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from sqlalchemy import Column, Integer, String, Uuid
from sqlalchemy.types import TypeEngine

from credguard._clock import in_utc
from credguard._text import from_iso

_WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,18})", re.ASCII)


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

    def named(self) -> dict[str, str]:
        """Return the columns that are named, by what they mean."""
        every = {each.name: getattr(self, each.name) for each in fields(self)}
        return {meaning: name for meaning, name in every.items() if name}


def to_account_id(value: object) -> str:
    """Return a stored id as text; empty for one that is missing."""
    return "" if value is None else str(value)


def from_account_id(
    account_id: str, column: Column[object]
) -> int | str | uuid.UUID | None:
    """Return *account_id* as the column stores it, None if no row can have it."""
    kind: TypeEngine[object] = column.type
    if isinstance(kind, Integer):
        matched = _WHOLE_NUMBER.fullmatch(account_id)
        return int(account_id) if matched else None
    if isinstance(kind, Uuid):
        try:
            return uuid.UUID(account_id)
        except ValueError:
            return None
    return account_id if isinstance(kind, String) else None


def to_text(value: object) -> str | None:
    """Return a stored text, None for NULL."""
    return None if value is None else str(value)


def to_instant(value: object) -> datetime | None:
    """
    Return a stored instant in UTC, None for what is none.

    Forums keep instants as SQL datetimes, as ISO text or as Unix seconds, with 0
    for "never".
    """
    if isinstance(value, datetime):
        return in_utc(value)
    if isinstance(value, int | float):
        return _from_seconds(value)
    return from_iso(value) if isinstance(value, str) else None


def to_truth(value: object, *, unknown: bool) -> bool:
    """Return a stored truth value; *unknown* for NULL."""
    return unknown if value is None else bool(value)


def _from_seconds(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (OverflowError, OSError, ValueError):
        return None
