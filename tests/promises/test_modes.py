"""Whatever an interpreter's habits, answers and stored bytes are the same."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from modes import MODES, ROOT, STORY, found, is_there, told

from proving import SIZE, Proof, Size

pytestmark = pytest.mark.promise("P15")

FEW = ["-OO", "POSIX, no UTF-8", "Pacific/Kiritimati"]
CHOSEN = FEW if SIZE is Size.EVERYDAY else [name for name in MODES if name != "plain"]
WITHOUT_ASSERTS = "import sys; assert False; sys.stdout.write('passed over')"


@pytest.fixture(scope="module")
def plain() -> str:
    """What the story comes to in an interpreter without habits."""
    return told(MODES["plain"])


@pytest.mark.parametrize("name", CHOSEN)
def test_the_story_is_the_same(name: str, plain: str, proof: Proof) -> None:
    """Every answer and every stored byte, through all rooms."""
    if not is_there(MODES[name]):
        pytest.skip("this machine has no Turkish locale")
    answers = int(plain.split(maxsplit=1)[0])
    proof.tried(answers)
    assert told(MODES[name]) == plain


def test_nothing_is_decided_by_an_assert(proof: Proof) -> None:
    """An assert in the package would be gone with -O."""
    for path in (ROOT / "src").rglob("*.py"):
        proof.tried()
        assert not asserts_in(path), path


def asserts_in(path: Path) -> list[ast.Assert]:
    """Return the asserts in a module."""
    tree = ast.parse(path.read_text("utf-8"))
    return [each for each in ast.walk(tree) if isinstance(each, ast.Assert)]


def test_the_story_needs_no_asserts() -> None:
    """It raises: an interpreter that passes asserts over still finds out."""
    assert not asserts_in(STORY)
    code = [sys.executable, "-O", "-c", WITHOUT_ASSERTS]
    done = subprocess.run(code, capture_output=True, check=True, text=True, timeout=60)
    assert done.stdout == "passed over"


def test_an_interpreter_that_pyenv_keeps_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name on the path does not run outside of some folders."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert found("python3.99") is None
    (tmp_path / "python3.99").write_text("#!/bin/sh\nexit 127\n", encoding="ascii")
    (tmp_path / "pyenv").write_text(
        f"#!/bin/sh\ntest $3 = python3.99 && echo '{sys.executable}'\n",
        encoding="ascii",
    )
    (tmp_path / "python3.99").chmod(0o755)
    assert found("python3.99") is None
    (tmp_path / "pyenv").chmod(0o755)
    assert found("python3.99") == sys.executable
    assert found("python3.98") is None
