"""The page of promises names exactly the tests that prove them."""

import ast
import re
from pathlib import Path

import pytest

from proving import PAGE, PROMISES, named_files

TESTS = Path(__file__).parents[1]


def marks_of(path: Path) -> set[str]:
    """Return the promises that a test file's marks name."""
    tree = ast.parse(path.read_text("utf-8"))
    calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call)]
    return {
        argument.value
        for call in calls
        if ast.unparse(call.func) == "pytest.mark.promise"
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


MARKED = {
    path.relative_to(TESTS.parent).as_posix(): marks_of(path)
    for path in sorted(TESTS.rglob("test_*.py"))
}


def test_each_promise_stands_there_once() -> None:
    """All twenty-four, and no other."""
    headings = re.findall(r"^### (P\d+) ", PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(headings, key=PROMISES.index) == list(PROMISES)


@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_names_the_tests_that_prove_it(promise: str) -> None:
    """Those that bear its mark: `make prove` fails where one of them does not run."""
    proving = {name for name, marks in MARKED.items() if promise in marks}
    assert proving
    assert named_files()[promise] == proving


@pytest.mark.parametrize("promise", PROMISES)
def test_the_latest_figures_have_each_promise_kept(promise: str) -> None:
    """It was tried, and there was no violation."""
    table = (PAGE.parent / "proved.md").read_text("utf-8")
    row = re.search(rf"^\| {promise} \|(.*)\|$", table, re.MULTILINE)
    assert row is not None
    tests, cases, _, violations = row[1].replace(",", "").split("|")[:4]
    assert int(tests) > 0
    assert int(cases) > 0
    assert int(violations) == 0
