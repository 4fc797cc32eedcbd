"""Whatever stands in the table costs no more than allowed, and one text is one hash."""

import json
import os
import resource
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

import pytest
from stored_mutants import SHARES

from credguard.errors import UnreadableHashError, WorkFactorTooHighError
from credguard.passwords import CHEAPEST, PasswordHasher
from proving import Proof, sized
from stored_rows import BUNDLED, MAY_BE_REFUSED, SET_UP, StoredRow, stored_rows

PROGRAM = Path(__file__).parent / "stored_mutants.py"
MUTANTS = sized(everyday=4_000, prove=100_000, nightly=1_000_000)

NODEBB_UNWRAPPED = "nodebb:bcrypt"  # looks as the wrapped one does
HASHER = PasswordHasher(
    work_factor=CHEAPEST,
    accept=[each for each in BUNDLED if each.name != NODEBB_UNWRAPPED],
)
MOST_SECONDS = 0.005
MOST_BYTES = 2 * 2**20

_S, _T = "c2FsdHNhbHQ", "A" * 43
_CRYPT_256 = "." * 43
# Where a stored text names its work: the text, and what its ceiling lets through.
PARAMETERS = {
    "argon2 memory": (f"$argon2id$v=19$m={{}},t=1,p=1${_S}${_T}", 262_144),
    "argon2 passes": (f"$argon2id$v=19$m=8,t={{}},p=1${_S}${_T}", 16),
    "argon2 lanes": (f"$argon2id$v=19$m=262144,t=1,p={{}}${_S}${_T}", 16),
    "argon2i memory": (f"$argon2i$v=19$m={{}},t=1,p=1${_S}${_T}", 262_144),
    "own memory": (f"$cgh1$-$m={{}},t=1,p=1${_S}${_T}", 262_144),
    "own passes": (f"$cgh1$-$m=8,t={{}},p=1${_S}${_T}", 16),
    "own lanes": (f"$cgh1$-$m=262144,t=1,p={{}}${_S}${_T}", 16),
    "wrapped memory": (
        f"$cgw1$-$m={{}},t=1,p=1${_S}${_T}$phpfox:md5$=salt$$~032~",
        262_144,
    ),
    "inside memory": (
        (
            f"$cgw1$-$m=8,t=1,p=1${_S}${_T}$django:pbkdf2_sha256$$$"
            "pbkdf2_sha256${}$salt$~A43~="
        ),
        5_000_000,
    ),
    "django argon2": (f"argon2$argon2id$v=19$m={{}},t=1,p=1${_S}${_T}", 262_144),
    "phpbb argon2": (f"phpbb$argon2id$v=19$m=8,t={{}},p=1${_S}${_T}", 16),
    "ldap argon2": (f"{{{{ARGON2}}}}$argon2id$v=19$m=8,t={{}},p=1${_S}${_T}", 16),
    "mediawiki argon2": (f":argon2:$argon2id$v=19$m={{}},t=1,p=1${_S}${_T}", 262_144),
    "woltlab argon2": (f"Argon2:$argon2id$v=19$m=8,t={{}},p=1${_S}${_T}", 16),
    "django pbkdf2": (f"pbkdf2_sha256${{}}$salt${_T}=", 5_000_000),
    "django pbkdf2 sha1": ("pbkdf2_sha1${}$salt$" + "A" * 27 + "=", 5_000_000),
    "werkzeug pbkdf2": ("pbkdf2:sha256:{}$salt$" + "a" * 64, 5_000_000),
    "ldap pbkdf2": (f"{{{{PBKDF2-SHA256}}}}{{}}$c2FsdA${_T}", 5_000_000),
    "mediawiki pbkdf2": (f":pbkdf2:sha256:{{}}:32:c2FsdA==:{_T}=", 5_000_000),
    "seafile pbkdf2": ("PBKDF2SHA256${}$00$" + "a" * 64, 5_000_000),
    "kratos pbkdf2": (f"$pbkdf2-sha256$i={{}},l=32$c2FsdA${_T}", 5_000_000),
    "django scrypt r": ("scrypt$2$salt${}$1$" + "A" * 86 + "==", 421_068),
    "django scrypt p": ("scrypt$2$salt$8${}$" + "A" * 86 + "==", 131_072),
    "werkzeug scrypt r": ("scrypt:2:{}:1$salt$" + "a" * 128, 421_068),
    "werkzeug scrypt p": ("scrypt:2:8:{}$salt$" + "a" * 128, 131_072),
    "sha-256 crypt": (f"$5$rounds={{}}$salt${_CRYPT_256}", 2_000_000),
    "sha-512 crypt": ("$6$rounds={}$salt$" + "." * 86, 2_000_000),
    "sha-1 crypt": ("$sha1${}$salt$" + "." * 28, 2_000_000),
}
# Far above every ceiling; the last is longer than Python turns into a number.
FAR = (2**31, 2**32, 2**64, 10**400, 10**4_400)
OTHER_SPELLINGS = ("0{}", "+{}", " {}", "{} ", "{}.0", "{}e0", "-{}", "", "0x{}")


@pytest.mark.promise("P1")
@pytest.mark.promise("P8")
@pytest.mark.parametrize("share", range(SHARES))
def test_altered_stored_strings(share: int, proof: Proof) -> None:
    """Under a limit of memory and time, each is refused by name and none accepted."""
    count = MUTANTS // SHARES
    ended = subprocess.run(
        [sys.executable, PROGRAM, str(count), str(share)],
        # Threads' arenas would use up the address space that is left to the hashes.
        env={**os.environ, "MALLOC_ARENA_MAX": "1"},
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=60 + count / 50,
    )
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["accepted"] == []
    assert told["undeclared"] == []
    assert told["slowest"] < 1
    # Not busy: what asks for more memory than its ceiling is refused, not tried.
    assert set(told["refused"]) <= {
        "PasswordMismatchError",
        "SealBrokenError",
        "UnknownKeyError",
        "UnreadableHashError",
        "WorkFactorTooHighError",
    }
    proof.tried(sum(told["refused"].values()) + told["same"])


@pytest.mark.promise("P8")
@pytest.mark.parametrize("row", stored_rows(), ids=lambda row: row.scheme.name)
def test_the_rows_that_are_altered_verify(row: StoredRow) -> None:
    """Each unaltered row is a hash of its password, so that an alteration matters."""
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=(row.scheme,))
    beside = row.beside
    try:
        verified = hasher.verify(
            row.password, stored=row.stored, salt=beside.salt, username=beside.username
        )
    except UnreadableHashError:
        assert row.scheme.name in MAY_BE_REFUSED
    else:
        assert verified.scheme == row.scheme.name


def test_there_is_a_row_of_every_format() -> None:
    """A new format is altered, too: the rows hold one of each."""
    names = {row.scheme.name for row in stored_rows()}
    default = {"discourse:pbkdf2"}  # its work is part of its set-up, and is not small
    assert {each.name for each in (*BUNDLED, *SET_UP)} - default == names


@pytest.mark.promise("P1")
@pytest.mark.parametrize("name", PARAMETERS)
def test_each_parameter_is_bounded(name: str, proof: Proof) -> None:
    """The ceiling itself is let through; above it nothing is computed or kept."""
    template, most = PARAMETERS[name]
    assert isinstance(HASHER.needs_rehash(stored=template.format(most)), bool)
    for number in (most + 1, *FAR):
        text = template.format(_digits(number))
        with pytest.raises((WorkFactorTooHighError, UnreadableHashError)):
            HASHER.needs_rehash(stored=text)
        _check_cheap(text)
        proof.tried(2)
    with pytest.raises(WorkFactorTooHighError):
        HASHER.needs_rehash(stored=template.format(most + 1))


@pytest.mark.promise("P8")
@pytest.mark.parametrize("name", PARAMETERS)
def test_a_number_has_one_spelling(name: str, proof: Proof) -> None:
    """A number that is written otherwise makes the text unreadable."""
    template, most = PARAMETERS[name]
    for other in OTHER_SPELLINGS:
        text = template.format(other.format(most))
        with pytest.raises(UnreadableHashError):
            HASHER.needs_rehash(stored=text)
        _check_cheap(text)
        proof.tried(2)
    arabic = str(most).translate({ord("0") + n: 0x660 + n for n in range(10)})
    for digits in (arabic, f"{most:_}"):
        if digits != str(most):
            with pytest.raises(UnreadableHashError):
                HASHER.needs_rehash(stored=template.format(digits))
            proof.tried()


@pytest.mark.promise("P1")
@pytest.mark.parametrize(
    ("template", "letters", "above"),
    [
        ("$2b${}$" + "." * 53, ("04", "16"), ("17", "31")),
        ("bcrypt$$2b${}$" + "." * 53, ("04", "16"), ("17", "31")),
        ("$P${}saltsalt" + "." * 22, "5F", "GS"),
        ("$S${}saltsalt" + "." * 43, "5F", "GS"),
        ("scrypt${}$salt$8$1$" + "A" * 86 + "==", ("2", "262144"), ("524288",)),
        ("scrypt:{}:8:1$salt$" + "a" * 128, ("2", "262144"), ("524288",)),
        ("$md5,rounds={}$salt$$" + "." * 22, ("2000000",), ("2000001",)),
        ("_{}salt" + "." * 11, ("1...", "zzz4"), ("zzzz",)),
    ],
)
def test_powers_and_letters_are_bounded(
    template: str, letters: str, above: str, proof: Proof
) -> None:
    """A cost that is written as a power or as a letter has its ceiling, too."""
    for each in letters:
        HASHER.needs_rehash(stored=template.format(each))
        proof.tried()
    for each in above:
        with pytest.raises(WorkFactorTooHighError):
            HASHER.needs_rehash(stored=template.format(each))
        _check_cheap(template.format(each))
        proof.tried()


@pytest.mark.promise("P1")
def test_a_long_text_is_not_read(proof: Proof) -> None:
    """Megabytes in a password column are refused by their length."""
    for text in ("$argon2id$" * 10**6, "9" * 10**7, "\x00" * 10**7, "\ud800" * 10**6):
        with pytest.raises((WorkFactorTooHighError, UnreadableHashError)):
            HASHER.needs_rehash(stored=text)
        _check_cheap(text)
        proof.tried(2)


def _digits(number: int) -> str:
    # Python turns no number of more than 4,300 digits into text.
    return str(number) if number < 10**4_000 else "1" + "0" * 4_400


def _check_cheap(text: str) -> None:
    """Assert that refusing *text* takes a few milliseconds and no memory."""
    fastest = min(_refuse(text) for _ in range(3))
    if fastest >= MOST_SECONDS:  # the machine is crowded
        fastest = min(_refuse(text) for _ in range(20))
    assert fastest < MOST_SECONDS
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    try:
        _refuse(text)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert most < MOST_BYTES
    assert (after - before) * 1024 < MOST_BYTES


def _refuse(text: str) -> float:
    started = time.process_time()
    with pytest.raises((WorkFactorTooHighError, UnreadableHashError)):
        HASHER.verify("correct horse", stored=text)
    return time.process_time() - started
