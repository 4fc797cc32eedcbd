"""What is installed is what was written: the wheel holds the package whole."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from itertools import chain
from pathlib import Path

import pytest
from sources import ROOT, SOURCE

from proving import Proof

SPRING_1990 = 638_000_000  # seconds since 1970
MOST_REQUIRED = 6  # see docs/adr/0032
COMES_WITH_ANOTHER = {"urllib3"}  # with requests
WITHOUT_COPY = shutil.ignore_patterns(
    ".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "_build", "build", "dist"
)


def build(kind: str, *, source: Path, folder: Path, **settings: str) -> Path:
    """Build a *kind* of package from *source* with what is installed."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)],
        cwd=source,
        check=True,
        capture_output=True,
        timeout=120,
        env=os.environ | settings,
    )
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """The wheel, built from the working tree."""
    folder = tmp_path_factory.mktemp("wheel")
    return zipfile.Path(build("wheel", source=ROOT, folder=folder))


def names_in(wheel: zipfile.Path) -> set[str]:
    """Return the names of all files in *wheel*."""
    return {name for name in wheel.root.namelist() if not name.endswith("/")}


def metadata_of(wheel: zipfile.Path) -> zipfile.Path:
    """Return the folder of *wheel* that holds its metadata."""
    (found,) = (part for part in wheel.iterdir() if part.name.endswith(".dist-info"))
    return found


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.Path) -> None:
    """Every file of the package is in the wheel, data and type marker included."""
    written = {
        str(path.relative_to(SOURCE.parent))
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = {name for name in names_in(wheel) if ".dist-info/" not in name}
    assert "credguard/py.typed" in held
    assert held == written


def test_the_wheel_carries_the_license(wheel: zipfile.Path) -> None:
    """The text of the license is in the wheel, whole."""
    held = metadata_of(wheel) / "licenses" / "LICENSE"
    assert held.read_text("utf-8") == (ROOT / "LICENSE").read_text("utf-8")


def test_the_wheel_offers_the_extras_and_the_command(wheel: zipfile.Path) -> None:
    """The metadata names the extras, and the command is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    metadata = Parser().parsestr((metadata_of(wheel) / "METADATA").read_text("utf-8"))
    assert set(metadata.get_all("Provides-Extra") or []) == set(
        project["optional-dependencies"]
    )
    commands = (metadata_of(wheel) / "entry_points.txt").read_text("utf-8")
    assert "credguard = credguard.cli:main" in commands


@pytest.mark.promise("P24")
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_two_builds_are_the_same(
    kind: str, tmp_path_factory: pytest.TempPathFactory, proof: Proof
) -> None:
    """Another folder, another day, another place and order of files: the same bytes."""
    copy = tmp_path_factory.mktemp("elsewhere") / "copy"
    shutil.copytree(ROOT, copy, ignore=WITHOUT_COPY, copy_function=shutil.copy)
    shutil.copy(ROOT / ".gitignore", copy)
    for path in copy.rglob("*"):
        os.utime(path, (SPRING_1990, SPRING_1990))
    elsewhere = {"PYTHONHASHSEED": "77", "TZ": "Asia/Kolkata"}
    places: dict[Path, dict[str, str]] = {ROOT: {}, copy: elsewhere}
    found = set()
    for source, settings in places.items():
        folder = tmp_path_factory.mktemp("built")
        built = build(kind, source=source, folder=folder, **settings)
        found.add((built.name, hashlib.sha256(built.read_bytes()).hexdigest()))
        proof.tried()
    assert len(found) == 1


@pytest.mark.promise("P24")
def test_the_wheel_is_pure_python(wheel: zipfile.Path) -> None:
    """It fits every machine: no compiled code, no tag of a platform."""
    said = Parser().parsestr((metadata_of(wheel) / "WHEEL").read_text("utf-8"))
    assert (said["Root-Is-Purelib"], said["Tag"]) == ("true", "py3-none-any")
    compiled = (".so", ".pyd", ".dll", ".dylib", ".pyc")
    assert not [name for name in names_in(wheel) if name.endswith(compiled)]


@pytest.mark.promise("P24")
def test_what_is_required_is_little_and_justified() -> None:
    """At most six packages of the forum's concern, each with its reasons written."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    reasons = (ROOT / "docs/adr/0032-each-dependency.md").read_text("utf-8").lower()
    required = set(map(name_of, project["dependencies"]))
    assert len(required - COMES_WITH_ANOTHER) <= MOST_REQUIRED
    extras = chain.from_iterable(project["optional-dependencies"].values())
    for name in required | set(map(name_of, extras)):
        assert f"\n### {name.lower()}\n" in reasons, name


def name_of(requirement: str) -> str:
    """Return the name of the package that is required."""
    return re.split(r"[\[<>=,]", requirement)[0]
