"""A herd of log-ins: bounded memory, a bounded wait, and nothing that adds up."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import herd
import pytest

from proving import Proof, sized

LOG_INS = sized(everyday=400, prove=6_000, nightly=100_000)
MOST_GROWTH = 2 * herd.MEBIBYTE  # of the second half of a soak
PATIENCE = 1.0
DECIDED = {"right: in", "wrong: PasswordMismatchError"}

pytestmark = [
    pytest.mark.promise("P12"),
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]


def run(*what: object) -> Any:
    """Run a herd in a process of its own, and return what it told."""
    # Each arena of malloc's would reserve 64 MiB of the addresses that are counted.
    environment = {**os.environ, "MALLOC_ARENA_MAX": "1"}
    done = subprocess.run(
        [sys.executable, herd.__file__, *map(str, what)],
        capture_output=True,
        check=False,
        env=environment,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("callers", "permits"),
    [(40, 2), (40, 4), *([(400, 2)] if sized(everyday=0, prove=1) else [])],
)
def test_a_herd_takes_the_memory_of_its_permits(
    tmp_path: Path, proof: Proof, callers: int, permits: int
) -> None:
    """
    At 64 MiB a computation, under a ceiling, whoever waits too long is told so.

    Without bounds, forty would take 2.5 GiB and four hundred 25.
    """
    told = run("flood", tmp_path, callers, permits, PATIENCE)
    proof.tried(callers)
    assert sum(told["came"].values()) == callers
    assert told["took"] <= told["allowed"]
    busy = {"right: BusyError", "wrong: BusyError"}
    assert set(told["came"]) <= DECIDED | busy
    assert set(told["came"]) & DECIDED
    assert min(told["waits"], default=PATIENCE) >= PATIENCE


def test_memory_and_files_stay_as_they_are(tmp_path: Path, proof: Proof) -> None:
    """After the first half of a soak, nothing grows with the number of log-ins."""
    seen = run("soak", tmp_path, LOG_INS)
    proof.tried(LOG_INS)
    memory, files = zip(*seen[5:], strict=True)
    assert max(memory) - memory[0] <= MOST_GROWTH
    assert len(set(files)) == 1
