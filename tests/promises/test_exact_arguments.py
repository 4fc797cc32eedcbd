"""What is not of the kind that a signature names is refused before anything is done."""

import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import partial
from pathlib import Path
from unittest.mock import NonCallableMock

import pytest
from sqlalchemy import Engine, event

from credguard import sessions
from credguard.delivery import Smtp
from credguard.errors import CredguardError
from credguard.incidents import Incidents
from credguard.screening import RangeService
from credguard.screening.corpus import Corpus, CorpusWriter, Kind, Shape, Width
from forums import House, house_at, policy
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
    "policy": policy(),
    "browser": "a browser",
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
    len,
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
# Nothing is due, or nothing is to be kept, so that it is not looked at.
NOT_NEEDED = {
    ("screening", "at_log_in", "password"),
    ("screening", "keep_new", "hash_of"),
}
NOT_TRIED = {"close"}
# How we refuse: see credguard._exact.
OURS = re.compile(r"^[\w.]+\(\): (\w+) is of a wrong type$")


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
    if kind in {int, bool, str, bytes, tuple}:
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


def _rooms(house: House, edges: dict[str, object]) -> dict[str, object]:
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
        "incidents": Incidents(guard._database, house.keyring, clock=house.clock),
        "accounts": guard.campaigns._means.accounts,
        "sessions": sessions,
        **edges,
    }


@contextmanager
def _edges(folder: Path) -> Iterator[dict[str, object]]:
    """Open what asks others: a mail server, a service and a file."""
    shape = Shape(Kind.SHA1, Width.DEFAULT, 1)
    with CorpusWriter(folder / "corpus", shape=shape, expected=0) as writer:
        writer.finish()
    smtp = Smtp("smtp://127.0.0.1:1", sender="help@forum.example")
    with Corpus(folder / "corpus") as corpus:
        yield {
            "corpus": corpus,
            "range_service": RangeService("http://127.0.0.1:1"),
            "smtp": smtp,
        }


def _functions(room: object) -> Iterator[str]:
    if isinstance(room, types.ModuleType):
        functions = inspect.getmembers(room, inspect.isfunction)
        yield from (name for name, _ in functions if name in room.__all__)
        return
    for name in dir(type(room)):
        found = inspect.getattr_static(type(room), name)
        is_function = isinstance(found, types.FunctionType | classmethod | staticmethod)
        if is_function and not name.startswith("_") and name not in NOT_TRIED:
            yield name


def _tried(
    room: object, function: Callable[..., object]
) -> Iterable[inspect.Parameter]:
    """Return the parameters, but for what a function works with, as on an object."""
    parameters = list(inspect.signature(function).parameters.values())
    return parameters[1:] if isinstance(room, types.ModuleType) else parameters


def _good(parameter: inspect.Parameter, hint: object) -> object:
    if parameter.default is not parameter.empty:
        return parameter.default
    if parameter.name in GOOD:
        return GOOD[parameter.name]
    return _made(hint)


def _made(hint: object) -> object:
    """Return something of the kind that *hint* names, so that it is not at fault."""
    for each in ANY_KIND:
        if allows(hint, each):
            return each
    origin = typing.get_origin(hint)
    if origin in {typing.Union, types.UnionType}:
        return _made(typing.get_args(hint)[0])
    kind = hint if origin is None else origin
    assert isinstance(kind, type), hint
    if getattr(kind, "_is_protocol", False):
        return NonCallableMock()
    found = next((each for each in ANY_KIND if isinstance(each, kind)), None)
    if issubclass(kind, Enum):
        return next(iter(kind))
    return found or NonCallableMock(spec=kind)


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


def _outcome(count: Count, name: str, call: Callable[[], object]) -> str:
    count.statements = 0
    try:
        call()
    except TypeError as error:
        found = OURS.search(str(error))
        if found is None or found[1] != name:  # nobody looked at the argument
            return f"accidental {str(error)[:90]}"
        return "after I/O" if count.statements else "refused"
    except CredguardError:
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
    if place in NOT_NEEDED:
        return outcome == "done"
    return place in MAY_BE_MISSING and kind == "none"


@pytest.mark.promise("P17")
@pytest.mark.promise("P7")
def test_wrong_kinds_are_refused(tmp_path: Path, proof: Proof) -> None:
    """Each parameter of each public function refuses what it is not annotated with."""
    unexpected, functions = [], 0
    with (
        house_at(f"sqlite:///{tmp_path / 'forum.db'}", tmp_path, "together") as house,
        _edges(tmp_path) as edges,
        counted_statements() as count,
    ):
        for room, thing in _rooms(house, edges).items():
            for name in _functions(thing):
                function = getattr(thing, name)
                hints = typing.get_type_hints(function)
                functions += 1
                for parameter in _tried(thing, function):
                    for kind, value in WRONG.items():
                        if allows(hints[parameter.name], value):
                            continue
                        call = partial(_call, function, hints, parameter, value)
                        outcome = _outcome(count, parameter.name, call)
                        place = (room, name, parameter.name)
                        if not _is_expected(place, kind, outcome):
                            unexpected.append((*place, kind, outcome))
                        proof.tried()
    assert unexpected == []
    assert functions > 140
