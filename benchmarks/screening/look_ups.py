"""CPU time of a single look-up from Python, ours and others', hit and miss."""

import hashlib
import random
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.passwords.interleaved import interleaved
from benchmarks.screening.material import drawn, members
from benchmarks.screening.peers import EXACT, PROBABLE, LookUp

from credguard.screening.corpus import Corpus, Reading

ASKED = 20_000
ROUNDS = 9
OURS = "corpus"
REFERENCE = "hashlib.sha1 of a password"


def run(text: Path, corpora: dict[str, Path], large: Path, folder: Path) -> None:
    """Print nanoseconds a look-up, beside hashing the password once."""
    known = dict(members(text, ASKED))
    hits, draw = list(known), random.Random(0)
    misses = [draw.randbytes(20) for _ in range(len(hits))]
    works = dict(_ours(corpora))
    sizes = {name: path.stat().st_size for name, path in corpora.items()}
    for name, make in (EXACT | PROBABLE).items():
        started = time.process_time()
        try:
            works[name], sizes[name] = make(text, folder)
        except ImportError:
            print(f"  ({name} is not installed)")
            continue
        print(f"  {name} was made in {time.process_time() - started:.0f} s of CPU")
    for name, look_up in works.items():
        if name not in PROBABLE:
            assert all(look_up(each) == known[each] for each in hits), name
    entries = sum(1 for _ in text.open("rb"))
    print(f"\nA look-up among {entries:,}: ns of CPU, hit and miss; bytes a hash")
    _table(works, hits, misses, {name: size / entries for name, size in sizes.items()})
    with Corpus(large) as corpus:
        some = drawn(large, ASKED)
        print(f"\nThe same among {corpus.header.entries:,}")
        size = {OURS: large.stat().st_size / corpus.header.entries}
        _table({OURS: corpus.times}, some, misses, size)


def _ours(corpora: dict[str, Path]) -> list[tuple[str, LookUp]]:
    found: list[tuple[str, LookUp]] = []
    for name, path in corpora.items():
        found.append((name, Corpus(path).times))
        if name == OURS:
            by_pread = Corpus(path, reading=Reading.PREAD).times
            found.append(("corpus, pread", by_pread))
    return found


def _table(
    works: dict[str, LookUp],
    hits: list[bytes],
    misses: list[bytes],
    bytes_each: dict[str, float],
) -> None:
    measured: dict[str, Callable[[], object]] = {REFERENCE: _hashing(len(hits))}
    for name, look_up in works.items():
        measured[f"{name} hit"] = _asking(look_up, hits)
        measured[f"{name} miss"] = _asking(look_up, misses)
    taken = interleaved(measured, rounds=ROUNDS, clock=time.process_time)
    each = {name: median(times) / len(hits) * 1e9 for name, times in taken.items()}
    hashed = each[REFERENCE]
    print(f"  {REFERENCE:<32}{hashed:>8.0f}")
    for name in works:
        hit, miss = each[f"{name} hit"], each[f"{name} miss"]
        print(
            f"  {name:<32}{hit:>8.0f}{miss:>8.0f}"
            f"   x{hit / hashed:.1f} x{miss / hashed:.1f} of hashing"
            f"{bytes_each.get(name, 0):>8.2f}"
        )


def _asking(look_up: LookUp, digests: list[bytes]) -> Callable[[], None]:
    def ask() -> None:
        for digest in digests:
            look_up(digest)

    return ask


def _hashing(number: int) -> Callable[[], None]:
    passwords = [b"password %d" % each for each in range(number)]

    def hashed() -> None:
        for password in passwords:
            hashlib.sha1(password).digest()  # noqa: S324  # as the protocol has it

    return hashed
