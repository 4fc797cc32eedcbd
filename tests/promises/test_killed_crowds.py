"""A whole campaign by three workers at once, of which one after the other is killed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from proving import Proof, sized

pytestmark = pytest.mark.promise("P2")

ROOT = Path(__file__).parents[2]
TRIAL = (sys.executable, "-m", "benchmarks.campaigns.kills")
WORKERS = 3
ACCOUNTS = sized(everyday=60, prove=500, nightly=2_000)
KILLS = sized(everyday=6, prove=60, nightly=300)
PATIENCE_SECONDS = 1_800


def played(url: str, **numbers: int) -> tuple[int, dict[str, str]]:
    """Return the exit status of a trial, and what it printed by name."""
    options = [f"--{name}={number}" for name, number in numbers.items()]
    ended = subprocess.run(
        [*TRIAL, f"--database={url}", f"--workers={WORKERS}", *options],
        capture_output=True,
        check=False,
        cwd=ROOT,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        timeout=PATIENCE_SECONDS,
    )
    assert not ended.stderr
    figures = re.findall(r"^  (\S.*?)  +(\S*)$", ended.stdout, flags=re.MULTILINE)
    return ended.returncode, dict(figures)


def test_killed_workers_end_where_others_do(database_url: str, proof: Proof) -> None:
    """Told, reminded and closed: nobody is lost, and copies come from kills alone."""
    status, figures = played(database_url, accounts=ACCOUNTS, kills=KILLS)
    faults = [name for name in figures if name.startswith("FAULT")]
    assert (status, faults) == (0, [])
    proof.tried(int(figures["accounts"]))
    proof.injected(int(figures["kills"]))
    assert int(figures["kills"]) >= KILLS // 2
    assert int(figures["messages"]) > ACCOUNTS
