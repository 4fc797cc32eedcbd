"""What is to be done after a leak, and to whom."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, and_, true

from credguard._clock import in_utc
from credguard._text import from_iso, to_iso
from credguard.errors import SetupError, StoredDataError
from credguard.second_factor.leaks.deciding import Leaked, Ruled, rule
from credguard.storage.tables import second_factor

_NAME = re.compile(r"[A-Za-z0-9._-]{1,16}", re.ASCII)
_C = second_factor.c


@dataclass(frozen=True, slots=True)
class Selection:
    """
    Which factors a measure is about; all that is given must hold.

    Attributes:
        enrolled_before: Enrolled before this instant; None for the start of the
            measure.

        key_id: Sealed under this key now. Select before you re-seal: what was under
            a key once is not known after.

        bits_below: With a seed shorter than so many bits.

        source: Where they came from: ``enrolled``, or the system that they were
            taken over from.
    """

    enrolled_before: datetime | None = None
    key_id: str | None = None
    bits_below: int | None = None
    source: str | None = None

    def condition(self) -> ColumnElement[bool]:
        """Return the selection as SQL over the table of factors."""
        found: list[ColumnElement[bool]] = [true()]
        if self.enrolled_before is not None:
            found.append(_C.made_at < in_utc(self.enrolled_before))
        if self.key_id is not None:
            found.append(_C.key_id == self.key_id)
        if self.bits_below is not None:
            found.append(_C.seed_bits < self.bits_below)
        if self.source is not None:
            found.append(_C.source == self.source)
        return and_(*found)

    def as_text(self) -> str:
        """Return the selection as text that `read_selection` reads."""
        before = self.enrolled_before
        fields = {
            "enrolled_before": None if before is None else to_iso(before),
            "key_id": self.key_id,
            "bits_below": self.bits_below,
            "source": self.source,
        }
        return json.dumps(fields, sort_keys=True)


def read_selection(text: str) -> Selection:
    """
    Return the selection that `Selection.as_text` made *text* of.

    Raises:
        StoredDataError: It did not.
    """
    try:
        fields = json.loads(text)
        before = fields.pop("enrolled_before")
        found = None if before is None else from_iso(before)
        return Selection(enrolled_before=found, **fields)
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    message = "what a leak's measure selects does not stand as it was stored"
    raise StoredDataError(message)


@dataclass(frozen=True, slots=True)
class Measure:
    """
    A measure after a leak.

    Args:
        leak_id: A name for it, 1 to 16 letters, digits, dots, dashes.

        leaked: All that leaked, or may have.

        deadline: Until when people are to have done their part.

        selection: Whose factors it is about; all of them by default.

    Raises:
        SetupError: The name is not one, or nothing leaked.
    """

    leak_id: str
    leaked: Leaked
    deadline: datetime
    selection: Selection = field(default_factory=Selection)

    def __post_init__(self) -> None:
        """Check the name and what leaked."""
        check_leak_id(self.leak_id)
        rule(self.leaked)

    @property
    def ruled(self) -> Ruled:
        """What follows from the leak."""
        return rule(self.leaked)

    @property
    def digest(self) -> str:
        """64 characters that are others where the measure is another."""
        parts = [
            self.leak_id,
            leaked_as_text(self.leaked),
            to_iso(self.deadline),
            self.selection.as_text(),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def check_leak_id(leak_id: str) -> str:
    """
    Return *leak_id* if it can name a leak.

    Raises:
        SetupError: It cannot.
    """
    if not _NAME.fullmatch(leak_id):
        message = "a leak's name has 1 to 16 letters, digits, dots and dashes"
        raise SetupError(message)
    return leak_id


def leaked_as_text(leaked: Leaked) -> str:
    """Return the names of what leaked, in order, with commas."""
    return ",".join(str(each.name) for each in leaked)
