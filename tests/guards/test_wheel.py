"""What is installed is what was written: the wheel holds the package whole."""

import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser

import pytest
from sources import ROOT, SOURCE


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """The wheel, built from the working tree with what is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (built,) = folder.glob("*.whl")
    return zipfile.Path(built)


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
