"""
How good the estimates of work are that padding and a census go by.

    python -m benchmarks.passwords estimates

CPU time of each slow format beside Argon2id's in the same round: an estimate of work
says how many KiB Argon2id fills in that time.
"""

import time
from functools import partial
from statistics import median

from benchmarks.passwords.interleaved import interleaved

from credguard.passwords import OWASP_19_MIB
from credguard.passwords.legacy import DJANGO, DRUPAL, PHPBB, WERKZEUG
from credguard.passwords.legacy.crypt import CRYPT
from credguard.passwords.pool import Argon2Pool
from credguard.passwords.stored_hash import StoredHash

ROUNDS = 25
TARGET = 2
PASSWORD = b"correct horse battery staple"
ACCEPT = DJANGO + WERKZEUG + PHPBB + DRUPAL + CRYPT
BCRYPT = "$04$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui"
ROWS = {
    "phpass, MD5": "$H$912345678" + "." * 22,
    "phpass, SHA-512": "$S$9" + "1" * 8 + "." * 43,
    "PBKDF2-SHA1": f"pbkdf2_sha1$20000$salt${'A' * 27}=",
    "PBKDF2-SHA256": f"pbkdf2_sha256$20000$salt${'A' * 43}=",
    "PBKDF2-SHA512": f"pbkdf2:sha512:20000$salt${'0' * 128}",
    "scrypt": f"scrypt:8192:8:1$salt${'0' * 128}",
    "bcrypt": "bcrypt$$2b" + BCRYPT.replace("$04$", "$07$"),
    "md5crypt": "$1$saltsalt$" + "." * 22,
    "sha256crypt": "$5$rounds=20000$saltsalt$" + "." * 43,
    "sha512crypt": "$6$rounds=20000$saltsalt$" + "." * 86,
    "sha1crypt": "$sha1$20000$saltsalt$" + "." * 28,
    "DES crypt": "ab" + "." * 11,
    "BSDi crypt": "_J9..salt" + "." * 11,
    "yescrypt": "$y$j9T$saltsaltsaltsalt$" + "." * 43,
}


def read(stored: str) -> StoredHash | None:
    """Return the row that *stored* is."""
    return next((row for one in ACCEPT if (row := one.read(stored))), None)


def run() -> None:
    """Print each estimate beside what was measured."""
    print(f"\nEstimates of work, CPU time (medians of {ROUNDS} rounds, in turns)")
    factor, salt = OWASP_19_MIB, bytes(16)
    with Argon2Pool(permits=1, buffer_kib=factor.memory_kib).permit() as permit:
        works = {
            "Argon2id": partial(permit.compute, PASSWORD, salt=salt, work_factor=factor)
        }
        rows: dict[str, StoredHash] = {}
        for name, stored in ROWS.items():
            row = read(stored)
            if row is None:
                print(f"  ({name} is not read)")
                continue
            rows[name] = row
            works[name] = partial(row.digest, PASSWORD, permit)
        taken = interleaved(works, rounds=ROUNDS, clock=time.thread_time)
    per_second = factor.work / median(taken["Argon2id"])
    for name, row in rows.items():
        measured = median(taken[name]) * per_second
        print(
            f"  {name:<24}{median(taken[name]) * 1e3:8.2f} ms {measured:10.0f} KiB"
            f"   estimate {row.work:>8}   x{row.work / measured:.2f}"
        )
    print(f"  target: a factor of {TARGET} at most")
