"""What the tests of storage let other processes do to the same database."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from credguard._clock import system_clock
from credguard.keys import Keyring
from credguard.storage import Database, audit
from credguard.storage.schema import prepare
from credguard.storage.tables import credential


@contextmanager
def started(order: str, url: str, given: str = "") -> "Iterator[subprocess.Popen[str]]":
    """Let a process do *order* in the database at *url*; it has ended afterwards."""
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
    try:
        yield process
    finally:
        errors = process.communicate(timeout=120)[1]
    assert process.returncode == 0, errors


def run_at_once(count: int, order: str, url: str, given: str = "") -> None:
    """Let *count* processes do *order* at once, and await them."""
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(started(order, url, given))


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
