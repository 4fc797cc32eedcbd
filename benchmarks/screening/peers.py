"""
Other ways to look a hash up, each made of the same text.

Each takes the text and a folder, and returns its look-up and its size in bytes.
"""

# ruff: noqa: PLC0415  # a peer that is not installed is passed over

import mmap
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

LookUp = Callable[[bytes], object]
Made = tuple[LookUp, int]


def rows(text: Path) -> Iterator[tuple[bytes, int]]:
    """Yield all digests with their counts."""
    with text.open("rb") as file:
        for line in file:
            digits, _, count = line.partition(b":")
            yield bytes.fromhex(digits.decode("ascii")), int(count)


def sqlite(text: Path, folder: Path) -> Made:
    path = folder / "peer.sqlite"
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    database.execute(
        "CREATE TABLE seen (hash BLOB PRIMARY KEY, times INTEGER) WITHOUT ROWID"
    )
    database.executemany("INSERT INTO seen VALUES (?, ?)", rows(text))
    database.commit()
    database.execute("PRAGMA mmap_size = 1000000000000")
    query = "SELECT times FROM seen WHERE hash = ?"

    def times(digest: bytes) -> int:
        row = database.execute(query, (digest,)).fetchone()
        return row[0] if row else 0

    return times, path.stat().st_size


def text_bisect(text: Path, _: Path) -> Made:
    with text.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def times(digest: bytes) -> int:
        wanted = digest.hex().upper().encode()
        low, high = 0, len(mapped)
        while low < high:
            middle = mapped.rfind(b"\n", low, (low + high) // 2) + 1 or low
            end = mapped.find(b"\n", middle)
            found = mapped[middle : middle + 40]
            if found == wanted:
                return int(mapped[middle + 41 : end])
            if found < wanted:
                low = end + 1
            else:
                high = middle
        return 0

    return times, len(mapped)


def rbloom(text: Path, folder: Path) -> Made:
    from rbloom import Bloom

    entries = sum(1 for _ in rows(text))
    bloom = Bloom(entries, 1e-4, _number)
    for digest, _ in rows(text):
        bloom.add(digest)
    bloom.save(str(folder / "peer.bloom"))
    return bloom.__contains__, (folder / "peer.bloom").stat().st_size


def _number(digest: bytes) -> int:
    return int.from_bytes(digest[:16], "little", signed=True)


def pybloomfilter(text: Path, folder: Path) -> Made:
    from pybloomfilter import BloomFilter

    entries = sum(1 for _ in rows(text))
    bloom = BloomFilter(entries, 1e-4, str(folder / "peer.pybloom"))
    for digest, _ in rows(text):
        bloom.add(digest)
    bloom.sync()
    return bloom.__contains__, (folder / "peer.pybloom").stat().st_size


def fuse16(text: Path, _: Path) -> Made:
    from pyfusefilter import Fuse16

    hashes = [int.from_bytes(digest[:8], "big") for digest, _ in rows(text)]
    fuse = Fuse16(len(hashes))
    fuse.populate(hashes)
    contains = fuse.contains
    size = fuse.size_in_bytes()
    return (lambda digest: contains(int.from_bytes(digest[:8], "big"))), size


EXACT = {"SQLite, WITHOUT ROWID": sqlite, "text, bisected": text_bisect}
PROBABLE = {
    "rbloom, 1e-4": rbloom,
    "pybloomfiltermmap3, 1e-4": pybloomfilter,
    "pyfusefilter, 16 bits": fuse16,
}
