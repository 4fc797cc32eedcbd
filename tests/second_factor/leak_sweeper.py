"""A process that sweeps after a leak until it is done, or killed."""

import sys
from datetime import UTC, datetime

from credguard.keys import Keyring
from credguard.second_factor import Argon2CodeHasher, SecondFactors, resealing
from credguard.second_factor.leaks import scanning
from credguard.second_factor.leaks.deciding import Leaked
from credguard.second_factor.leaks.measure import Measure
from credguard.second_factor.leaks.scanning import Paths
from credguard.storage import Database


def main() -> None:
    """Sweep the database that is named, in small ranges and pages."""
    url, line, worker = sys.argv[1:]
    resealing.RANGE_SIZE = 40
    scanning.BATCH_SIZE = 5
    hasher = Argon2CodeHasher(memory_kib=8, passes=1)
    factors = SecondFactors(
        Database(url), Keyring.parse(line), issuer="Forum", hasher=hasher
    )
    measure = Measure("2026-11", Leaked.PLAIN_SEEDS, datetime(2099, 1, 1, tzinfo=UTC))
    print("begun", flush=True)
    done = factors.leaks.start(
        measure, worker=worker, paths=Paths(with_address=lambda ids: ids)
    )
    print(done.accounts, flush=True)


if __name__ == "__main__":
    main()
