"""
A scope as text: ``everyone``, ``scheme('django:md5')`` or
``logged_in_between('2019-02-05T14:00Z', '2019-02-07T09:00Z') & ~in_list('x.txt')``.

The text has Python's grammar, so that precedence is as expected, but nothing of
it is run: only the few kinds of nodes that a scope is made of are read.
"""

import ast
import re
from collections.abc import Callable
from datetime import datetime

from credguard._text import from_iso
from credguard.campaigns.scope import (
    AccountList,
    Scope,
    credential_set_before,
    everyone,
    in_list,
    logged_in_between,
    scheme,
)
from credguard.errors import ScopeError

MAX_SCOPE_CHARACTERS = 4096

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)

OpenList = Callable[[str], AccountList]


def parse(text: str, *, open_list: OpenList | None = None) -> Scope:
    """
    Read a scope from text.

    Args:
        text: The expression, at most 4,096 characters.

        open_list: Reads the list that a name stands for. Without it, a list is
            named by its digest.

    Raises:
        ScopeError: The text does not parse; the place is named.
    """
    if len(text) > MAX_SCOPE_CHARACTERS:
        message = f"a scope has at most {MAX_SCOPE_CHARACTERS} characters"
        raise ScopeError(message)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        return _Reader(open_list or _digest_only).read(tree)
    except SyntaxError as error:
        place = error.offset or 0
    except (ValueError, RecursionError, MemoryError):
        place = 0
    message = f"the scope does not parse at character {place}"
    raise ScopeError(message)


def _digest_only(name: str) -> AccountList:
    if not _DIGEST.fullmatch(name):
        message = "in_list: a list is named by its digest here"
        raise ScopeError(message)
    return AccountList(name)


class _Reader:
    """Walks the few kinds of nodes that a scope may have; runs nothing."""

    def __init__(self, open_list: OpenList) -> None:
        self._open_list = open_list

    def read(self, node: ast.expr) -> Scope:
        match node:
            case ast.BinOp(left, ast.BitAnd(), right):
                return self.read(left) & self.read(right)
            case ast.BinOp(left, ast.BitOr(), right):
                return self.read(left) | self.read(right)
            case ast.UnaryOp(ast.Invert(), operand):
                return ~self.read(operand)
            case ast.Name("everyone"):
                return everyone
            case ast.Call(ast.Name(name), arguments, []):
                return self._call(node, name, [_text(each) for each in arguments])
            case _:
                raise _unexpected(node)

    def _call(self, node: ast.expr, name: str, arguments: list[str]) -> Scope:
        match name, arguments:
            case "in_list", [written]:
                return in_list(self._open_list(written))
            case "credential_set_before", [written]:
                return credential_set_before(_instant(node, written))
            case "logged_in_between", [first, second]:
                return logged_in_between(_instant(node, first), _instant(node, second))
            case "scheme", [written]:
                return scheme(written)
            case _:
                raise _unexpected(node)


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise _unexpected(node)


def _instant(node: ast.expr, written: str) -> datetime:
    instant = from_iso(written)
    if instant is None:
        message = (
            f"the scope has no instant at character {node.col_offset + 1}; "
            "write one like 2014-04-12T17:45Z"
        )
        raise ScopeError(message)
    return instant


def _unexpected(node: ast.expr) -> ScopeError:
    return ScopeError(
        f"the scope does not parse at character {node.col_offset + 1}; it is made of "
        "everyone, in_list('FILE'), credential_set_before('T'), "
        "logged_in_between('T', 'T'), scheme('NAME'), & | ~ and parentheses"
    )
