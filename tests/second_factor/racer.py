"""
One of the processes that race: it does what each line that it reads asks for.

Between reading a row and judging it, it waits, so that all have read the row
before any of them writes.
"""

import json
import sys
import time
from datetime import datetime

from credguard.errors import RefusedError
from credguard.keys import Keyring
from credguard.second_factor import Argon2CodeHasher, SecondFactors
from credguard.storage import Database

READ_AHEAD_SECONDS = 0.05


class LingeringClock:
    """
    A clock that stands still, and takes its time when it is first asked.

    Args:
        now: The instant that it tells.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._lingers = True

    def __call__(self) -> datetime:
        """Return the instant."""
        if self._lingers:
            self._lingers = False
            time.sleep(READ_AHEAD_SECONDS)
        return self._now


def attempt(factors: SecondFactors, what: str, account_id: str, code: str) -> str:
    """Return the name of what came of one attempt."""
    try:
        call = factors.confirm if what == "confirm" else factors.verify
        return type(call(account_id, code)).__name__
    except RefusedError as refused:
        return type(refused).__name__


def main() -> None:
    """Answer each line with the list of what came of its codes."""
    databases: dict[str, Database] = {}
    for line in sys.stdin:
        task = json.loads(line)
        url = task["url"]
        if url not in databases:
            for database in databases.values():
                database.close()
            databases = {url: Database(url)}
        factors = SecondFactors(
            databases[url],
            Keyring.parse(task["keyring"]),
            issuer="Forum",
            hasher=Argon2CodeHasher(memory_kib=8, passes=1),
            clock=LingeringClock(datetime.fromisoformat(task["now"])),
        )
        told = [
            attempt(factors, task["what"], task["account_id"], code)
            for code in task["codes"]
        ]
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
