"""The project's own source files, parsed once."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "credguard"
FILES = sorted(SOURCE.rglob("*.py"))
NAMES = [str(path.relative_to(SOURCE)) for path in FILES]


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of the source file at *path*."""
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def module_name_of(path: Path) -> str:
    """Return the dotted name under which the file at *path* is imported."""
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")
