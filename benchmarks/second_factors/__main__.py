"""
Print every figure in one run: ``python -m benchmarks.second_factors``.

Name some of ``wrong_code verify reseal races`` to run only those. Trust ratios and
CPU times: the machine is not ours alone. Races use the servers that the tests use.
"""

import os
import sys
from importlib.metadata import PackageNotFoundError, version

from benchmarks.second_factors import races, reseal, verify, wrong_code

PARTS = {
    "wrong_code": wrong_code.run,
    "verify": verify.run,
    "reseal": reseal.run,
    "races": races.run,
}


def main() -> None:
    """Run the parts that were named, or all."""
    unknown = set(sys.argv[1:]) - PARTS.keys()
    if unknown:
        sys.exit(f"choose from: {' '.join(PARTS)}")
    print(f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    print(f"Python {sys.version.split()[0]}", end="")
    for name in ("cryptography", "pyotp", "SQLAlchemy"):
        try:
            print(f"  {name} {version(name)}", end="")
        except PackageNotFoundError:
            print(f"  {name} -", end="")
    print()
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
    print(f"\nload at the end: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
