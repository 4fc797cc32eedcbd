"""
A wrong password, by what is stored: medians beside each other.

    python -m benchmarks.passwords.wrong_password

First without a floor: whatever costs less than a new hash is filled up to it. Then
with a floor above the dearest row, which hides that row as well.

Each row is measured beside an unknown account in the same round, and the medians are
those of the ratios, so that a busy minute meets both. The unknown account is also
compared with itself: what that shows is the noise.
"""

import hashlib
from datetime import timedelta
from functools import partial
from operator import truediv
from statistics import median

import bcrypt
from benchmarks.passwords.interleaved import interleaved

from credguard import Keyring, errors
from credguard.passwords import OWASP_19_MIB, PasswordHasher
from credguard.passwords.legacy import DJANGO, PHPBB, WERKZEUG
from credguard.passwords.legacy.crypt import CRYPT

ROUNDS = 60
TARGET = 1.15
UNKNOWN = "unknown account"
CONTROL = "unknown account, again"
OWNER = "17"
WRONG = "not the password"
DEAREST = timedelta(milliseconds=600)
ACCEPT = DJANGO + WERKZEUG + PHPBB + CRYPT


def rows(keyring: Keyring) -> dict[str, str | None]:
    """Return a row of each kind, hashes of one password."""
    peppered = PasswordHasher(work_factor=OWASP_19_MIB, keyring=keyring, accept=ACCEPT)
    bare = PasswordHasher(work_factor=OWASP_19_MIB, accept=ACCEPT)
    current = bare.hash("password")
    md5 = "md5$salt$" + hashlib.md5(b"saltpassword").hexdigest()  # noqa: S324
    sealed = peppered.hash("password", account_id=OWNER)
    return {
        UNKNOWN: None,
        "current, peppered": sealed,
        "current, bare": current,
        "another account's": peppered.hash("password", account_id="18"),
        "wrapped and peppered": peppered.wrap(md5, account_id=OWNER),
        "wrapped": bare.wrap(md5),
        "retired": "cgretired1:x",
        "unusable": "!",
        "unreadable": "not a hash",
        "above a ceiling": current.replace("m=19456", "m=1000000"),
        "MD5 (Django)": md5,
        "Argon2, 1 pass": current.replace("t=2", "t=1"),
        "PBKDF2, 20,000 (Django)": pbkdf2(20_000),
        "phpass, 2,048 (phpBB)": "$H$912345678" + "." * 22,
        "bcrypt, cost 5": bcrypt.hashpw(b"password", bcrypt.gensalt(5)).decode(),
        "bcrypt, cost 7": bcrypt.hashpw(b"password", bcrypt.gensalt(7)).decode(),
    }


def pbkdf2(iterations: int) -> str:
    """Return a Django row."""
    return f"pbkdf2_sha256${iterations}$salt${'A' * 43}="


def dear_rows() -> dict[str, str | None]:
    """Return rows that cost more than a new hash."""
    return {
        "PBKDF2, 390,000 (Django)": pbkdf2(390_000),
        "bcrypt, cost 10": bcrypt.hashpw(b"password", bcrypt.gensalt(10)).decode(),
    }


def refused(hasher: PasswordHasher, stored: str | None) -> None:
    try:
        hasher.verify(WRONG, stored=stored, account_id=OWNER)
    except errors.CredguardError:
        return
    raise AssertionError


def medians(hasher: PasswordHasher, stored: dict[str, str | None], rounds: int) -> None:
    """Print the median for each row, and the slowest beside the quickest."""
    unknown = stored[UNKNOWN]
    works = {name: partial(refused, hasher, text) for name, text in stored.items()}
    works[CONTROL] = partial(refused, hasher, unknown)
    taken = interleaved(works, rounds=rounds)
    beside = {
        name: median(map(truediv, times, taken[UNKNOWN]))
        for name, times in taken.items()
    }
    for name, ratio in beside.items():
        print(f"  {name:<28}{median(taken[name]) * 1e3:8.2f} ms   x{ratio:.2f}")
    noise = abs(beside.pop(CONTROL) - 1)
    spread = max(beside.values()) / min(beside.values())
    print(
        f"  slowest of quickest: x{spread:.2f}   target x{TARGET} at most"
        f"   (noise: {noise:.0%})"
    )


def run() -> None:
    """Print the medians without a floor, and with one."""
    keyring = Keyring.generate()
    cheap, dear = rows(keyring), dear_rows()
    print("\nA wrong password, by what is stored; filled up with computation")
    hasher = PasswordHasher(
        work_factor=OWASP_19_MIB, keyring=keyring, accept=ACCEPT, permits=1
    )
    medians(hasher, cheap, ROUNDS)
    milliseconds = round(DEAREST.total_seconds() * 1e3)
    print(f"\nThe same and dearer rows, with a floor of {milliseconds} ms")
    floored = PasswordHasher(
        work_factor=OWASP_19_MIB,
        keyring=keyring,
        accept=ACCEPT,
        permits=1,
        floor=DEAREST,
    )
    few = (UNKNOWN, "current, peppered", "MD5 (Django)", "wrapped")
    medians(floored, {name: cheap[name] for name in few} | dear, ROUNDS // 8)


if __name__ == "__main__":
    run()
