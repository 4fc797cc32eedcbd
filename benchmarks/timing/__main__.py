"""
Print whether the time of a refusal tells anything: ``python -m benchmarks.timing``.

Classes of accounts take turns, in an order that is drawn anew in each round, with rows,
passwords and account ids that are made before and used once. Each class is compared
with accounts that do not exist, by the ratio of the medians and by Welch's t. The
control is those accounts against themselves: what it shows is noise, and so is as much
of any other class. ``--samples N`` for each class; ``--default-cost`` for the work
factor that a forum has, and not the cheap one.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.timing.classes import Links, LogIns, Redemptions
from benchmarks.timing.sampling import report, sampled

from credguard.passwords import OWASP_19_MIB, WorkFactor

CHEAP = WorkFactor(memory_kib=1024, passes=2, lanes=1)  # some 1 ms
SAMPLES = 400
SAMPLES_AT_DEFAULT_COST = 100


def main() -> None:
    """Sample log-ins, the asking for links, and their use."""
    parser = argparse.ArgumentParser(description="Does the time of a refusal tell?")
    parser.add_argument("--samples", type=int, help="for each class")
    parser.add_argument("--default-cost", action="store_true")
    asked = parser.parse_args()
    cost = OWASP_19_MIB if asked.default_cost else CHEAP
    samples = asked.samples or (
        SAMPLES_AT_DEFAULT_COST if asked.default_cost else SAMPLES
    )
    cores = len(os.sched_getaffinity(0))
    print(f"Python {sys.version.split()[0]}, {cores} cores, load {_load()}")
    print(f"{samples} samples of each class, {cost}")
    with tempfile.TemporaryDirectory() as folder:
        for kind in (LogIns, Links, Redemptions):
            trial = kind(Path(folder) / kind.__name__, cost, samples)
            print(f"\n{trial.title}")
            report(sampled(trial.works(), samples))
            trial.close()
    print(f"\nload at the end: {_load()}")


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    main()
