"""A plan as TOML: what an operator reads, keeps and starts, and what we store."""

import json
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from credguard._text import from_iso, to_iso
from credguard.campaigns import notice_file
from credguard.campaigns.expressions import Scope
from credguard.campaigns.letter import LetterTemplate
from credguard.campaigns.lists import AccountList, ListKind
from credguard.campaigns.plan import Plan
from credguard.campaigns.scope_text import parse
from credguard.campaigns.tally import Tally
from credguard.errors import DeliverySetupError, ScopeError

MAX_PLAN_CHARACTERS = 200_000
MAX_STORED_OCTETS = 65_535  # a TEXT column of MariaDB holds no more
MAX_COUNT = 10**12  # accounts; more than there are people

_VERSION = 2
_COUNTS = (
    "accounts",
    "in_scope",
    "to_tell",
    "unreachable",
    "no_password",
    "inactive",
    "staff",
    "second_factor",
    "never_logged_in",
    "unmatched",
)
_LATER_COUNTS = ("known_bad",)  # written where there are any; older plans have none
_COUNTERS = ("schemes", "bands", "told_bands", "domains", "groups")
_LETTER = (
    "site",
    "reason",
    "sender_name",
    "sender_address",
    "link",
    "subject",
    "body",
)


OpenAgain = Callable[[str, str | None, ListKind], AccountList]


def write(plan: Plan, *, lists: Mapping[str, str] | None = None) -> str:
    """
    Return *plan* as TOML.

    Args:
        plan: The plan.

        lists: File names by the digest of the list that each holds.
    """
    letter = {name: getattr(plan.letter, name) for name in _LETTER}
    counts: dict[str, object] = {name: getattr(plan.tally, name) for name in _COUNTS}
    later = {name: getattr(plan.tally, name) for name in _LATER_COUNTS}
    counts |= {name: count for name, count in later.items() if count}
    sections: dict[str, Mapping[str, object]] = {
        "letter": letter,
        "counts": counts,
        **notice_file.to_tables(plan.notices),
    }
    for name in _COUNTERS:
        sections[name] = dict(getattr(plan.tally, name).most_common())
    sections["lists"] = dict(lists or {})
    lines = [
        "# A credguard campaign. Start it with: credguard campaign start THIS-FILE",
        f"version = {_VERSION}",
        f"scope = {_value(str(plan.scope))}",
        f"made_at = {_value(to_iso(plan.made_at))}",
        f"rate = {plan.rate!r}",
        f"link_lifetime_seconds = {int(plan.link_lifetime.total_seconds())}",
    ]
    for name, section in sections.items():
        lines += ["", f"[{name}]"]
        lines += [f"{_value(key)} = {_value(each)}" for key, each in section.items()]
    return "\n".join(lines) + "\n"


def check_fits(plan: Plan) -> None:
    """
    Check that *plan* can be kept in every database.

    Raises:
        DeliverySetupError: It has more than 65,535 octets as it is kept.
    """
    if len(_octets(plan)) > MAX_STORED_OCTETS:
        message = (
            f"the plan has more than {MAX_STORED_OCTETS:,} octets, too many for some "
            "databases; shorten the letter, or the texts of its languages"
        )
        raise DeliverySetupError(message)


def digest(plan: Plan) -> str:
    """
    Return what an approval is for: SHA-256 over all of the plan, in hexadecimal.

    Scope, counts, texts, rates, the notice policy and instants are in it; where the
    files with its lists are is not, but what stands in them is.
    """
    return sha256(_octets(plan)).hexdigest()


def _octets(plan: Plan) -> bytes:
    return write(plan).encode("utf-8", "surrogatepass")


def read(text: str, *, open_list: OpenAgain | None = None) -> Plan:
    """
    Read a plan that `write` wrote.

    Args:
        text: The TOML.

        open_list: Given a digest, the file name that the plan has for it, and what
            its entries are, reads the list; its digest is compared. Without it, lists
            are known by their digests only.

    Raises:
        ScopeError: The text is not such a plan, or a list has changed.
        CampaignStateError: The rate or the link's lifetime is out of range.
        DeliverySetupError: The letter in it cannot be sent.
    """
    found = _content(text)
    if found is None:
        message = "this is not a plan; make one with: credguard campaign plan"
        raise ScopeError(message)
    return Plan(
        scope=_scope(found.scope, found.lists, open_list),
        letter=LetterTemplate(**found.letter),
        rate=found.rate,
        link_lifetime=found.link_lifetime,
        made_at=found.made_at,
        tally=found.tally,
        notices=notice_file.from_table(found.notices),
    )


@dataclass(frozen=True, slots=True)
class _Content:
    """What stands in a plan's text, before it is known to make sense."""

    scope: str
    letter: Mapping[str, str]
    rate: float
    link_lifetime: timedelta
    made_at: datetime
    tally: Tally
    lists: Mapping[str, str]
    notices: Mapping[str, object]

    @classmethod
    def of(cls, content: Mapping[str, object]) -> "_Content":
        """Read what tomllib found; what is missing or odd raises as dicts do."""
        letter, counts = _section(content, "letter"), _section(content, "counts")
        lists = _section(content, "lists")
        tally = Tally()
        for name in _COUNTERS:
            found = _section(content, name).items()
            setattr(tally, name, Counter({key: _count(each) for key, each in found}))
        for name in _COUNTS:
            setattr(tally, name, _count(counts[name]))
        for name in _LATER_COUNTS:
            setattr(tally, name, _count(counts.get(name, 0)))
        made_at = from_iso(str(content["made_at"]))
        if made_at is None:
            raise ValueError
        return cls(
            scope=str(content["scope"]),
            letter={name: str(letter[name]) for name in _LETTER},
            rate=float(str(content["rate"])),
            link_lifetime=timedelta(seconds=_count(content["link_lifetime_seconds"])),
            made_at=made_at,
            tally=tally,
            lists={named: str(name) for named, name in lists.items()},
            notices=_section(content, "notices"),
        )


def _content(text: str) -> _Content | None:
    # Only the reading fails in these ways; what a list's reader raises is its own.
    try:
        content = tomllib.loads(text) if len(text) <= MAX_PLAN_CHARACTERS else {}
        if _count(content["version"]) == _VERSION:
            return _Content.of(content)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return None
    message = "this plan was made by another release; make a new one"
    raise ScopeError(message)


def _count(value: object) -> int:
    # type() and not isinstance(): True is no number of accounts.
    if type(value) is not int or not 0 <= value <= MAX_COUNT:
        raise ValueError
    return value


def _scope(text: str, files: Mapping[str, str], open_list: OpenAgain | None) -> Scope:
    if open_list is None:
        return parse(text)

    def opened(named: str, kind: ListKind | None) -> AccountList:
        found = open_list(named, files.get(named), kind or ListKind.IDS)
        if found.digest != named:
            message = "a list of the plan changed since it was made; make a new plan"
            raise ScopeError(message)
        return found

    return parse(text, open_list=opened)


def _section(content: Mapping[str, object], name: str) -> Mapping[str, object]:
    section = content[name]
    if not isinstance(section, dict):
        raise TypeError(name)
    return section


def _value(value: object) -> str:
    # A JSON string or number is a TOML one too, DEL excepted (TOML 1.0, "String").
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
