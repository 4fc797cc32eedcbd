"""Hours in which no notice goes out, in a named time zone. Pure."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from credguard.errors import DeliverySetupError

_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """
    From when until when nobody is written to, each day.

    Args:
        hours: Such as ``22:00-08:00``.

        zone: A time zone of the IANA database, such as ``Europe/London``.

    Raises:
        DeliverySetupError: They are no such hours, or there is no such zone.
    """

    hours: str
    zone: str
    _begin: time = field(init=False, repr=False, compare=False)
    _end: time = field(init=False, repr=False, compare=False)
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = _HOURS.fullmatch(self.hours)
        if found is None or found[1] + found[2] == found[3] + found[4]:
            message = "quiet hours are written 22:00-08:00"
            raise DeliverySetupError(message)
        begin, end = self.hours.split("-")
        object.__setattr__(self, "_begin", time.fromisoformat(begin))
        object.__setattr__(self, "_end", time.fromisoformat(end))
        object.__setattr__(self, "_zone", _read_zone(self.zone))

    def over_at(self, now: datetime) -> datetime | None:
        """Return when the quiet hours end in which *now* lies, None if in none."""
        local = now.astimezone(self._zone)
        told = local.time()
        if self._begin < self._end:
            is_quiet = self._begin <= told < self._end
        else:
            is_quiet = told >= self._begin or told < self._end
        if not is_quiet:
            return None
        day = local.date() + (timedelta(0) if told < self._end else _DAY)
        ends = datetime.combine(day, self._end, self._zone)
        # Where a clock is set back, the end may come a second time.
        end = ends.astimezone(UTC)
        return end if end > now else ends.replace(fold=1).astimezone(UTC)


def _read_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        pass
    message = "the time zone of the quiet hours is not known; write Europe/London"
    raise DeliverySetupError(message)
