"""
Say how many mutants the tests kill: ``python -m benchmarks.mutants [MODULE...]``.

A mutant is one of our modules with one small change: a comparison, a number, a
`not`, a `raise`. The tests that `tests/mutants.toml` names for the module are run on
it. A mutant on which they all pass has survived: a test is missing, or the change
makes no difference, and then `tests/mutants.toml` says why. Exits with 1 where a
survivor is not explained there, and where fewer than 95 % are killed.
"""

import argparse
import sys
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.mutants.mutations import Mutant, mutants_of
from benchmarks.mutants.running import ROOT, Bench, Outcome, bench

GOAL = 0.95
MAP = ROOT / "tests" / "mutants.toml"


@dataclass(slots=True)
class Score:
    """What became of one module's mutants."""

    counts: Counter[Outcome] = field(default_factory=Counter)
    explained: int = 0
    unexplained: int = 0

    @property
    def tried(self) -> int:
        """How many ran."""
        return self.counts.total() - self.counts[Outcome.BROKEN]

    @property
    def killed(self) -> int:
        """How many were found out; a test that hangs is a test that fails."""
        return self.counts[Outcome.KILLED] + self.counts[Outcome.TIMED_OUT]

    @property
    def share(self) -> float:
        """The killed ones' share."""
        return self.killed / self.tried if self.tried else 1.0


def explained(module: str, reasons: Sequence[dict[str, str]]) -> set[tuple[str, str]]:
    """Return the lines and changes of *module* that are explained."""
    return {
        (each["line"], each["change"]) for each in reasons if each["module"] == module
    }


def score(
    ready: Bench, module: str, tests: Sequence[str], known: set[tuple[str, str]]
) -> Score:
    """Judge one module, and print each survivor."""
    found = Score()
    source = (ready.source / "credguard" / module).read_text("utf-8")
    mutants = [
        mutant
        for mutant in mutants_of(source)
        if not options.lines or mutant.line in options.lines
    ]
    for mutant, outcome in ready.judge(module, mutants, tests):
        found.counts[outcome] += 1
        if outcome in {Outcome.SURVIVED, Outcome.BROKEN}:
            is_known = (mutant.text, mutant.change) in known
            found.explained += is_known
            found.unexplained += not is_known
            _print_survivor(module, mutant, outcome, is_known=is_known)
    return found


def _print_survivor(
    module: str, mutant: Mutant, outcome: Outcome, *, is_known: bool
) -> None:
    why = "explained" if is_known else "NOT EXPLAINED"
    place = f"{module}:{mutant.line}"
    print(
        f"  {outcome} ({why})  {place}  {mutant.change}  |  {mutant.text}", flush=True
    )


def main() -> int:
    """Judge the named modules, or all that the map names."""
    table = tomllib.loads(MAP.read_text("utf-8"))
    modules: dict[str, list[str]] = table["tests"]
    chosen = options.modules or list(modules)
    total = Score()
    with bench() as ready:
        for module in chosen:
            known = explained(module, table.get("survivors", []))
            found = score(ready, module, modules[module], known)
            line = f"{found.killed:>5} of {found.tried:>5} killed, {found.share:>6.1%}"
            print(f"{line}, {found.explained} explained  {module}", flush=True)
            total.counts += found.counts
            total.explained += found.explained
            total.unexplained += found.unexplained
    print(f"{total.killed} of {total.tried} killed, {total.share:.1%}")
    return int(total.unexplained > 0 or total.share < GOAL)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="such as keys.py")
    parser.add_argument("--lines", type=int, nargs="*", help="these lines only")
    options = parser.parse_args()
    sys.exit(main())
