"""The words that the project uses, and constructs that it does without."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from sources import FILES, NAMES, ROOT, tree_of

EMPTY_WORDS = re.compile(
    r"(^|_)(get|do|manager|handler|util|utils|helper|helpers|blacklist|whitelist)(_|$)"
)
EMPTY_MODULES = {"base", "common", "core", "helper", "helpers", "misc", "util", "utils"}
# What http.server and Django call is not ours to name.
GIVEN_NAMES = re.compile(r"__\w+__|do_[A-Z]+|get_help_text")
MOST_LINES = 300
ADDRESS = re.compile(r"[a-z]+://|^--?(index|find|extra|trusted)", re.MULTILINE)


def in_words(identifier: str) -> str:
    """Return an *identifier* in lower case with its words joined by underscores."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", identifier)
    return parted.lower().strip("_")


def defined_names(tree: ast.Module) -> list[str]:
    """Return the names of all functions and classes of a module."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [node.name for node in ast.walk(tree) if isinstance(node, kinds)]


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_no_name_is_empty(path: Path) -> None:
    """No function, class or module is named by a word that could mean anything."""
    assert path.stem not in EMPTY_MODULES
    for name in defined_names(tree_of(path)):
        if not GIVEN_NAMES.fullmatch(name):
            assert not EMPTY_WORDS.search(in_words(name)), name


@pytest.mark.parametrize(
    "name", ["get_password", "do_it", "HashManager", "_handler", "PasswordUtils"]
)
def test_an_empty_name_is_found(name: str) -> None:
    """The guard's own eyes work on functions and classes, private ones too."""
    assert EMPTY_WORDS.search(in_words(name))


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_no_assert_guards_anything(path: Path) -> None:
    """No `assert` stands in the package: `python -O` would remove it."""
    assert not any(isinstance(node, ast.Assert) for node in ast.walk(tree_of(path)))


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_no_file_is_long(path: Path) -> None:
    """A file of more than 300 lines wants to be two."""
    if path.name == "errors.py":
        return  # all errors stand in one place, however many there are
    lines = path.read_text("utf-8").count("\n")
    assert lines <= MOST_LINES


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_no_environment_is_read(path: Path) -> None:
    """Only the command line reads environment variables."""
    if "cli" in path.parts or "integrations" in path.parts:
        return
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            assert name not in {"environ", "environb", "getenv"}


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("requirements/*")), ids=lambda path: path.name
)
def test_requirements_record_no_address(path: Path) -> None:
    """The pinned requirements install from whichever index pip is set up for."""
    assert not ADDRESS.search(path.read_text("utf-8"))


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("requirements/*.txt")), ids=lambda path: path.name
)
def test_every_requirement_is_pinned_by_hash(path: Path) -> None:
    """Each requirement names one version and at least one hash."""
    text = path.read_text("utf-8")
    pinned = [line for line in text.splitlines() if line and line[0].isalnum()]
    assert pinned
    for block in re.split(r"\n(?=[a-z])", text.strip()):
        assert re.match(r"[\w.-]+==[\w.!+]+[ ;\\]", block), block[:80]
        assert "--hash=sha256:" in block, block[:80]


def test_the_makefile_installs_nothing_without_a_hash() -> None:
    """Beside ourselves, and the peers of benchmarks, which are in no test."""
    recipes = (ROOT / "Makefile").read_text("utf-8").replace("\\\n", " ")
    installed = [line for line in recipes.splitlines() if "pip install" in line]
    assert len(installed) > 3
    for line in installed:
        pinned = "--require-hashes" in line or "--no-deps" in line
        assert pinned or "benchmarks/requirements.txt" in line, line


def test_the_oldest_requirements_are_the_lower_bounds() -> None:
    """What the tests run with by night is what `pyproject.toml` says we support."""
    text = (ROOT / "requirements" / "oldest.txt").read_text("utf-8").lower()
    pinned = dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, flags=re.MULTILINE))
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(each for extra in extras for each in extra)]
    for requirement in wanted:
        found = re.match(r"([\w-]+)(?:\[\w+\])?>=([\w.]+)", requirement.lower())
        assert found, requirement
        name, bound = found.groups()
        assert trimmed(pinned[name]) == trimmed(bound), name


def trimmed(version: str) -> str:
    """Return a version without the zeros at its end that mean nothing."""
    return re.sub(r"(\.0)+$", "", version)
