"""
Arguments are what their annotations say, or nothing is done with them.

A number where a token is expected is no token: MariaDB finds a row for it, and a
list is a second recipient. So public methods look at the kind of each argument
before they do anything, and a wrong one is `TypeError`, the same everywhere.
"""

import inspect
import types
import typing
from collections import abc
from collections.abc import Callable
from functools import partial
from typing import Any, ParamSpec, TypeVar, get_args, get_origin

from credguard._secret import keeping_no_locals, keeps_no_locals, unwrapped

Cls = TypeVar("Cls", bound=type)
_P = ParamSpec("_P")
_R = TypeVar("_R")
Fits = Callable[[object], bool]

_MOST_KINDS = 64  # ways to call a method that are remembered as right


def exact_arguments(*anything: str) -> Callable[[Cls], Cls]:
    """
    Return a class decorator by which public methods refuse arguments of wrong kinds.

    They leave no local variables either, as by `keeping_no_locals`.

    Args:
        anything: Names of arguments that the methods themselves judge, because
            people may send anything there, such as a password.

    Returns:
        A decorator. The methods that it finds, inherited ones too, raise `TypeError`
        where an argument is not of the kind that its annotation names.
    """

    def decorate(decorated: Cls) -> Cls:
        keeping_no_locals(decorated)
        for name in dir(decorated):
            if not name.startswith("_"):
                found = inspect.getattr_static(decorated, name)
                if isinstance(found, types.FunctionType):
                    setattr(decorated, name, _exact(found, anything))
                elif isinstance(found, classmethod):
                    checked = _exact(found.__func__, anything)
                    setattr(decorated, name, classmethod(checked))
        return decorated

    return decorate


def exact_but_first(
    *anything: str,
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """
    Return a decorator by which a function refuses arguments of wrong kinds.

    Its first argument is what it works with, as a method's object is, and is not
    looked at. It leaves no local variables either.

    Args:
        anything: Names of arguments that it judges itself.
    """

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        checked: Callable[_P, _R] = _exact(function, anything)
        return checked

    return decorate


def _exact(method: Callable[..., Any], anything: tuple[str, ...]) -> Callable[..., Any]:
    if hasattr(method, "_is_exact"):
        return method
    # One wrapper, not one around the other: sessions and audit are tagged through it.
    method = unwrapped(method)
    checked = keeps_no_locals(method, _Judge(method, frozenset(anything)).check)
    vars(checked)["_is_exact"] = True
    return checked


class _Judge:
    """Knows the kinds of a method's arguments, from the first call on."""

    def __init__(self, method: Callable[..., Any], anything: frozenset[str]) -> None:
        self._method = method
        self._anything = anything
        self._by_name: dict[str, Fits] | None = None
        self._by_place: list[tuple[str, Fits]] = []
        self._right: set[tuple[object, ...]] = set()

    def check(self, args: tuple[object, ...], kwargs: dict[str, object]) -> None:
        """
        Check the arguments of a call, the first of which is the method's object.

        Raises:
            TypeError: One is of a wrong kind.
        """
        # What is right depends on nothing but the types.
        kinds = (*map(type, args), *kwargs, *map(type, kwargs.values()))
        if kinds in self._right:
            return
        flaw = self._flaw_of(args[1:], kwargs)
        if flaw is not None:
            raise TypeError(flaw)
        if len(self._right) < _MOST_KINDS:
            self._right.add(kinds)

    def _flaw_of(
        self, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> str | None:
        """Return what is wrong with the arguments, None if nothing is."""
        by_name = self._by_name
        if by_name is None:
            by_name = self._by_name = self._read()
        for (name, fits), value in zip(self._by_place, args, strict=False):
            if not fits(value):
                return self._flaw(name)
        for name, value in kwargs.items():
            found = by_name.get(name)
            if found is not None and not found(value):
                return self._flaw(name)
        return None

    def _read(self) -> dict[str, Fits]:
        # Not when the class is made: some annotations are of modules that are not
        # loaded by then.
        by_name = {}
        by_place = []
        _, *parameters = inspect.signature(self._method).parameters.values()
        for parameter in parameters:
            name = parameter.name
            fits = _ANYTHING if name in self._anything else self._fits(parameter)
            by_name[name] = fits
            if parameter.kind is not parameter.KEYWORD_ONLY:
                by_place.append((name, fits))
        self._by_place = by_place
        return by_name

    def _fits(self, parameter: inspect.Parameter) -> Fits:
        hint = parameter.annotation
        if isinstance(hint, str):
            try:
                hint = typing.get_type_hints(self._method)[parameter.name]
            except NameError:  # only type checkers know it
                return _ANYTHING
        is_many = parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}
        return _ANYTHING if is_many else _fits_of(hint)

    def _flaw(self, name: str) -> str:
        return f"{self._method.__qualname__}(): {name} is of a wrong type"


def _fits_of(hint: object) -> Fits:
    """Return what tells whether a value is of the kind that *hint* names."""
    origin = get_origin(hint)
    if origin in {typing.Union, types.UnionType}:
        return partial(_is_any, tuple(map(_fits_of, get_args(hint))))
    kind = hint if origin is None else origin
    if kind in _KINDS:
        return _KINDS[kind]
    if not isinstance(kind, type):
        return _ANYTHING
    if getattr(kind, "_is_protocol", False):
        return _is_object
    return partial(_is_a, kind)


def _is_any(kinds: tuple[Fits, ...], value: object) -> bool:
    return any(fits(value) for fits in kinds)


def _is_a(kind: type, value: object) -> bool:
    return isinstance(value, kind)


def _is_several(value: object) -> bool:
    # One text by itself is let through: where several are asked for, it is one of them.
    return isinstance(value, abc.Iterable) and not isinstance(
        value, bytes | bytearray | abc.Mapping
    )


def _is_number(value: object) -> bool:
    return type(value) is int or isinstance(value, float)


def _is_object(value: object) -> bool:
    # What has the methods of a protocol is found out when they are called; a bare
    # value, or a class, has none of ours.
    is_bare = type(value).__module__ == "builtins" and not callable(value)
    return not is_bare and not isinstance(value, type)


_ANYTHING: Fits = partial(_is_a, object)
_KINDS: dict[object, Fits] = {
    object: _ANYTHING,
    Any: _ANYTHING,
    None: lambda value: value is None,
    types.NoneType: lambda value: value is None,
    # True is no number of anything.
    int: lambda value: type(value) is int,
    float: _is_number,
    abc.Callable: callable,
    abc.Sequence: _is_several,
    abc.Iterable: _is_several,
    abc.Iterator: _is_several,
}
