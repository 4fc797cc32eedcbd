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
MAX_SCOPE_DEPTH = 100  # operators within operators; each log-in walks them

_GRAMMAR = (
    "it is made of everyone, in_list('FILE'), credential_set_before('T'), "
    "logged_in_between('T', 'T'), scheme('NAME'), & | ~ and parentheses"
)
_WHITE_SPACE = re.compile(r"[ \t\r\n\f\v]")
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)

OpenList = Callable[[str], AccountList]


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
        ScopeError: The text does not parse; the place is named.
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
    raise ScopeError(message)


def _digest_only(name: str) -> AccountList:
    if not _DIGEST.fullmatch(name):
        message = "in_list: a list is named by its digest here"
        raise ScopeError(message)
    return AccountList(name)


class _Reader:
    """Walks the few kinds of nodes that a scope may have; runs nothing."""

    def __init__(self, line: str, start: int, open_list: OpenList) -> None:
        self._line = line
        self._start = start
        self._open_list = open_list

    def read(self, node: ast.expr, depth: int = 0) -> Scope:
        if depth > MAX_SCOPE_DEPTH:
            message = f"a scope has at most {MAX_SCOPE_DEPTH} operators in each other"
            raise ScopeError(message)
        match node:
            case ast.BinOp(left, ast.BitAnd(), right):
                return self.read(left, depth + 1) & self.read(right, depth + 1)
            case ast.BinOp(left, ast.BitOr(), right):
                return self.read(left, depth + 1) | self.read(right, depth + 1)
            case ast.UnaryOp(ast.Invert(), operand):
                return ~self.read(operand, depth + 1)
            case ast.Name("everyone"):
                return everyone
            case ast.Call(ast.Name(name), arguments, []):
                texts = [self._text(each) for each in arguments]
                return self._call(node, name, texts)
            case _:
                raise self._unexpected(node)

    def _call(self, node: ast.expr, name: str, arguments: list[str]) -> Scope:
        match name, arguments:
            case "in_list", [written]:
                return in_list(self._open_list(written))
            case "credential_set_before", [written]:
                return credential_set_before(self._instant(node, written))
            case "logged_in_between", [first, second]:
                start, end = self._instant(node, first), self._instant(node, second)
                return logged_in_between(start, end)
            case "scheme", [written]:
                return scheme(written)
            case _:
                raise self._unexpected(node)

    def _text(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        raise self._unexpected(node)

    def _instant(self, node: ast.expr, written: str) -> datetime:
        instant = from_iso(written)
        if instant is None:
            message = (
                f"the scope has no instant at character {self._place(node)}; "
                "write one like 2014-04-12T17:45Z"
            )
            raise ScopeError(message)
        return instant

    def _unexpected(self, node: ast.expr) -> ScopeError:
        message = f"the scope does not parse at character {self._place(node)}"
        return ScopeError(f"{message}; {_GRAMMAR}")

    def _place(self, node: ast.expr) -> int:
        """Return where *node* begins, counted in characters from 1."""
        # The parser counts bytes of UTF-8.
        before = self._line[self._start :].encode()[: node.col_offset]
        return self._start + len(before.decode(errors="ignore")) + 1
