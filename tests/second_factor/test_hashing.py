"""The slow hash of recovery codes, and its bounds."""

import threading
from datetime import timedelta
from typing import NoReturn

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import HashingError, VerificationError

from credguard.errors import (
    BusyError,
    SetupError,
    UnreadableHashError,
    WorkFactorTooHighError,
)
from credguard.second_factor import hashing
from credguard.second_factor.hashing import Argon2CodeHasher

DIGEST = bytes(range(32))
CHEAP = Argon2CodeHasher(memory_kib=8, passes=1)


def test_a_hash_fits_its_digest_only() -> None:
    """Each hash has a salt of its own, and fits what it was made of."""
    first, second = CHEAP.hash(DIGEST), CHEAP.hash(DIGEST)
    assert first != second
    assert CHEAP.fits(DIGEST, first)
    assert not CHEAP.fits(DIGEST[::-1], first)
    assert len(first) < 255


def test_another_implementation_reads_the_hash() -> None:
    """A hash is Argon2id as argon2-cffi's own face verifies it."""
    assert PasswordHasher().verify(CHEAP.hash(DIGEST), DIGEST)


def test_the_default_is_owasps() -> None:
    """A code costs what a password does by OWASP's second choice."""
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in Argon2CodeHasher().hash(DIGEST)


def test_nothing_fits_the_decoy() -> None:
    """The decoy costs what a hash costs, and is a hash of nothing known."""
    assert CHEAP.decoy.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert not CHEAP.fits(DIGEST, CHEAP.decoy)


@pytest.mark.parametrize("hashed", ["", "$argon2i$v=19$m=8,t=1,p=1$AAAAAAAAAAA$A", "x"])
def test_what_is_no_hash_is_refused(hashed: str) -> None:
    """A row that holds something else is named as unreadable."""
    with pytest.raises(UnreadableHashError):
        CHEAP.fits(DIGEST, hashed)


@pytest.mark.parametrize("cost", ["m=131073,t=1,p=1", "m=8,t=17,p=1", "m=999,t=1,p=17"])
def test_a_stored_hash_asks_for_no_more_than_the_ceiling(cost: str) -> None:
    """Whoever can write a row cannot make a log-in cost a gigabyte."""
    hashed = CHEAP.decoy.replace("m=8,t=1,p=1", cost)
    with pytest.raises(WorkFactorTooHighError):
        CHEAP.fits(DIGEST, hashed)


def test_without_a_permit_it_is_busy() -> None:
    """Who gets no permit in time is told so, and nothing was decided."""
    hasher = Argon2CodeHasher(
        memory_kib=8, passes=1, permits=1, patience=timedelta(milliseconds=10)
    )
    begun, ended = threading.Event(), threading.Event()

    def hold() -> None:
        with hasher._permit():
            begun.set()
            ended.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    begun.wait(10)
    with pytest.raises(BusyError):
        hasher.hash(DIGEST)
    ended.set()
    holder.join()
    assert hasher.fits(DIGEST, hasher.hash(DIGEST))


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("hash_secret", HashingError),
        ("hash_secret", MemoryError),
        ("verify_secret", VerificationError),
        ("verify_secret", MemoryError),
    ],
)
def test_without_memory_it_is_busy(
    monkeypatch: pytest.MonkeyPatch, name: str, error: type[Exception]
) -> None:
    """A machine that is short of memory makes no code wrong."""

    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    hashed = CHEAP.hash(DIGEST)
    monkeypatch.setattr(hashing, name, fail)
    with pytest.raises(BusyError):
        CHEAP.hash(DIGEST) if name == "hash_secret" else CHEAP.fits(DIGEST, hashed)


@pytest.mark.parametrize(
    "numbers",
    [
        {"memory_kib": 7},
        {"memory_kib": 131_073},
        {"passes": 0},
        {"passes": 17},
        {"permits": -1},
        {"patience": timedelta(seconds=-1)},
    ],
)
def test_numbers_have_ranges(numbers: dict[str, int]) -> None:
    """What cannot work is found when the hasher is made."""
    with pytest.raises(SetupError):
        Argon2CodeHasher(**numbers)  # type: ignore[arg-type]  # wrong on purpose
