"""
Print what a campaign over a large user table takes, in one run.

    python -m benchmarks.campaigns --accounts 1500000 --database sqlite

The database may be ``sqlite``, for a file in a temporary folder, or the URL of an
empty database on a server. Trust ratios, not times: the machine is not ours alone.
"""

import argparse
import os
import sqlite3
import sys
import tempfile
from pathlib import Path

from benchmarks.campaigns import opening, sweeping
from benchmarks.campaigns.tables import UserTable


def main() -> None:
    """Read the arguments, make the table, measure, and remove it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_500_000)
    parser.add_argument("--database", default="sqlite", metavar="URL")
    parser.add_argument("--sweep", action="store_true", help="only the sweep")
    parser.add_argument(
        "--alone", action="store_true", help="the sweep without notices and peers"
    )
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = asked.database
        if url == "sqlite":
            url = f"sqlite:///{Path(folder) / 'forum.db'}"
        table = UserTable(url, asked.accounts)
        print(f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
        print(f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}")
        print(f"{asked.accounts:,} accounts, made in {table.make():.1f} s")
        try:
            if not (asked.sweep or asked.alone):
                opening.run(table)
            sweeping.run(table, workers=asked.workers, is_alone=asked.alone)
        finally:
            table.drop()
        print(f"load at the end: {os.getloadavg()[0]:.1f}")


main()
