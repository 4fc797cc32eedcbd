"""How long an audit of many hashes takes, beside hashing as many passwords."""

import hashlib
import random
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.passwords.interleaved import interleaved
from benchmarks.screening.material import members

from credguard.screening.corpus import Corpus, Kind
from credguard.screening.corpus.auditing import audit
from credguard.screening.corpus.hash_lists import batches_of

HASHES = 1_000_000
ROUNDS = 3


def run(text: Path, corpus: Path, folder: Path) -> None:
    """Print seconds for a million hashes in a file, half of them listed."""
    draw = random.Random(1)
    listed = [digest for digest, _ in members(text, HASHES // 2)]
    hashes = listed + [draw.randbytes(20) for _ in range(HASHES - len(listed))]
    draw.shuffle(hashes)
    path = folder / "hashes.txt"
    path.write_text("".join(f"{each.hex()}\n" for each in hashes), "ascii")
    passwords = [b"password %d" % number for number in range(HASHES)]

    def hashed() -> None:
        for password in passwords:
            hashlib.sha1(password).digest()  # noqa: S324  # as the protocol has it

    with Corpus(corpus) as opened:
        works: dict[str, Callable[[], object]] = {
            "hashlib.sha1 of a million": hashed,
            "audit": lambda: _audited(opened, path, with_numpy=False),
            "audit, numpy": lambda: _audited(opened, path, with_numpy=None),
        }
        taken = interleaved(works, rounds=ROUNDS, clock=time.process_time)
    print(f"\nAn audit of {HASHES:,} hashes in a file: seconds of CPU")
    first = median(taken["hashlib.sha1 of a million"])
    for name, times in taken.items():
        print(f"  {name:<28}{median(times):>7.2f}   x{median(times) / first:.2f}")


def _audited(corpus: Corpus, path: Path, *, with_numpy: bool | None) -> None:
    with path.open("rb") as file:
        found = audit(corpus, batches_of(file, Kind.SHA1), with_numpy=with_numpy)
    assert found.read == HASHES
    assert found.listed >= HASHES // 2
