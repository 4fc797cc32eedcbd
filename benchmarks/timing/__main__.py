"""
Print whether the time of a refusal tells anything: ``python -m benchmarks.timing``.

Classes of accounts take turns, in an order that is drawn anew in each round, with rows,
passwords and account ids that are made before and used once. Each class is compared
with accounts that do not exist, by the ratio of the medians and by Welch's t. The
control is those accounts against themselves: what it shows is noise, and so is as much
of any other class. ``--samples N`` for each class; ``--default-cost`` for the work
factor that a forum has, and not the cheap one, beside which all else looks large.

At the default cost, with 2,000 samples or more, it is also judged. The exit status is 1
where a class is told apart from accounts that do not exist: its median is away by more
than 10 % and the noise, or Welch's t reaches 4.5. It is 2 where the control is told
apart from itself, for then nothing was measured.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.timing.classes import Links, LogIns, Redemptions
from benchmarks.timing.sampling import CONTROL, differences, report, sampled

from credguard.passwords import OWASP_19_MIB, WorkFactor

CHEAP = WorkFactor(memory_kib=1024, passes=2, lanes=1)  # some 1 ms
SAMPLES = 400
SAMPLES_AT_DEFAULT_COST = 100
FEWEST_JUDGED = 2_000  # with fewer, the median of the quietest class wanders
NOTHING_TOLD, TOLD_APART, NOTHING_MEASURED = range(3)


def main() -> int:
    """Sample log-ins, the asking for links, and their use; return the exit status."""
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
    statuses = [NOTHING_TOLD]
    is_judged = asked.default_cost and samples >= FEWEST_JUDGED
    with tempfile.TemporaryDirectory() as folder:
        for kind in (LogIns, Links, Redemptions):
            trial = kind(Path(folder) / kind.__name__, cost, samples)
            print(f"\n{trial.title}")
            taken = sampled(trial.works(), samples)
            report(taken)
            trial.close()
            if is_judged and trial.is_judged:
                statuses.append(judged(taken))
    print(f"\nload at the end: {_load()}")
    return max(statuses)


def judged(taken: Mapping[str, list[float]]) -> int:
    """Say which classes are told apart, and return the exit status for it."""
    found = differences(taken)
    control = found[CONTROL]
    if control.is_told_apart():
        print("  NOTHING MEASURED: the control differs; try a quieter machine")
        return NOTHING_MEASURED
    noise = abs(control.apart)
    told_apart = [name for name, each in found.items() if each.is_told_apart(noise)]
    for name in told_apart:
        print(f"  TOLD APART: {name}")
    return TOLD_APART if told_apart else NOTHING_TOLD


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    sys.exit(main())
