"""
Print every figure in one run: ``python -m benchmarks.screening``.

The corpus is made up here, of ``--entries`` hashes as text and of ``--large`` ones as
a file; both are kept under build/ for the next run. Trust ratios, not times: the
machine is not ours alone. Linux only: memory is read from /proc.
"""

import argparse
import os
import sys
from pathlib import Path

from benchmarks.screening import audits, building, look_ups
from benchmarks.screening.material import write_corpus, write_text

FOLDER = Path("build/screening")
PARTS = ("build", "look_ups", "audits")


def main() -> None:
    """Run the parts that were named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screening")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], default=[])
    parser.add_argument("--entries", type=int, default=20_000_000)
    parser.add_argument("--large", type=int, default=100_000_000)
    chosen = parser.parse_args()
    parts = chosen.parts or PARTS
    FOLDER.mkdir(parents=True, exist_ok=True)
    print(f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    print(f"Python {sys.version.split()[0]}")
    text = FOLDER / f"{chosen.entries}.txt"
    if not text.exists():
        write_text(text.with_suffix(".part"), chosen.entries)
        text.with_suffix(".part").rename(text)
    corpora = {
        name: FOLDER / f"{chosen.entries}.{number}.corpus"
        for number, name in enumerate(("corpus", "corpus, compact"))
    }
    if "build" in parts or not all(path.exists() for path in corpora.values()):
        building.run(text, corpora)
    if "look_ups" in parts:
        large = FOLDER / f"{chosen.large}.corpus"
        if not large.exists():
            write_corpus(large, chosen.large)
        look_ups.run(text, corpora, large, FOLDER)
    if "audits" in parts:
        audits.run(text, corpora["corpus"], FOLDER)
    print(f"\nload at the end: {os.getloadavg()[0]:.1f}")


main()
