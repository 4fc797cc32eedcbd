"""
The public names with their signatures: `python tests/guards/public_api.py` writes them.

What stands in `public_api.txt` is what a forum's code may rely on. A line that goes or
changes is a breaking change, and wants two releases with a warning before it.
"""

import dataclasses
import enum
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

FROZEN = Path(__file__).with_suffix(".txt")
ROOMS = (
    "credguard",
    "credguard.accounts",
    "credguard.campaigns",
    "credguard.delivery",
    "credguard.errors",
    "credguard.guard",
    "credguard.incidents",
    "credguard.keys",
    "credguard.passwords",
    "credguard.passwords.legacy",
    "credguard.screening",
    "credguard.screening.corpus",
    "credguard.second_factor",
    "credguard.sessions",
    "credguard.testing",
)
# Where something lies in memory, or in which class, is no part of a signature.
_PLACE = re.compile(r"<(?:function )?[\w.<>]+?(?: object)? at 0x[0-9a-f]+>")


def lines() -> list[str]:
    """Return every public name, one a line, with its signature."""
    found = set()
    for room in ROOMS:
        module = importlib.import_module(room)
        for name in _names(module):
            found |= set(_described(f"{room}.{name}", getattr(module, name)))
    return sorted(found)


def _names(module: ModuleType) -> list[str]:
    exported = getattr(module, "__all__", None)
    if exported is not None:
        return list(exported)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and getattr(value, "__module__", "") == module.__name__
    ]


def _described(place: str, value: object) -> Iterator[str]:
    if not inspect.isclass(value):
        yield f"{place}{_signature(value)}" if callable(value) else place
        return
    if issubclass(value, enum.Enum):
        yield f"{place}: enumeration"
        yield from (f"{place}.{each.name} = {each.value!r}" for each in value)
        return
    # Whom a forum catches by an error's kin; what else a class is made of is ours.
    is_error = issubclass(value, Exception)
    kin = " < " + value.__bases__[0].__name__ if is_error else ""
    yield f"{place}{_signature(value)}{kin}"
    if dataclasses.is_dataclass(value):
        yield from (
            f"{place}.{each.name}"
            for each in dataclasses.fields(value)
            if _is_public(each.name)
        )
    for name, member in inspect.getmembers_static(value):
        if _is_public(name) and _is_ours(value, name):
            yield f"{place}.{name}{_signature(member)}"


def _is_public(name: str) -> bool:
    return not name.startswith("_")


def _is_ours(owner: type, name: str) -> bool:
    homes = [each for each in owner.__mro__ if name in vars(each)]
    return homes[0].__module__.startswith("credguard")


def _signature(value: object) -> str:
    if isinstance(value, staticmethod | classmethod):
        value = value.__func__
    if isinstance(value, property) or not callable(value):
        return ""
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return ""
    bare = [
        each.replace(annotation=inspect.Parameter.empty)
        for each in found.parameters.values()
    ]
    text = str(inspect.Signature(bare))
    return _PLACE.sub("<object>", text)


def main() -> None:
    """Write the file anew."""
    FROZEN.write_text("\n".join(lines()) + "\n", encoding="utf-8")
    print(f"{len(lines())} lines in {FROZEN}")


if __name__ == "__main__":
    main()
