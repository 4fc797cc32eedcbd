"""The table of `make prove` counts what was tried, and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

TESTS = """
import pytest

pytestmark = pytest.mark.promise("P24")


@pytest.fixture
def broken():
    raise OSError


def test_that_says_nothing():
    pass


def test_that_counts(proof):
    proof.tried(20)
    proof.injected(3)


def test_that_fails():
    assert False


@pytest.mark.skip
def test_that_is_skipped():
    pass


def test_that_skips_itself(proof):
    proof.tried(400)
    pytest.skip("no service")


def test_that_cannot_begin(broken):
    pass
"""


def test_only_what_was_tried_is_counted(tmp_path: Path) -> None:
    """What was skipped, or could not begin, adds no case."""
    path = tmp_path / "test_of_a_promise.py"
    path.write_text(TESTS)
    options = ["-p", "promise_table", "-p", "no:cacheprovider", "--proofs"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "--rootdir", str(tmp_path), *options, path],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    (row,) = [
        line.split() for line in ran.stdout.splitlines() if line.startswith("    P24 ")
    ]
    tests, cases, faults, violations, skipped = map(int, row[1:6])
    assert (tests, skipped, violations) == (3, 2, 2)
    assert (cases, faults) == (1 + 20 + 1, 3)
