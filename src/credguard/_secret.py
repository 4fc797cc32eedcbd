"""Values that do not show themselves, and frames that keep nothing."""

import hmac
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import wraps
from inspect import iscoroutinefunction
from types import FunctionType
from typing import NoReturn, ParamSpec, TypeVar, cast

_P = ParamSpec("_P")
_R = TypeVar("_R")
_C = TypeVar("_C")
Check = Callable[[tuple[object, ...], dict[str, object]], None]
"""Looks at the arguments of a call, the method's object among them; may raise."""

_FORGETS = "_forgets"  # what a wrapped function would be by itself


class Secret:
    """
    Bytes with no repr, no pickle and no hash; `reveal` is the one way in.

    Args:
        value: The bytes to keep out of logs, tracebacks and pickles.
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        """Return the bytes; every place that does so can be found by this name."""
        return self._value

    def __repr__(self) -> str:
        return "<secret>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value, other._value)

    __hash__ = None  # type: ignore[assignment]  # a set would compare in the open

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "a secret cannot be pickled or copied"
        raise TypeError(message)


def never_copied(owner: type[_C]) -> type[_C]:
    """Return the class *owner*, whose objects cannot be pickled or copied."""

    def refuse(_self: object, _protocol: object) -> NoReturn:
        message = f"{owner.__name__} holds a secret and cannot be pickled or copied"
        raise TypeError(message)

    owner.__reduce_ex__ = refuse  # type: ignore[method-assign]
    return owner


def keeps_no_locals(
    function: Callable[_P, _R], check: Check | None = None
) -> Callable[_P, _R]:
    """
    Return *function*, which leaves no local variables behind where it raises.

    An error tracker that is told to show local variables finds none in the frames
    between the caller and what was raised, be they ours or a library's: only where
    they stand. Passwords, codes and stored texts are such variables.

    Args:
        function: What may raise; it may be a coroutine function.

        check: Called with the arguments first; what it raises is cleared too.
    """
    if iscoroutinefunction(function):
        return cast("Callable[_P, _R]", _awaited(function, check))

    @wraps(function)
    def forgetting(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        before = id(sys.exception())
        try:
            if check is not None:
                check(args, kwargs)
            return function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs
            _clear(error, before)
            raise

    setattr(forgetting, _FORGETS, function)
    return forgetting


def _awaited(
    function: Callable[_P, Coroutine[object, object, _R]], check: Check | None
) -> Callable[_P, Coroutine[object, object, _R]]:
    @wraps(function)
    async def forgetting(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        before = id(sys.exception())
        try:
            if check is not None:
                check(args, kwargs)
            return await function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs
            _clear(error, before)
            raise

    setattr(forgetting, _FORGETS, function)
    return forgetting


def unwrapped(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Return what *function* is without `keeps_no_locals`."""
    bare: Callable[_P, _R] = vars(function).get(_FORGETS, function)
    return bare


def keeping_no_locals(owner: type[_C]) -> type[_C]:
    """Return the class *owner*, whose public methods leave no local variables."""
    ours = __name__.partition(".")[0]
    for each in owner.__mro__:
        if each is owner or each.__module__.partition(".")[0] == ours:
            _wrap(each)
    return owner


def _wrap(owner: type) -> None:
    for name, member in list(vars(owner).items()):
        is_public = not name.startswith("_") or name == "__init__"
        is_class_method = isinstance(member, classmethod)
        function = member.__func__ if is_class_method else member
        is_wrapped = hasattr(function, _FORGETS)
        if is_wrapped or not (is_public and isinstance(function, FunctionType)):
            continue
        forgetting = keeps_no_locals(function)
        setattr(owner, name, classmethod(forgetting) if is_class_method else forgetting)


def _clear(error: BaseException, before: int) -> None:
    """Clear the frames of *error* and of what led to it, but not of what was before."""
    seen = {before}
    found: list[BaseException | None] = [error]
    while found:
        each = found.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        found += [each.__cause__, each.__context__]
        if isinstance(each, AttributeError):
            each.obj = None  # what was handed in, where it is of a wrong type
        place = each.__traceback__
        while place is not None:
            # A frame that still runs is the caller's, or the one that clears.
            with suppress(RuntimeError):
                place.tb_frame.clear()
            place = place.tb_next
