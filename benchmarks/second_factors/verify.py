"""
Full verifies a second on SQLite: read, open, three HMACs, compare-and-set.

Beside them the same work without a library: what the database and the cipher take.
"""

import hmac
import multiprocessing
import secrets
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.second_factors.population import (
    NOW,
    STEP,
    code_of,
    fill,
    name_of,
    seed_of,
)

from credguard.keys import Keyring
from credguard.second_factor import SecondFactors
from credguard.storage import Database

COUNT = 20_000
ROUNDS = 5


def ours(path: Path, keyring: Keyring, numbers: range) -> float:
    """Return the CPU seconds of verifying one code of each account."""
    database = Database(f"sqlite:///{path}")
    factors = SecondFactors(database, keyring, issuer="Forum", clock=lambda: NOW)
    codes = [(name_of(number), code_of(number)) for number in numbers]
    used = time.process_time()
    for name, code in codes:
        factors.verify(name, code)
    return time.process_time() - used


def bare(path: Path, numbers: range) -> float:
    """Do the same without any checks or names: the least that it can take."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    cipher = AESGCM(secrets.token_bytes(32))
    nonce = secrets.token_bytes(12)
    rows = []
    for number in numbers:
        bound = name_of(number).encode()
        blob = cipher.encrypt(nonce, seed_of(number), bound)
        rows.append((name_of(number), blob, code_of(number)))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(
            "CREATE TABLE f (a TEXT PRIMARY KEY, s BLOB, l INT, v INT, x TEXT)"
        )
        connection.executemany(
            "INSERT INTO f VALUES (?, ?, 0, 0, ?)",
            [(name, blob, "x" * 150) for name, blob, _ in rows],
        )
        used = time.process_time()
        for name, _, code in rows:
            found = connection.execute(
                "SELECT s, l, v FROM f WHERE a = ?", (name,)
            ).fetchone()
            seed = cipher.decrypt(nonce, found[0], name.encode())
            for step in (STEP - 1, STEP, STEP + 1):
                mac = hmac.digest(seed, step.to_bytes(8, "big"), "sha1")
                at = mac[-1] & 15
                number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFFFFFF
                hmac.compare_digest(f"{number % 10**6:06d}", code)
            changed = connection.execute(
                "UPDATE f SET l = ?, v = v + 1 WHERE a = ? AND v = ?",
                (STEP, name, found[2]),
            )
            assert changed.rowcount == 1
        return time.process_time() - used


def together(path: Path, keyring: Keyring, processes: int) -> float:
    """Return how many verifies a second several processes do on one database."""
    each = COUNT // processes
    parts = [range(at * each, (at + 1) * each) for at in range(processes)]
    line = keyring.reveal()
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        spans = pool.starmap(_timed, [(path, line, part) for part in parts])
    began, ended = min(span[0] for span in spans), max(span[1] for span in spans)
    return each * processes / (ended - began)


def _timed(path: Path, line: str, numbers: range) -> tuple[float, float]:
    database = Database(f"sqlite:///{path}")
    keyring = Keyring.parse(line)
    factors = SecondFactors(database, keyring, issuer="Forum", clock=lambda: NOW)
    codes = [(name_of(number), code_of(number)) for number in numbers]
    began = time.monotonic()
    for name, code in codes:
        factors.verify(name, code)
    return began, time.monotonic()


def run() -> None:
    print(f"\nFull verifies on SQLite, {COUNT:,} accounts")
    keyring = Keyring.generate()
    own, least = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            path = Path(folder) / f"ours-{number}.db"
            fill(path, keyring, COUNT).close()
            part = range(COUNT // 4)
            own.append(ours(path, keyring, part) / len(part) * 1e6)
            least.append(
                bare(Path(folder) / f"bare-{number}.db", part) / len(part) * 1e6
            )
        print(f"  credguard             {min(own):6.1f} us CPU each (best of {ROUNDS})")
        print(f"  the same, bare        {min(least):6.1f} us CPU each")
        print(f"  ratio                 x{min(own) / min(least):.2f}")
        print(f"  so in one process     {1e6 / min(own):,.0f} a second of CPU")
        for processes in (1, 2):
            path = Path(folder) / f"together-{processes}.db"
            fill(path, keyring, COUNT).close()
            rate = together(path, keyring, processes)
            print(f"  {processes} process(es), by the wall clock: {rate:,.0f} a second")
