"""Thirty-two log-ins at once: peak memory, time to answer, CPU time."""

from benchmarks.passwords.peers import (
    OURS,
    OWASP,
    PERMITS,
    RFC_9106,
    spelled,
)
from benchmarks.passwords.trial import LOG_INS
from benchmarks.passwords.trials import medians

RUNS = 3
TARGETS_MIB = {OWASP: 60, RFC_9106: 150}


def run() -> None:
    """Print what a flood takes with each library."""
    for cost, target in TARGETS_MIB.items():
        print(
            f"\n{LOG_INS} verifies at once, {spelled(cost)}, {PERMITS} permits for ours"
            f" (medians of {RUNS} processes, in turns)"
        )
        print(
            f"  {'':<24}{'peak MiB':>9}{'before':>8}{'first s':>9}{'half s':>8}"
            f"{'all s':>7}{'CPU ms':>8}{'CPU speed':>11}"
        )
        middle = medians("flood", cost, runs=RUNS)
        for name, of in middle.items():
            speed = f"x{of['speed']:.2f}"
            print(
                f"  {name:<24}{of['peak']:>9.1f}{of['before']:>8.1f}"
                f"{of['first']:>9.2f}{of['half']:>8.2f}{of['all']:>7.2f}"
                f"{of['cpu'] * 1e3:>8.1f}{speed:>11}"
                + (f"   target: {target} MiB at most" if name == OURS else "")
            )
