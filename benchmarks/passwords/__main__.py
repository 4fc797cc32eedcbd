"""
Print every figure in one run: ``python -m benchmarks.passwords``.

Name some of ``flood speed overhead wrong_password estimates`` to run only those.
Trust ratios, not times: the machine is not ours alone. Linux only: memory is read
from /proc.
"""

import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.passwords import estimates, flood, overhead, speed, wrong_password

PARTS = {
    "flood": flood.run,
    "speed": speed.run,
    "overhead": overhead.run,
    "wrong_password": wrong_password.run,
    "estimates": estimates.run,
}
HUGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def main() -> None:
    """Run the parts that were named, or all."""
    unknown = set(sys.argv[1:]) - PARTS.keys()
    if unknown:
        sys.exit(f"choose from: {' '.join(PARTS)}")
    huge = HUGE_PAGES.read_text("ascii").strip() if HUGE_PAGES.exists() else "none"
    print(f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    print(f"Python {sys.version.split()[0]}, huge pages: {huge}")
    for name in ("argon2-cffi", "pwdlib", "libpass", "django"):
        print(f"{name} {_version(name)}", end="  ")
    print()
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
    print(f"\nload at the end: {os.getloadavg()[0]:.1f}")


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "-"


main()
