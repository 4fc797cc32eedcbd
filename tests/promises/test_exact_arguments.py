"""What is not of the kind that a signature names is refused before anything is done."""

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from credguard.errors import CredguardError
from forums import House, house_at
from proving import Proof

WRONG: dict[str, object] = {
    "none": None,
    "zero": 0,
    "seven": 7,
    "float": 0.0,
    "nan": float("nan"),
    "false": False,
    "true": True,
    "bytes": b"17",
    "bytearray": bytearray(b"17"),
    "list": ["17"],
    "tuple": ("17",),
    "dict": {"17": "17"},
    "object": object(),
    "class": str,
}
STORED = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$H9YweMwoZaKj+u6urw6adAxV6iLhNwQ/DYbynE"
GOOD: dict[str, object] = {
    "account_id": "17",
    "password": "a quiet harbour at noon",
    "new": "another quiet harbour",
    "code": "123456",
    "stored": STORED,
    "key_id": "01234567",
}
ANY_KIND: tuple[object, ...] = (
    "x",
    1,
    True,
    timedelta(1),
    datetime(2026, 11, 22, tzinfo=UTC),
    (),
    None,
    b"x",
    range(3),
)
# People may send anything here. It is a wrong password, code or stamp like any other:
# refused by a declared error, but after the work and the look-ups of a wrong one, so
# that nothing is told by the time.
LIKE_ANY_WRONG_ONE = {"password", "new", "code"}
# Said of anything: that it is unreadable, or what is wrong with it.
SAID_OF_ANYTHING = {
    ("passwords", "describe"),
    ("passwords", "identify"),
    ("policy", "reasons"),
}
# There may be no row: nothing is due then, and nobody is let in.
MAY_BE_MISSING = {
    ("passwords", "needs_rehash", "stored"),
    ("passwords", "rekey", "stored"),
    ("guard", "change_password", "account_id"),
}
NOT_TRIED = {"close"}


@dataclass(slots=True)
class Count:
    """How many statements were executed."""

    statements: int = 0


@contextmanager
def counted_statements() -> Iterator[Count]:
    """Count what is asked of any database."""
    count = Count()

    def ask(*_: object) -> None:
        count.statements += 1

    event.listen(Engine, "before_cursor_execute", ask)
    try:
        yield count
    finally:
        event.remove(Engine, "before_cursor_execute", ask)


def allows(hint: object, value: object) -> bool:
    """Return whether *value* is of the kind that *hint* names, or may be."""
    origin = typing.get_origin(hint)
    if origin in {typing.Union, types.UnionType}:
        return any(allows(each, value) for each in typing.get_args(hint))
    kind = hint if origin is None else origin
    if kind in {int, bool, str, bytes}:
        return type(value) is kind
    if kind is float:
        return type(value) in {int, float}
    if kind in {Sequence, Iterable}:
        return isinstance(value, tuple | list | range)
    if kind is types.NoneType or hint is None:
        return value is None
    if kind is Callable:
        return callable(value)
    return isinstance(kind, type) and kind is object


def _rooms(house: House) -> dict[str, object]:
    guard = house.guard
    factors = guard.second_factors
    return {
        "guard": guard,
        "keyring": house.keyring,
        "passwords": guard.passwords,
        "policy": guard.policy,
        "second_factors": factors,
        "devices": factors.devices,
        "leaks": factors.leaks,
        "campaigns": guard.campaigns,
        "journal": guard.journal,
        "swaps": guard.swaps,
        "screening": guard.screening,
    }


def _functions(room: object) -> Iterator[str]:
    for name in dir(type(room)):
        found = inspect.getattr_static(type(room), name)
        is_function = isinstance(found, types.FunctionType | classmethod | staticmethod)
        if is_function and not name.startswith("_") and name not in NOT_TRIED:
            yield name


def _good(parameter: inspect.Parameter, hint: object) -> object:
    if parameter.default is not parameter.empty:
        return parameter.default
    if parameter.name in GOOD:
        return GOOD[parameter.name]
    return next((each for each in ANY_KIND if allows(hint, each)), None)


def _call(
    function: Callable[..., object],
    hints: Mapping[str, object],
    parameter: inspect.Parameter,
    value: object,
) -> object:
    args, kwargs = [], {}
    for each in inspect.signature(function).parameters.values():
        given = value if each == parameter else _good(each, hints.get(each.name))
        if each.kind is each.KEYWORD_ONLY:
            kwargs[each.name] = given
        elif each.kind is not each.VAR_POSITIONAL or each == parameter:
            args.append(given)
    made = function(*args, **kwargs)
    return list(made) if isinstance(made, Iterator) else made


def _outcome(count: Count, call: Callable[[], object]) -> str:
    count.statements = 0
    try:
        call()
    except (TypeError, CredguardError):
        return "after I/O" if count.statements else "refused"
    except Exception as error:  # noqa: BLE001  # all are told
        return f"undeclared {type(error).__name__}"
    return "done"


def _is_expected(place: tuple[str, str, str], kind: str, outcome: str) -> bool:
    room, name, parameter = place
    if outcome == "refused":
        return True
    if parameter in LIKE_ANY_WRONG_ONE and outcome == "after I/O":
        return True
    if (room, name) in SAID_OF_ANYTHING:
        return outcome == "done"
    return place in MAY_BE_MISSING and kind == "none"


@pytest.mark.promise("P17")
@pytest.mark.promise("P7")
def test_wrong_kinds_are_refused(tmp_path: Path, proof: Proof) -> None:
    """Each parameter of each public function refuses what it is not annotated with."""
    unexpected, functions = [], 0
    with (
        house_at(f"sqlite:///{tmp_path / 'forum.db'}", tmp_path, "together") as house,
        counted_statements() as count,
    ):
        for room, thing in _rooms(house).items():
            for name in _functions(thing):
                function = getattr(thing, name)
                hints = typing.get_type_hints(function)
                functions += 1
                for parameter in inspect.signature(function).parameters.values():
                    for kind, value in WRONG.items():
                        if allows(hints[parameter.name], value):
                            continue
                        call = partial(_call, function, hints, parameter, value)
                        outcome = _outcome(count, call)
                        place = (room, name, parameter.name)
                        if not _is_expected(place, kind, outcome):
                            unexpected.append((*place, kind, outcome))
                        proof.tried()
    assert unexpected == []
    assert functions > 100
