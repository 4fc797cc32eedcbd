"""What gives a secret away, once for each sink: the search must find it all."""

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

import urllib3
from sqlalchemy import create_engine, text

NOBODY = "http://127.0.0.1:9"  # the discard port: nobody listens
# Frames of the tests' own are not looked into; what is compiled here is none of them.
_FRAME = """
def hold(password):
    held = [password]
    raise LookupError
"""


class _Quiet:
    """Shows nothing of itself."""

    __slots__ = ("_held",)

    def __init__(self, password: str) -> None:
        self._held = password

    def __repr__(self) -> str:
        return "<quiet>"


class _Unpickled(_Quiet):
    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError


class _InRepr(_Unpickled):
    def __repr__(self) -> str:
        return self._held

    def __str__(self) -> str:
        return "quiet"


class _InStr(_Unpickled):
    def __str__(self) -> str:
        return self._held


class _InFormat(_Unpickled):
    def __format__(self, spec: str) -> str:
        return self._held


class _InVars(_Unpickled):
    def __init__(self, password: str) -> None:
        super().__init__("")
        self.held = password


class _SlotError(Exception):
    __slots__ = ("held",)

    def __init__(self, held: str) -> None:
        super().__init__()
        self.held = held


def raising(make: Callable[[str], Exception]) -> Callable[[str], None]:
    """Return what raises an error that is made of a secret."""

    def leak(password: str) -> None:
        raise make(password)

    return leak


def with_extra(password: str) -> None:
    """Hang it on an error."""
    error = LookupError()
    error.extra = password  # type: ignore[attr-defined]  # that is what is tried
    raise error


def with_note(password: str) -> None:
    """Note it on an error."""
    error = LookupError()
    error.add_note(password)
    raise error


def with_cause(password: str) -> None:
    """Say it in what led to an error."""
    raise LookupError from ValueError(password)


def in_context(password: str) -> None:
    """Say it in what was being handled."""
    try:
        raise ValueError(password)
    finally:
        raise LookupError


def in_hidden_context(password: str) -> None:
    """Say it in what is not printed, and still hangs there."""
    try:
        with_cause(password)
    except LookupError:
        raise KeyError from None


def in_group(password: str) -> None:
    """Say it in one of several errors."""
    message = "several"
    raise ExceptionGroup(message, [LookupError(), ValueError(password)])


def of_a_library(password: str) -> None:
    """Leave it in the frames of what we called."""
    json.loads(password)


def logged(password: str) -> None:
    """Log it."""
    logging.getLogger("credguard").debug("a line about %s", password)


def logged_as_extra(password: str) -> None:
    """Log it in a field that only some formatters write."""
    logging.getLogger("credguard").debug("a line", extra={"about": password})


def logged_with_error(password: str) -> None:
    """Log what it led to."""
    try:
        with_cause(password)
    except LookupError:
        logging.getLogger("credguard.any").exception("a line")


def logged_by_sqlalchemy(password: str) -> None:
    """Hand it to an engine that hides nothing."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(text("SELECT :given"), {"given": password})
    engine.dispose()


def read_by_sqlalchemy(password: str) -> None:
    """Read it with an engine that hides parameters, and shows rows."""
    engine = create_engine("sqlite://", hide_parameters=True)
    with engine.connect() as connection:
        connection.execute(text("SELECT :given"), {"given": password}).all()
    engine.dispose()


def logged_by_urllib3(password: str) -> None:
    """Ask for it over HTTP."""
    retries = urllib3.Retry(1, backoff_factor=0)
    nobody = urllib3.exceptions.HTTPError
    with urllib3.PoolManager(retries=retries) as pool, suppress(nobody):
        pool.request("GET", f"{NOBODY}/{password}")


def _holding() -> Callable[[str], object]:
    found: dict[str, Callable[[str], object]] = {}
    exec(compile(_FRAME, "<a part of ours>", "exec"), found)  # noqa: S102  # see _FRAME
    return found["hold"]


LEAKS: dict[str, Callable[[str], object]] = {
    "repr": _InRepr,
    "str": _InStr,
    "format": _InFormat,
    "percent": _InStr,
    "vars": _InVars,
    "pickle": _Quiet,
    "error repr": raising(ValueError),
    "error str": raising(ValueError),
    "error args": raising(ValueError),
    "error dict": with_extra,
    "error attributes": raising(_SlotError),
    "error traceback": with_note,
    "error locals": _holding(),
    "log": logged,
    "error repr: cause": with_cause,
    "error repr: context": in_context,
    "error repr: hidden context": in_hidden_context,
    "error args: group": in_group,
    "error locals: a library's": of_a_library,
    "log: a field": logged_as_extra,
    "log: an error": logged_with_error,
    "log: a parameter": logged_by_sqlalchemy,
    "log: a row": read_by_sqlalchemy,
    "log: an address": logged_by_urllib3,
}
"""By the sink in which each is found, with what follows a colon to tell them apart."""
