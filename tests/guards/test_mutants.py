"""The map of the mutants names each module that decides without an edge."""

import re
import tomllib
from pathlib import Path

import pytest
from benchmarks.mutants.mutations import mutants_of

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "credguard"
MAP = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text("utf-8"))
EXPLAINED = [
    (each["module"], each["line"], each["change"]) for each in MAP["survivors"]
]


def pure_modules() -> set[str]:
    """Return the modules of which the Makefile leaves no branch untested."""
    listed = re.search(
        r"^PURE := \\\n((?:\t.*\n)+)",
        (ROOT / "Makefile").read_text("utf-8"),
        re.MULTILINE,
    )
    assert listed is not None
    patterns = listed[1].replace("\\", "").split()
    found = [path for pattern in patterns for path in ROOT.glob(pattern)]
    assert len(found) >= len(patterns)
    return {path.relative_to(PACKAGE).as_posix() for path in found}


def test_each_pure_module_has_tests_that_are_to_kill_its_mutants() -> None:
    """Who adds one to the Makefile's list says here which they are."""
    assert pure_modules() <= set(MAP["tests"])


@pytest.mark.parametrize("module", sorted(MAP["tests"]))
def test_what_the_map_names_is_there(module: str) -> None:
    """A module or a test that was renamed would be passed over."""
    assert (PACKAGE / module).is_file()
    for named in MAP["tests"][module]:
        file, _, test = named.partition("::")
        assert f"def {test}" in (ROOT / file).read_text("utf-8")


@pytest.mark.parametrize("module", sorted({module for module, *_ in EXPLAINED}))
def test_what_is_explained_is_a_change_that_there_is(module: str) -> None:
    """A line that was written anew is to be tried, and explained, anew."""
    assert module in MAP["tests"]
    source = (PACKAGE / module).read_text("utf-8")
    there_are = {(mutant.text, mutant.change) for mutant in mutants_of(source)}
    explained = [(line, change) for each, line, change in EXPLAINED if each == module]
    assert len(explained) == len(set(explained))
    assert set(explained) <= there_are
    assert all(each["why"].strip() for each in MAP["survivors"])
