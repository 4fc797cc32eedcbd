"""The map of the mutants names each module that decides without an edge."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "credguard"
MAP = tomllib.loads((ROOT / "tests" / "mutants.toml").read_text("utf-8"))


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
