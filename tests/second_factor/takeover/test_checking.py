"""Typed codes compared with hashes that other systems made."""

import hashlib
import sys
import threading
from datetime import timedelta

import pytest
from argon2.exceptions import VerificationError

from credguard.errors import BusyError, MissingExtraError, UnreadableHashError
from credguard.second_factor.takeover.checking import ForeignCodeChecker
from credguard.second_factor.takeover.foreign_hashes import (
    Dress,
    ForeignHash,
    digest,
    pbkdf2,
    read_hash,
)

# bcrypt 5.0.0, bcrypt.hashpw(b"deadbeef00", gensalt(4)).
BCRYPT = "$2b$04$QldoBWwMfuwryRjJaTwQFOzEme7qa/jvp8emCfvUav2wS4Xexwxpi"
# argon2-cffi 25.1.0 and passlib 1.7.4 with the cost of PyPI's code base, of the codes
# 0123456789abcdef and fedcba9876543210.
ARGON2_CFFI = (
    "$argon2id$v=19$m=1024,t=6,p=6$/mSb1/rqibvbl4aZ5+Gq2g"
    "$TjYaNSjayOpz8exu4LKuKW/stXxdxgM7dXlqFZnJdw4"
)
PASSLIB = (
    "$argon2id$v=19$m=1024,t=6,p=6$4dwbY0xJCcF4753TWksJYQ"
    "$/kq63uQlLx3qw2n0grmHOdJxqq9BieZxrH6gWwU1m3c"
)
DISCOURSE = pbkdf2(
    hashlib.pbkdf2_hmac("sha256", b"ab" * 16, b"00ff", 64_000),
    "sha256",
    iterations=64_000,
    salt=b"00ff",
    dress=Dress.LOWER,
)
KEYCLOAK = digest(hashlib.sha512(b"ABCDEFGH1234").digest(), "sha512", dress=Dress.UPPER)
CHECKER = ForeignCodeChecker(permits=1)


@pytest.mark.parametrize(
    ("kept", "right", "wrong"),
    [
        (read_hash(BCRYPT), "deadbeef00", "deadbeef01"),
        (read_hash(BCRYPT), " deadbeef00\n", "DEADBEEF00"),
        (read_hash(ARGON2_CFFI), "0123456789abcdef", "0123456789abcdeF"),
        (read_hash(PASSLIB), "fedcba9876543210", "fedcba987654321"),
        (DISCOURSE, "AB" * 16, "ab" * 15),
        (KEYCLOAK, "abcd-efgh-1234", "abcd-efgh-1235"),
    ],
    ids=["bcrypt", "spaces", "argon2-cffi", "passlib", "Discourse", "Keycloak"],
)
def test_a_code_fits_its_own_hash_only(
    kept: ForeignHash, right: str, wrong: str
) -> None:
    """What other software hashed is matched by that code and by no other."""
    assert CHECKER.fits(right, kept.to_text())
    assert not CHECKER.fits(wrong, kept.to_text())
    assert not CHECKER.fits("", kept.to_text())
    assert not CHECKER.fits("\ud800\0é", kept.to_text())


def test_djangos_hash_is_compared() -> None:
    """What Django itself hashed is matched by that code and by no other."""
    from django.contrib.auth.hashers import (  # noqa: PLC0415
        PBKDF2PasswordHasher,
    )

    kept = read_hash(PBKDF2PasswordHasher().encode("abc-123", "salt", 1000))
    assert CHECKER.fits("abc-123", kept.to_text())
    assert not CHECKER.fits("abc123", kept.to_text())


def test_older_kinds_of_argon2_are_compared() -> None:
    """Argon2i and Argon2d strings are read by their names."""
    from argon2 import PasswordHasher, Type  # noqa: PLC0415

    for kind in (Type.I, Type.D):
        made = PasswordHasher(1, 8, 1, type=kind).hash("code")
        assert CHECKER.fits("code", read_hash(made).to_text())
        assert not CHECKER.fits("edoc", read_hash(made).to_text())


def test_a_salt_that_is_misspelt_fits_nothing() -> None:
    """A hash that no library could have made is no match, and breaks nothing."""
    odd = "$2b$04$" + "." * 21 + "z" + "a" * 31
    assert not CHECKER.fits("code", read_hash(odd).to_text())


def test_memory_that_is_short_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is no answer: the code is tried again."""

    def short(*_: object) -> bool:
        raise VerificationError

    monkeypatch.setattr("argon2.low_level.verify_secret", short)
    with pytest.raises(BusyError):
        CHECKER.fits("code", read_hash(ARGON2_CFFI).to_text())


@pytest.mark.parametrize("kept", ["", "typed $1$a$b", "$2b$04$"])
def test_what_was_not_kept_here_is_told(kept: str) -> None:
    """A text in the column that is none of ours raises the declared error."""
    with pytest.raises(UnreadableHashError):
        CHECKER.fits("code", kept)


def test_bcrypt_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where bcrypt is missing, the error says what to install."""
    monkeypatch.setitem(sys.modules, "bcrypt", None)
    with pytest.raises(MissingExtraError, match=r"credguard\[legacy\]"):
        CHECKER.fits("code", read_hash(BCRYPT).to_text())


def test_no_more_than_the_permits_run_at_a_time() -> None:
    """Whoever finds no permit in time is told to try again, and it is no verdict."""
    checker = ForeignCodeChecker(permits=1, patience=timedelta(0))
    slow = pbkdf2(bytes(32), "sha256", iterations=1_000_000, salt=b"a")
    started = threading.Event()

    def occupy() -> None:
        started.set()
        checker.fits("code", slow.to_text())

    thread = threading.Thread(target=occupy)
    thread.start()
    started.wait()
    busy = 0
    while thread.is_alive() and not busy:
        try:
            checker.fits("code", KEYCLOAK.to_text())
        except BusyError:
            busy += 1
    thread.join()
    assert busy == 1
    assert checker.fits("ABCDEFGH1234", KEYCLOAK.to_text())
