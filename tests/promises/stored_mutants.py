"""
Verify altered stored strings, under a limit of memory and of time for each.

A program of its own, because a limit of the address space would hold for the tests
as well: ``python stored_mutants.py COUNT SEED`` prints what came of COUNT strings.
"""

import json
import re
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from types import FrameType

sys.path.insert(0, str(Path(__file__).parent.parent))

from credguard.errors import CredguardError, UnreadableHashError
from credguard.keys import Key, Keyring
from credguard.passwords import CHEAPEST, PasswordHasher
from mutating import altered
from stored_rows import LOW, StoredRow, stored_rows

MOST_SECONDS = 1.0
SHARES = 4  # so that two cores have something to do
# What readers that stop early, or that tidy up first, take for the row itself.
KNOWN = (
    ("", "\n"),
    ("", "\x00"),
    ("", "\x00junk"),
    ("", " "),
    (" ", ""),
    ("", "="),
    ("", "$"),
    ("", ":"),
    ("", "A"),
    ("", "0"),
    ("\ufeff", ""),
    ("", "\ud800"),
)
SPARE_BYTES = 48 * 2**20  # less than 65,536 KiB, which altered numbers ask for
OWNER = "17"
PASSWORD = "correct horse"
KEYRING = Keyring(current=Key(sha256(b"a key for tests").digest()))

_BCRYPT = re.compile(r"\$2[aby](?=\$|\\)|(?<=\$H\\)2[aby](?=\$)")

_UNSALTED = re.compile(r"\A(wcf1e[cms]0)[ab][01](?=:)")
_DIGITS = re.compile(r"(?<=\"value\":\")(?:[0-9a-f]+|[0-9A-F]+)(?=\")")
_CUT_TAGS = {
    "firebase:pbkdf2_sha256+1",
    "firebase:standard_scrypt+2-8-1",
    "kratos:scrypt",
}


class TooLongError(BaseException):
    """A string took more than its second."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row, and the hasher that reads such rows and no others."""

    hasher: PasswordHasher
    stored: str
    password: str
    salt: str | None = None
    username: str | None = None
    scheme: str = "ours"

    def verify(self, stored: str) -> None:
        """Verify the right password against *stored*."""
        self.hasher.verify(
            self.password,
            stored=stored,
            account_id=OWNER,
            salt=self.salt,
            username=self.username,
        )


@dataclass(slots=True)
class Outcome:
    """What came of the strings."""

    refused: Counter[str] = field(default_factory=Counter)
    accepted: list[tuple[str, str]] = field(default_factory=list)
    undeclared: list[tuple[str, str, str]] = field(default_factory=list)
    slowest: float = 0.0
    same: int = 0


def legacy_row(row: StoredRow) -> Row:
    """Return a row of another software, with a hasher for its scheme alone."""
    hasher = PasswordHasher(
        work_factor=CHEAPEST, accept=(row.scheme,), ceilings=LOW, keyring=KEYRING
    )
    beside = row.beside
    return Row(
        hasher,
        row.stored,
        row.password,
        salt=beside.salt,
        username=beside.username,
        scheme=row.scheme.name,
    )


def own_rows() -> Iterator[Row]:
    """Give what we write ourselves: bare, sealed, bound, unbound and wrapped."""
    bare = PasswordHasher(work_factor=CHEAPEST, ceilings=LOW, accept=())
    sealing = PasswordHasher(
        work_factor=CHEAPEST, ceilings=LOW, accept=(), keyring=KEYRING
    )
    for stored in (
        bare.hash(PASSWORD),
        sealing.hash(PASSWORD),
        sealing.hash(PASSWORD, account_id=OWNER),
    ):
        yield Row(sealing, stored, PASSWORD)
    for row in map(legacy_row, stored_rows()):
        if row.hasher.describe(
            row.stored, salt=row.salt, username=row.username
        ).is_wrappable:
            wrapped = row.hasher.wrap(
                row.stored, account_id=OWNER, salt=row.salt, username=row.username
            )
            yield Row(row.hasher, wrapped, row.password, scheme="wrapped")


def canonical(scheme: str, stored: str) -> str:
    """
    Return *stored* in the one spelling of those that are documented as equal.

    They are the three names that PHP and others give one bcrypt, hexadecimal in
    capitals where Auth0's import takes both, ``{crypt}`` as RFC 2307 spells it too,
    and the choices that mean nothing in Community Framework 1. What is wrapped is
    wrapped as it was.
    """
    if scheme in {"ours", "wrapped"}:
        return stored
    if scheme == "ldap:crypt":
        stored = stored.replace("{crypt}", "{CRYPT}", 1)
    equal = _UNSALTED.sub(r"\1a0", _BCRYPT.sub("$2b", stored))
    if scheme.startswith("auth0:") and '"encoding":"hex"' in stored:
        return _DIGITS.sub(lambda found: found[0].lower(), equal)
    return equal


def is_same(row: Row, text: str) -> bool:
    """Return True if *text* is documented as the same hash as the row's."""
    if canonical(row.scheme, text) == canonical(row.scheme, row.stored):
        return True
    # An Argon2 hash without another software's prefix is a hash of our own, and where
    # nothing says how long a derived tag is, its beginning is a tag.
    is_part = text.startswith("$argon2") and text in row.stored
    return is_part or (row.scheme in _CUT_TAGS and row.stored.startswith(text))


def try_mutants(rows: list[Row], count: int, seed: int) -> Outcome:
    """Verify altered texts: of each row the well-known ones, and *count* drawn ones."""
    outcome, draw = Outcome(), Random(seed)
    for row in rows[seed % SHARES :: SHARES]:
        for before, after in KNOWN:
            _try(row, before + row.stored + after, outcome)
    for number in range(count):
        row = rows[number % len(rows)]
        text = altered(row.stored.encode(), draw).decode("utf-8", "surrogateescape")
        _try(row, text, outcome)
    return outcome


def _try(row: Row, text: str, outcome: Outcome) -> None:
    if is_same(row, text):
        outcome.same += 1
        return
    started = time.process_time()
    try:
        with _watched():
            row.verify(text)
    except CredguardError as error:
        outcome.refused[type(error).__name__] += 1
    except (Exception, TooLongError) as error:  # noqa: BLE001  # all are told
        outcome.undeclared.append((row.scheme, text, type(error).__name__))
    else:
        outcome.accepted.append((row.scheme, text))
    outcome.slowest = max(outcome.slowest, time.process_time() - started)


@contextmanager
def _watched() -> Iterator[None]:
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _too_long(_number: int, _frame: FrameType | None) -> None:
    raise TooLongError


def limit_memory(ceiling_kib: int) -> None:
    """Let the process have no more than it has, a ceiling and a little."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + ceiling_kib * 1024 + SPARE_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main() -> None:
    """Try as many as the command line says, and print what came of them."""
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    rows = [*map(legacy_row, stored_rows()), *own_rows()]
    # Threads, libraries and buffers are there before there is a limit.
    for row in rows:
        with suppress(UnreadableHashError):  # of an OpenSSL without MD4
            row.verify(row.stored)
        with suppress(CredguardError):
            row.hasher.verify("wrong", stored=None)
    signal.signal(signal.SIGPROF, _too_long)
    limit_memory(LOW.argon2_memory_kib)
    outcome = try_mutants(rows, count, seed)
    told = {name: getattr(outcome, name) for name in Outcome.__slots__}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
