"""How fast a corpus is built of text, in how much memory, and how fast it opens."""

import hashlib
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from credguard.screening.corpus import Corpus, Width
from credguard.screening.corpus.building import Plan, build

FULL = 2_068_408_781
OPENINGS = 50


def run(text: Path, corpora: dict[str, Path]) -> None:
    """Print entries a second of CPU, peak memory, bytes an entry, time to open."""
    print("\nBuilding: million entries a second of CPU (of wall clock), peak MiB")
    for name, path in corpora.items():
        for jobs in (1, 2) if name == "corpus" else (1,):
            told = json.loads(
                subprocess.run(
                    [sys.executable, "-m", __name__, text, path, name, f"{jobs}"],
                    check=True,
                    capture_output=True,
                ).stdout
            )
            rate = told["entries"] / told["cpu"]
            print(
                f"  {name:<16} jobs {jobs}  {rate / 1e6:>6.2f}"
                f" ({told['entries'] / told['wall'] / 1e6:.2f})"
                f" {told['peak']:>6.0f} MiB"
                f"   {told['bytes'] / told['entries']:.3f} bytes a hash"
            )
            if name == "corpus":
                print(
                    f"    2.07 billion on one core: {FULL / rate / 60:.0f} min of CPU"
                )
    print(f"  hashing a password with SHA-1 took {hashing() * 1e9:.0f} ns meanwhile")
    opened = []
    for _ in range(OPENINGS):
        started = time.perf_counter()
        Corpus(corpora["corpus"]).close()
        opened.append(time.perf_counter() - started)
    print(f"  opening: {median(opened) * 1e3:.2f} ms")


def hashing() -> float:
    """Return the CPU time of one SHA-1 of a password, to compare machines with."""
    passwords = [b"password %d" % number for number in range(200_000)]
    started = time.process_time()
    for password in passwords:
        hashlib.sha1(password).digest()  # noqa: S324  # as the protocol has it
    return (time.process_time() - started) / len(passwords)


def peak_mib() -> float:
    """Return the most memory that this process had (proc(5))."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main() -> None:
    """Build once and print what it took."""
    text, path, name, jobs = sys.argv[1:]
    width = Width(name.partition(", ")[2] or "default")
    started, cpu = time.perf_counter(), time.process_time()
    header = build(text, path, Plan(width=width, jobs=int(jobs)))
    of_children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = time.process_time() - cpu + of_children.ru_utime + of_children.ru_stime
    told = {
        "entries": header.entries,
        "bytes": Path(path).stat().st_size,
        "cpu": cpu,
        "wall": time.perf_counter() - started,
        "peak": peak_mib(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
