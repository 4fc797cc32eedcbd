"""What the tests of storage let other processes do to the same database."""

import subprocess
import sys
from pathlib import Path

from credguard._clock import system_clock
from credguard.keys import Keyring
from credguard.storage import Database, audit
from credguard.storage.schema import prepare
from credguard.storage.tables import credential


def start(order: str, url: str, given: str = "") -> "subprocess.Popen[str]":
    """Start a process that does *order* in the database at *url*."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", str(Path(__file__)), order, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    process.stdin.write(given + "\n")
    process.stdin.flush()
    return process


def end(processes: list["subprocess.Popen[str]"]) -> None:
    """Await *processes*, and fail with what the first one said that failed."""
    said = [process.communicate(timeout=120)[1] for process in processes]
    for process, errors in zip(processes, said, strict=True):
        assert process.returncode == 0, errors


def hold(database: Database) -> None:
    """Write a row, say so, and keep the transaction open until a line comes in."""
    with database.begin() as connection:
        connection.execute(credential.insert(), {"account_id": "held", "epoch": 1})
        print("held", flush=True)
        sys.stdin.readline()


def record(database: Database, keyring: Keyring) -> None:
    """Append 25 records to the audit log, each in a transaction."""
    for number in range(25):
        with database.begin() as connection:
            audit.record(
                connection,
                keyring,
                event="counted",
                detail={"number": number},
                now=system_clock(),
            )


if __name__ == "__main__":
    OURS = Database(sys.argv[2])
    GIVEN = sys.stdin.readline().strip()
    if sys.argv[1] == "prepare":
        prepare(OURS)
    elif sys.argv[1] == "hold":
        hold(OURS)
    else:
        record(OURS, Keyring.parse(GIVEN))
