"""Run trials of all libraries in turns, and take medians."""

import json
import subprocess
import sys
from statistics import median

from benchmarks.passwords.peers import PEERS, REFERENCE, Cost, stored_hash
from benchmarks.passwords.trial import NOT_INSTALLED

Figures = dict[str, float]


def medians(
    kind: str, cost: Cost, *numbers: int, runs: int, without: str = ""
) -> dict[str, Figures]:
    """
    Return the medians of each library's figures; a missing library is named.

    With them comes "speed": CPU time beside the reference's in the same round, so
    that a busy minute meets both.
    """
    stored = stored_hash(cost)
    names = [name for name in PEERS if name != without]
    found: dict[str, list[Figures]] = {name: [] for name in names}
    for _ in range(runs):
        for name in names:
            figures = in_a_process(name, stored, kind, *cost, *numbers)
            if figures:
                found[name].append(figures)
        used = found[REFERENCE][-1]["cpu"]
        for name in names:
            if found[name]:
                found[name][-1]["speed"] = used / found[name][-1]["cpu"]
    for name in names:
        if not found[name]:
            print(f"  ({name} is not installed)")
    return {
        name: {key: median(run[key] for run in trials) for key in trials[0]}
        for name, trials in found.items()
        if trials
    }


def in_a_process(name: str, stored: str, *arguments: str | int) -> Figures | None:
    """Return the figures of one trial, None if the library is not installed."""
    module = "benchmarks.passwords.trial"
    done = subprocess.run(
        [sys.executable, "-m", module, name, stored, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == NOT_INSTALLED:
        return None
    assert done.returncode == 0, done.stderr
    figures: Figures = json.loads(done.stdout)
    return figures
