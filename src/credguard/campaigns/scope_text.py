"""
A scope as text: ``everyone``, ``scheme('django:md5')`` or
``logged_in_between('2019-02-05T14:00Z', '2019-02-07T09:00Z') and not staff``.

The text has Python's grammar, so that precedence is as expected, but nothing of
it is run: only the few kinds of nodes that a scope is made of are read. ``and``,
``or`` and ``not`` may be written as ``&``, ``|`` and ``~``, which bind closer.
"""

import ast
import re
from collections.abc import Callable
from datetime import datetime
from functools import reduce
from operator import and_, or_

from credguard._text import from_iso
from credguard.campaigns.lists import AccountList, ListKind
from credguard.campaigns.scope import (
    Scope,
    cost_below,
    created_before,
    credential_set_before,
    everyone,
    has_second_factor,
    in_list,
    logged_in_between,
    mail_domain,
    scheme,
    staff,
)
from credguard.errors import ScopeError

MAX_SCOPE_CHARACTERS = 4096
MAX_SCOPE_DEPTH = 100  # operators within operators; each log-in walks them

_GRAMMAR = (
    "it is made of everyone, staff, has_second_factor, in_list('FILE'), "
    "credential_set_before('T'), created_before('T'), logged_in_between('T', 'T'), "
    "scheme('NAME'), cost_below('owasp'), mail_domain('example.org'), "
    "and, or, not and parentheses"
)
_WHITE_SPACE = re.compile(r"[ \t\r\n\f\v]")
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NAMES = {
    "everyone": everyone,
    "has_second_factor": has_second_factor,
    "staff": staff,
}
_OF_TEXT: dict[str, Callable[[str], Scope]] = {
    "cost_below": cost_below,
    "mail_domain": mail_domain,
    "scheme": scheme,
}

OpenList = Callable[[str, ListKind | None], AccountList]
"""Reads the list that a name stands for, with entries of a kind if one is said."""


def check_size(scope: Scope) -> None:
    """
    Check that *scope* can be written as text and read back.

    Raises:
        ScopeError: It is longer than 4,096 characters, or more than 100 operators
            stand within each other.
    """
    layer: tuple[Scope, ...] = (scope,)
    for _ in range(MAX_SCOPE_DEPTH + 1):
        layer = tuple(part for each in layer for part in each.parts())
        if len(layer) > MAX_SCOPE_CHARACTERS:
            break
    if layer or len(str(scope)) > MAX_SCOPE_CHARACTERS:
        message = (
            f"a scope has at most {MAX_SCOPE_CHARACTERS} characters, and at most "
            f"{MAX_SCOPE_DEPTH} operators within each other; use a list of ids"
        )
        raise ScopeError(message)


def parse(text: str, *, open_list: OpenList | None = None) -> Scope:
    """
    Read a scope from text.

    Args:
        text: The expression, at most 4,096 characters.

        open_list: Reads the list that a name stands for. Without it, a list is
            named by its digest.

    Raises:
        ScopeError: The text does not parse, or a list in it cannot be read;
            `place` says where.
    """
    if len(text) > MAX_SCOPE_CHARACTERS:
        message = f"a scope has at most {MAX_SCOPE_CHARACTERS} characters"
        raise ScopeError(message)
    # In one line a place is a column; white space before it would be an indent.
    line = _WHITE_SPACE.sub(" ", text)
    start = len(line) - len(line.lstrip(" "))
    try:
        tree = ast.parse(line[start:], mode="eval").body
    except SyntaxError as error:
        # The parser says 0 for the end.
        place = start + error.offset if error.offset else len(line) + 1
    except (ValueError, RecursionError, MemoryError):
        place = start + 1
    else:
        scope = _Reader(line, start, open_list or _digest_only).read(tree)
        check_size(scope)
        return scope
    message = f"the scope does not parse at character {place}; {_GRAMMAR}"
    raise ScopeError(message, place=place)


def _digest_only(name: str, kind: ListKind | None) -> AccountList:
    if not _DIGEST.fullmatch(name):
        message = "in_list: a list is named by its digest here"
        raise ScopeError(message)
    return AccountList(name, kind=kind or ListKind.IDS)


class _Reader:
    """Walks the few kinds of nodes that a scope may have; runs nothing."""

    def __init__(self, line: str, start: int, open_list: OpenList) -> None:
        self._line = line
        self._start = start
        self._open_list = open_list

    def read(self, node: ast.expr, depth: int = 0) -> Scope:
        if depth > MAX_SCOPE_DEPTH:
            message = f"a scope has at most {MAX_SCOPE_DEPTH} operators in each other"
            raise ScopeError(message, place=self._place(node))
        parts = [self.read(each, depth + 1) for each in _operands(node)]
        match node:
            case ast.BinOp(op=ast.BitAnd()) | ast.BoolOp(op=ast.And()):
                return reduce(and_, parts)
            case ast.BinOp(op=ast.BitOr()) | ast.BoolOp(op=ast.Or()):
                return reduce(or_, parts)
            case ast.UnaryOp(ast.Invert() | ast.Not()):
                return ~parts[0]
            case ast.Name(name) if name in _NAMES:
                return _NAMES[name]
            case ast.Call(ast.Name(name), arguments, []):
                return self._call(node, name, [self._text(each) for each in arguments])
            case _:
                raise self._unexpected(node)

    def _call(self, node: ast.expr, name: str, arguments: list[str]) -> Scope:
        try:
            found = self._made(node, name, arguments)
        except ScopeError as error:
            told, place = str(error), error.place or self._place(node)
        else:
            if found is None:
                raise self._unexpected(node)
            return found
        if "at character" not in told:
            told = f"{told}, at character {place}"
        raise ScopeError(told, place=place)

    def _made(self, node: ast.expr, name: str, arguments: list[str]) -> Scope | None:
        match name, arguments:
            case "in_list", [written]:
                return in_list(self._open_list(written, None))
            case "in_list", [written, kind] if kind in set(ListKind):
                return in_list(self._open_list(written, ListKind(kind)))
            case "credential_set_before", [written]:
                return credential_set_before(self._instant(node, written))
            case "created_before", [written]:
                return created_before(self._instant(node, written))
            case "logged_in_between", [first, second]:
                start, end = self._instant(node, first), self._instant(node, second)
                return logged_in_between(start, end)
            case name, [written] if name in _OF_TEXT:
                return _OF_TEXT[name](written)
            case _:
                return None

    def _text(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        raise self._unexpected(node)

    def _instant(self, node: ast.expr, written: str) -> datetime:
        instant = from_iso(written)
        if instant is None:
            place = self._place(node)
            message = (
                f"the scope has no instant at character {place}; "
                "write one like 2014-04-12T17:45Z"
            )
            raise ScopeError(message, place=place)
        return instant

    def _unexpected(self, node: ast.expr) -> ScopeError:
        place = self._place(node)
        message = f"the scope does not parse at character {place}; {_GRAMMAR}"
        return ScopeError(message, place=place)

    def _place(self, node: ast.expr) -> int:
        """Return where *node* begins, counted in characters from 1."""
        # The parser counts bytes of UTF-8.
        before = self._line[self._start :].encode()[: node.col_offset]
        return self._start + len(before.decode(errors="ignore")) + 1


def _operands(node: ast.expr) -> list[ast.expr]:
    """Return what an operator joins, nothing for what is none of ours."""
    match node:
        case ast.BinOp(left, ast.BitAnd() | ast.BitOr(), right):
            return [left, right]
        case ast.BoolOp(_, values):
            return values
        case ast.UnaryOp(ast.Invert() | ast.Not(), operand):
            return [operand]
        case _:
            return []
