"""A notice policy as tables of a TOML file: of a plan, or of the settings. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import fields

from credguard.campaigns.notice_policy import (
    Ambiguous,
    Group,
    NoticePolicy,
    StaffWave,
)
from credguard.campaigns.quiet_hours import QuietHours
from credguard.campaigns.wording import TEXT_NAMES, Texts
from credguard.errors import DeliverySetupError

SCALARS = (
    "day_quota",
    "other_rate",
    "staff",
    "ambiguous",
    "reminder_days",
    "quiet_hours",
    "time_zone",
    "max_bounces",
    "max_complaints",
    "bounce_address",
    "link_on_request",
)
"""What stands directly under ``[notices]``."""

SECTIONS = ("groups", "texts")
"""The tables below ``[notices]``."""

MAX_TABLES = 200  # of groups, or of languages


def to_tables(policy: NoticePolicy) -> dict[str, Mapping[str, object]]:
    """Return *policy* as tables by their names, such as ``notices.groups.google``."""
    plain = {
        each.name: getattr(policy, each.name)
        for each in fields(policy)
        if each.name not in {"groups", "texts", "quiet"}
    }
    if policy.quiet:
        plain |= {"quiet_hours": policy.quiet.hours, "time_zone": policy.quiet.zone}
    tables = {"notices": _without_none(plain)}
    for name, group in policy.groups.items():
        content = {"domains": list(group.domains), "rate": group.rate}
        tables[f"notices.groups.{name}"] = _without_none(content)
    for language, texts in policy.texts.items():
        written = {name: getattr(texts, name) for name in TEXT_NAMES}
        given = {name: text for name, text in written.items() if text}
        tables[f"notices.texts.{language}"] = given
    return tables


def from_table(content: Mapping[str, object]) -> NoticePolicy:
    """
    Read a policy from what stands under ``[notices]``.

    Args:
        content: The table; names other than `SCALARS` and `SECTIONS` are not looked
            at, because the settings keep more there.

    Raises:
        DeliverySetupError: A value is of the wrong kind or cannot work.
    """
    given = dict(content)
    quiet = _quiet(given.pop("quiet_hours", None), given.pop("time_zone", None))
    groups, texts = _tables(given, "groups"), _tables(given, "texts")
    plain = {
        name: _READERS[name](name, value)
        for name, value in given.items()
        if name in _READERS
    }
    return NoticePolicy(
        quiet=quiet,
        groups={name: _group(each) for name, each in groups.items()},
        texts={name: _texts(each) for name, each in texts.items()},
        **plain,  # type: ignore[arg-type]  # each was read for its name
    )


def _without_none(content: Mapping[str, object]) -> Mapping[str, object]:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in content.items()
        if value is not None
    }


def _wrong(name: str, wanted: str) -> DeliverySetupError:
    return DeliverySetupError(f"[notices]: {name} is {wanted}")


def _number(name: str, value: object) -> float:
    # type() and not isinstance(): True is no number.
    if type(value) not in {int, float}:
        raise _wrong(name, "a number")
    return float(str(value))


def _whole(name: str, value: object) -> int:
    if type(value) is not int:
        raise _wrong(name, "a whole number")
    return value


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(name, "a text")
    return value


def _days(name: str, value: object) -> tuple[int, ...]:
    if not isinstance(value, list | tuple):
        raise _wrong(name, "a list of days such as [3, 14]")
    return tuple(_whole(name, each) for each in value)


def _staff(name: str, value: object) -> StaffWave:
    if value not in list(StaffWave):
        raise _wrong(name, "one of " + ", ".join(StaffWave))
    return StaffWave(str(value))


def _ambiguous(name: str, value: object) -> Ambiguous:
    if value not in list(Ambiguous):
        raise _wrong(name, "one of " + ", ".join(Ambiguous))
    return Ambiguous(str(value))


_READERS: Mapping[str, Callable[[str, object], object]] = {
    "day_quota": _whole,
    "other_rate": _number,
    "staff": _staff,
    "ambiguous": _ambiguous,
    "reminder_days": _days,
    "max_bounces": _number,
    "max_complaints": _number,
    "bounce_address": _text,
    "link_on_request": _text,
}


def _quiet(hours: object, zone: object) -> QuietHours | None:
    if hours is None and zone is None:
        return None
    if not isinstance(hours, str) or not isinstance(zone, str):
        message = "[notices]: quiet_hours and time_zone are set both or not at all"
        raise DeliverySetupError(message)
    return QuietHours(hours, zone)


def _tables(
    content: dict[str, object], name: str
) -> Mapping[str, Mapping[str, object]]:
    section = content.pop(name, {})
    if isinstance(section, dict) and len(section) <= MAX_TABLES:
        found: Mapping[str, Mapping[str, object]] = section
        if all(isinstance(each, dict) for each in found.values()):
            return found
    raise _wrong(name, f"a table of tables, such as [notices.{name}.NAME]")


def _group(content: Mapping[str, object]) -> Group:
    rate, domains = content.get("rate"), content.get("domains", [])
    if content.keys() - {"rate", "domains"} or not isinstance(domains, list | tuple):
        message = "[notices.groups]: a group is described by rate and domains"
        raise DeliverySetupError(message)
    return Group(
        tuple(_text("a domain", each) for each in domains),
        None if rate is None else _number("rate", rate),
    )


def _texts(content: Mapping[str, object]) -> Texts:
    if content.keys() - set(TEXT_NAMES):
        message = f"[notices.texts]: a language has {', '.join(TEXT_NAMES)}"
        raise DeliverySetupError(message)
    return Texts(**{name: _text(name, each) for name, each in content.items()})
