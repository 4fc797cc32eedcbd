"""What is made wrong in a module: one small change at a time."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}
# What a person reads and no program decides by.
PASSED_OVER = {"__repr__", "__str__"}
QUESTIONS = ast.If | ast.IfExp | ast.While


@dataclass(frozen=True, slots=True)
class Mutant:
    """
    A module with one change.

    Attributes:
        line: Where, from 1.
        text: That line as it is written, without its indentation.
        change: What was changed.
        code: The changed module.
    """

    line: int
    text: str
    change: str
    code: str


def mutants_of(source: str) -> Iterator[Mutant]:
    """Yield every mutant of the module whose text is *source*."""
    lines = source.splitlines()
    tree = ast.parse(source)
    for path, node in _nodes(tree, ()):
        for change, new in _changes(node):
            mutated = copy.deepcopy(tree)
            _put(mutated, path, new)
            line = node.lineno  # type: ignore[attr-defined]  # of what is changed
            code = ast.unparse(ast.fix_missing_locations(mutated))
            yield Mutant(line, lines[line - 1].strip(), change, code)


_Path = tuple[tuple[str, int | None], ...]


def _nodes(node: ast.AST, path: _Path) -> Iterator[tuple[_Path, ast.AST]]:
    yield path, node
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "type_params", "decorator_list"}:
            continue
        if isinstance(value, ast.AST):
            yield from _below(value, (*path, (name, None)))
        elif isinstance(value, list):
            for at, each in enumerate(value):
                if isinstance(each, ast.AST):
                    yield from _below(each, (*path, (name, at)))


def _below(node: ast.AST, path: _Path) -> Iterator[tuple[_Path, ast.AST]]:
    if isinstance(node, ast.FunctionDef) and node.name in PASSED_OVER:
        return
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "message":
        return  # wording of an error
    yield from _nodes(node, path)


def _put(tree: ast.AST, path: _Path, new: ast.AST) -> None:
    owner: ast.AST = tree
    for name, at in path[:-1]:
        value = getattr(owner, name)
        owner = value if at is None else value[at]
    name, at = path[-1]
    if at is None:
        setattr(owner, name, new)
    else:
        getattr(owner, name)[at] = new


def _changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.expr):
        yield from _of_expression(node)
    else:
        yield from _of_statement(node)
    if isinstance(node, QUESTIONS):
        yield from _of_question(node)


def _of_expression(node: ast.expr) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Compare():
            yield from _of_comparison(node)
        case ast.Constant():
            yield from _of_constant(node.value)
        case ast.BinOp() if type(node.op) in COMPUTED:
            new = COMPUTED[type(node.op)]
            change = f"{type(node.op).__name__} to {new.__name__}"
            yield change, ast.BinOp(node.left, new(), node.right)
        case ast.BoolOp():
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            change = f"{type(node.op).__name__} to {type(other).__name__}"
            yield change, ast.BoolOp(other, node.values)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield f"{type(node.op).__name__} removed", node.operand


def _of_constant(value: object) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(value, bool):
        yield f"{value} to {not value}", ast.Constant(not value)
    elif isinstance(value, int | float):
        for new in (value + 1, value - 1):
            yield f"{value} to {new}", ast.Constant(new)


def _of_comparison(node: ast.Compare) -> Iterator[tuple[str, ast.AST]]:
    for at, op in enumerate(node.ops):
        for new in COMPARED[type(op)]:
            ops = [*node.ops[:at], new(), *node.ops[at + 1 :]]
            change = f"{type(op).__name__} to {new.__name__}"
            where = "" if len(node.ops) == 1 else f" ({at + 1})"
            yield change + where, ast.Compare(node.left, ops, node.comparators)


def _of_statement(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    match node:
        case ast.Raise():
            yield "raise removed", ast.Pass()
        case ast.Expr(value=ast.Call()):
            yield "call removed", ast.Pass()
        case ast.Return(value=ast.expr() as value) if not _is_nothing(value):
            yield "None returned", ast.Return(ast.Constant(None))
        case ast.Continue():
            yield "continue to break", ast.Break()
        case ast.Break():
            yield "break to continue", ast.Continue()
        case ast.AugAssign() if type(node.op) in COMPUTED:
            new = COMPUTED[type(node.op)]
            change = f"{type(node.op).__name__}= to {new.__name__}="
            yield change, ast.AugAssign(node.target, new(), node.value)


def _of_question(node: QUESTIONS) -> Iterator[tuple[str, ast.AST]]:
    # Comparisons and the like are turned round by themselves.
    if isinstance(node.test, ast.Compare | ast.UnaryOp | ast.Constant):
        return
    if isinstance(node.test, ast.BoolOp) and isinstance(node, ast.While):
        return
    turned = copy.copy(node)
    turned.test = ast.UnaryOp(ast.Not(), node.test)
    yield "condition turned round", turned


def _is_nothing(node: ast.expr) -> bool:
    # False is changed to True; for None it would hardly ever be taken.
    return isinstance(node, ast.Constant) and node.value in {None, False}
