"""
Print every figure in one run: ``python -m benchmarks.screening``.

The corpus is made up here, of ``--entries`` hashes as text and of ``--large`` ones as
a file; both are kept under build/ for the next run. Trust ratios, not times: the
machine is not ours alone. Linux only: memory is read from /proc.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.screening import (
    audits,
    building,
    look_ups,
    range_bodies,
    range_faults,
    range_servers,
    range_syncs,
)
from benchmarks.screening.material import write_corpus, write_text

FOLDER = Path("build/screening")
CORPUS_PARTS = ("build", "look_ups", "audits")
PARTS = (*CORPUS_PARTS, "bodies", "servers", "syncs", "faults")


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
    if set(parts) & set(CORPUS_PARTS):
        _corpus_parts(parts, chosen.entries, chosen.large)
    if "bodies" in parts:
        range_bodies.run()
    if "servers" in parts:
        range_servers.run(FOLDER, sparse_lines=max(chosen.large >> 20, 1))
    if "syncs" in parts:
        range_syncs.run(FOLDER)
    if "faults" in parts:
        range_faults.run()
    print(f"\nload at the end: {os.getloadavg()[0]:.1f}")


def _corpus_parts(parts: Sequence[str], entries: int, most: int) -> None:
    text = FOLDER / f"{entries}.txt"
    if not text.exists():
        write_text(text.with_suffix(".part"), entries)
        text.with_suffix(".part").rename(text)
    corpora = {
        name: FOLDER / f"{entries}.{number}.corpus"
        for number, name in enumerate(("corpus", "corpus, compact"))
    }
    if "build" in parts or not all(path.exists() for path in corpora.values()):
        building.run(text, corpora)
    if "look_ups" in parts:
        large = FOLDER / f"{most}.corpus"
        if not large.exists():
            write_corpus(large, most)
        look_ups.run(text, corpora, large, FOLDER)
    if "audits" in parts:
        audits.run(text, corpora["corpus"], FOLDER)


if __name__ == "__main__":
    main()
