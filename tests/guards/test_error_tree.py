"""The error tree is the one that is drawn, and no error carries an input."""

import ast
import inspect
import re
from pathlib import Path

import pytest
from sources import FILES, NAMES, SOURCE, tree_of

from credguard import errors
from credguard.errors import CredguardError

CHAIN = re.compile(r"\w+Error(?:\(\w+\))?(?:(?: ── |, )\w+Error)*")
INDENT = 4

# Names that hold what a person typed or what is stored for them.
INPUTS = {
    "address",
    "answer",
    "body",
    "candidate",
    "code",
    "context",
    "cookie",
    "decoded",
    "encoded",
    "hashed",
    "line",
    "link",
    "mail",
    "material",
    "password",
    "phc",
    "plain",
    "retired",
    "sealed",
    "secret",
    "seed",
    "stamp",
    "stored",
    "text",
    "token",
    "url",
    "username",
    "written",
}


def drawn_parents() -> dict[str, str]:
    """Return each error's parent as the docstring of the module draws it."""
    drawing = inspect.cleandoc(errors.__doc__ or "").partition("::\n")[2]
    parents: dict[str, str] = {}
    above: dict[int, str] = {}
    for line in inspect.cleandoc(drawing).splitlines():
        found = CHAIN.search(line)
        if not found:
            continue
        depth = found.start() // INDENT
        for siblings in found[0].split(", "):
            parent = above.get(depth - 1, "Exception")
            for drawn in siblings.split(" ── "):
                name = drawn.partition("(")[0]
                parents[name] = parent
                parent = name
            above[depth] = siblings.partition("(")[0].partition(" ")[0]
    return parents


def real_parents() -> dict[str, str]:
    """Return each error's parent as the classes have it."""
    return {
        name: member.__bases__[0].__name__
        for name, member in vars(errors).items()
        if inspect.isclass(member) and issubclass(member, BaseException)
    }


def test_the_tree_is_the_one_that_is_drawn() -> None:
    """The docstring of `credguard.errors` draws every error under its parent."""
    assert drawn_parents() == real_parents()


def test_every_error_is_a_credguard_error() -> None:
    """One `except CredguardError` catches whatever is raised on purpose."""
    for name in real_parents():
        assert issubclass(getattr(errors, name), CredguardError)


def test_a_missing_extra_is_an_import_error() -> None:
    """A host that already guards its imports sees a missing extra as it expects."""
    assert issubclass(errors.MissingExtraError, ImportError)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_errors_are_defined_in_one_place(path: Path) -> None:
    """No exception class is defined outside `credguard.errors`."""
    if path == SOURCE / "errors.py":
        return
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ClassDef):
            names = [node.name, *(ast.unparse(base) for base in node.bases)]
            wrong = [name for name in names if name.endswith(("Error", "Exception"))]
            assert not wrong, node.name


def interpolated(node: ast.AST) -> set[str]:
    """Return the last part of each name that is put into a text below *node*."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.FormattedValue):
            shown = part.value
            if isinstance(shown, ast.Attribute):
                # A column's name is a setting, whatever the column holds.
                if not ast.unparse(shown.value).endswith("columns"):
                    found.add(shown.attr)
            elif isinstance(shown, ast.Name):
                found.add(shown.id)
    return found


def texts_of_errors(tree: ast.Module) -> list[ast.AST]:
    """Return the nodes that make the text of an error."""
    made: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc:
            made.append(node.exc)
        elif isinstance(node, ast.Assign):
            targets = [ast.unparse(target) for target in node.targets]
            if targets == ["message"]:
                made.append(node.value)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("__init__"):
            made.append(node)
    return made


@pytest.mark.parametrize("path", FILES, ids=NAMES)
@pytest.mark.promise("P4")
def test_no_error_shows_an_input(path: Path) -> None:
    """No text of an error is made from a password, a code, a token or a stored text."""
    for node in texts_of_errors(tree_of(path)):
        assert not interpolated(node) & INPUTS, ast.unparse(node)


def test_an_error_that_shows_an_input_is_found() -> None:
    """The guard's own eyes work: an error that repeats a password is seen."""
    tree = ast.parse('message = f"not {row.password!r}"\nraise ScopeError(message)')
    assert any(interpolated(node) & INPUTS for node in texts_of_errors(tree))
