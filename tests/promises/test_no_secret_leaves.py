"""No secret leaves: whatever is called with whatever, no sink shows a canary."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import NoReturn

import pytest
from leaky import LEAKS
from sinks import (
    Remembering,
    all_logged,
    can_be_copied,
    copies_of,
    texts_of_error,
    texts_of_object,
)
from sqlalchemy import event
from worlds import World, world_at

from credguard.errors import BusyError
from credguard.passwords.pool import _Lending
from credguard.storage.quick import QuickConnection
from django_site.fixtures import set_up
from proving import Proof, sized

pytestmark = pytest.mark.promise("P4")

INPUTS: dict[str, Callable[[str], object]] = {
    "right": lambda text: text,
    "surrogate": lambda text: f"{text}\ud800",
    "NUL": lambda text: f"{text}\0{text}",
    "too long": lambda text: text * 500,
    "bytes": lambda text: text.encode(),
    # From here on only where there is time.
    "list": lambda text: [text],
    "mapping": lambda text: {text: text},
    "wrong": lambda text: f"{text}x",
    "surrogates around": lambda text: f"\udc80{text}\udfff",
    "far too long": lambda text: text * 20_000,
    "cut": lambda text: text[:-1] + text[:-1],
    "line ends": lambda text: f"{text}\r\n{text}",
    "blanks": lambda text: f"  {text}\t",
    "percent": lambda text: f"%s%d{text}%(x)s",
    "braces": lambda text: f"{{0}}{text}{{x!r}}",
    "quotes": lambda text: f"'\";--{text}",
    "markup": lambda text: f"<b>{text}</b>",
    "not composed": lambda text: f"{text}e\u0301",
    "emoji": lambda text: f"{text}\U0001f511",
    "right to left": lambda text: f"\u202e{text}",
    "separators": lambda text: f"{text}${text}.{text},{text}:{text}",
    "phc": lambda text: f"$argon2id$v=19$m=8,t=1,p=1${text}${text}",
    "django": lambda text: f"pbkdf2_sha256$1${text}${text}",
    "tuple": lambda text: (text, text),
    "set": lambda text: {text},
    "byte array": lambda text: bytearray(text.encode()),
    "nested": lambda text: {"a": [{"b": text}]},
    "error": ValueError,
    "number": lambda text: int.from_bytes(text.encode()),
}
HOLDERS = (
    "guard",
    "hasher",
    "keyring",
    "key",
    "approver",
    "smtp",
    "service",
    "identity",
    "flask settings",
    "django configuration",
    "django mail",
)
OBJECT_SINKS = ("repr", "str", "format", "percent", "vars", "pickle")
HEARD = {"sqlalchemy.engine.Engine.credguard", "urllib3.connectionpool"}
HOSTS = ("django", "flask", "starlette")
FAULTS = {"disk full": 13, "no such table": 1, "locked": 5, "damaged": 11}
FEWEST = 1_000  # of functions and sinks: fewer were not found
NAMES = list(INPUTS)[: sized(everyday=4, prove=len(INPUTS))]


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[World, Remembering]]:
    """A forum in which every kind of secret is in use, and all that is logged."""
    set_up()  # before, because Django sets how much is logged
    folder = tmp_path_factory.mktemp("world")
    ours, forum = (f"sqlite:///{folder / name}" for name in ("ours.db", "forum.db"))
    with all_logged() as logged, world_at(ours, forum, folder) as found:
        yield found, logged


def sinks_of(call: Callable[[], object]) -> dict[str, str]:
    """Call, and return everything that could show what it was called with."""
    try:
        result = call()
    except Exception as error:  # noqa: BLE001  # whatever it is, it shows nothing
        return texts_of_error(error)
    if isinstance(result, str | bytes):
        return {}  # what was asked for
    return texts_of_object(result) | copies_of(result)


def leaks_of(
    found: World, logged: Remembering, name: str, proof: Proof
) -> set[tuple[str, str, str]]:
    """Call all that is public with one kind of input, and look into every sink."""
    leaks = set()
    for label, function in found.calls():
        positional, named = found.arguments(function, INPUTS[name])
        logged.taken()
        sinks = sinks_of(partial(function, *positional, **named))
        sinks["log"] = logged.taken()
        proof.tried(len(sinks))
        for sink, text in sinks.items():
            leaks |= {(label, sink, each) for each in found.canaries.in_text(text)}
    return leaks


@pytest.mark.parametrize("name", NAMES)
def test_no_call_gives_a_secret_away(
    world: tuple[World, Remembering], name: str, proof: Proof
) -> None:
    """Every public function, with this kind of input, into every sink."""
    found, logged = world
    assert leaks_of(found, logged, name, proof) == set()
    assert proof.cases > FEWEST
    if name == "right":  # bad input may be refused before anybody is asked
        assert logged.names >= HEARD


def test_what_is_planted_is_found(
    world: tuple[World, Remembering], proof: Proof
) -> None:
    """By the same search: functions that leak, each into another sink."""
    found, logged = world
    leaky = replace(found, functions=LEAKS, objects={})
    leaks = leaks_of(leaky, logged, "right", proof)
    missing = {
        label
        for label in LEAKS
        if (label, label.partition(":")[0], "password") not in leaks
    }
    assert missing == set()


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_gives_a_secret_away(
    world: tuple[World, Remembering],
    fault: str,
    proof: Proof,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the database fails, and its driver quotes all that it was given."""
    found, logged = world
    raised: list[str] = []

    def fail(*given: object) -> None:
        raised.append(fault)
        quoted = " ".join(found.canaries.texts.values())
        error = sqlite3.OperationalError(f"{fault}: {given!r} {quoted}")
        error.sqlite_errorcode = FAULTS[fault]
        raise error

    monkeypatch.setattr(QuickConnection, "_run", fail)
    for each in found.databases():  # nobody waits for a lock that is never let go
        monkeypatch.setattr(each, "_patience", timedelta(0))
    engines = [each._engine for each in found.databases()]
    for engine in engines:
        event.listen(engine, "do_execute", fail)
    try:
        assert leaks_of(found, logged, "right", proof) == set()
    finally:
        for engine in engines:
            event.remove(engine, "do_execute", fail)
    proof.injected(len(raised))
    assert raised


def test_no_crowd_gives_a_secret_away(
    world: tuple[World, Remembering], proof: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no permit comes free, and every hasher says that it is busy."""
    found, logged = world
    refused: list[str] = []

    def lend(_lending: object, _patience_seconds: float) -> NoReturn:
        refused.append("busy")
        raise BusyError

    monkeypatch.setattr(_Lending, "lend", lend)
    assert leaks_of(found, logged, "right", proof) == set()
    proof.injected(len(refused))
    assert len(refused) > len(HOSTS)


def shown_by(found: World, proof: Proof) -> set[tuple[str, str, str]]:
    """Look into every sink of every object."""
    leaks = set()
    for label, each in found.objects.items():
        sinks = texts_of_object(each) | copies_of(each)
        proof.tried(len(sinks))
        for sink, text in sinks.items():
            leaks |= {(label, sink, name) for name in found.canaries.in_text(text)}
    return leaks


def test_an_object_that_shows_itself_is_found(
    world: tuple[World, Remembering], proof: Proof
) -> None:
    """By the same search, in each of an object's sinks."""
    found, _ = world
    secret = found.canaries.texts["password"]
    objects = {sink: LEAKS[sink](secret) for sink in OBJECT_SINKS}
    leaks = shown_by(replace(found, objects=objects), proof)
    assert leaks >= {(sink, sink, "password") for sink in OBJECT_SINKS}


def test_no_object_gives_a_secret_away(
    world: tuple[World, Remembering], proof: Proof
) -> None:
    """Nor does any that holds secrets let itself be copied."""
    found, _ = world
    assert shown_by(found, proof) == set()
    copied = {name for name in HOLDERS if can_be_copied(found.objects[name])}
    assert copied == set()
