"""A process that re-seals until it is done, or killed."""

import sys

from credguard.keys import Keyring
from credguard.second_factor import Argon2CodeHasher, SecondFactors, resealing
from credguard.storage import Database


def main() -> None:
    """Re-seal the database that is named, in small ranges."""
    url, line, worker, range_size = sys.argv[1:]
    resealing.RANGE_SIZE = int(range_size)
    hasher = Argon2CodeHasher(memory_kib=8, passes=1)
    factors = SecondFactors(
        Database(url), Keyring.parse(line), issuer="Forum", hasher=hasher
    )
    print("begun", flush=True)
    done = factors.reseal(worker=worker, batch=20)
    print(done.changed, flush=True)


if __name__ == "__main__":
    main()
