"""Whatever comes in: a match, a mismatch, or a declared error."""

import string
from collections.abc import Callable

import argon2
import bcrypt
import pytest
from django.contrib.auth import hashers  # type: ignore[import-untyped]  # no stubs
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.security import generate_password_hash

from credguard.errors import (
    PasswordMismatchError,
    PasswordUnhashableError,
    UnreadableHashError,
    WorkFactorTooHighError,
)
from credguard.passwords import (
    CHEAPEST,
    Ceilings,
    PasswordHasher,
)
from credguard.passwords.phc import read_phc

# Low ceilings, so that a mutated cost is refused or cheap.
HASHER = PasswordHasher(
    work_factor=CHEAPEST,
    ceilings=Ceilings(
        argon2_memory_kib=256,
        argon2_passes=4,
        argon2_lanes=4,
        pbkdf2_iterations=99,
        bcrypt_cost=4,
        scrypt_bytes=2**20,
    ),
)
REFUSALS = (PasswordMismatchError, UnreadableHashError, WorkFactorTooHighError)
PASSWORD = "correct horse"
ROWS = (
    HASHER.hash(PASSWORD),
    argon2.PasswordHasher(2, 64, 2).hash(PASSWORD),
    "argon2" + argon2.PasswordHasher(1, 64, 1).hash(PASSWORD),
    hashers.PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=12),
    hashers.PBKDF2SHA1PasswordHasher().encode(PASSWORD, "salt", iterations=12),
    hashers.ScryptPasswordHasher().encode(PASSWORD, "salt", n=16, r=8, p=5),
    hashers.BCryptSHA256PasswordHasher().encode(PASSWORD, bcrypt.gensalt(4)),
    hashers.BCryptPasswordHasher().encode(PASSWORD, bcrypt.gensalt(4)),
    hashers.MD5PasswordHasher().encode(PASSWORD, "salt"),
    generate_password_hash(PASSWORD, "scrypt:1024:8:1"),
    generate_password_hash(PASSWORD, "pbkdf2:sha256:12"),
    generate_password_hash(PASSWORD, "pbkdf2:sha512:12"),
)
ANY_TEXT = st.text(alphabet=st.characters())  # lone surrogates included
PIECES = st.text(
    alphabet=string.ascii_letters + string.digits + "$,=:/+_.! \n\x00٣\ud800",
    min_size=1,
    max_size=4,
)


@st.composite
def _mutated(draw: Callable[..., object]) -> tuple[str, str]:
    """Draw a good row and a text that is nearly that row."""
    row = draw(st.sampled_from(ROWS))
    piece = draw(PIECES)
    start = draw(st.integers(0, len(str(row))))
    length = draw(st.integers(0, 6))
    if not (
        isinstance(row, str)
        and isinstance(piece, str)
        and isinstance(start, int)
        and isinstance(length, int)
    ):
        raise TypeError
    kinds = (
        row[:start] + piece + row[start + length :],
        row[:start] + row[start + length :],
        row[:start],
        row + piece,
        piece + row,
        row.swapcase(),
        row[:start] + row[start : start + 1].swapcase() + row[start + 1 :],
        row + row,
    )
    made = draw(st.sampled_from(kinds))
    return row, str(made)


@given(password=ANY_TEXT, stored=ANY_TEXT | st.none() | st.sampled_from(ROWS))
@settings(max_examples=200, deadline=None)
def test_verify_is_total(password: str, stored: str | None) -> None:
    """Any password against any text ends in a declared refusal."""
    with pytest.raises(REFUSALS):
        HASHER.verify(password, stored=stored)


@given(_mutated())
@settings(max_examples=400, deadline=None)
def test_a_mutated_row_never_verifies(pair: tuple[str, str]) -> None:
    """A hash has one spelling: anything near it is refused, also for its password."""
    row, mutated = pair
    if _same_bcrypt(row) == _same_bcrypt(mutated):
        assert HASHER.verify(PASSWORD, stored=mutated).scheme == HASHER.identify(row)
        return
    with pytest.raises(REFUSALS):
        HASHER.verify(PASSWORD, stored=mutated)


def _same_bcrypt(text: str) -> str:
    """Return *text* with the three names of one bcrypt made equal."""
    return text.replace("$2a$", "$2b$", 1).replace("$2y$", "$2b$", 1)


@given(ANY_TEXT | _mutated().map(lambda pair: pair[1]))
@settings(max_examples=200, deadline=None)
def test_identify_and_verify_agree(stored: str) -> None:
    """What is named unreadable cannot be verified, and what is named can be tried."""
    name = HASHER.identify(stored)
    with pytest.raises(REFUSALS) as caught:
        HASHER.verify("another password", stored=stored)
    assert (name == "unreadable") is (caught.type is UnreadableHashError)


@given(ANY_TEXT)
@settings(max_examples=200, deadline=None)
def test_what_is_hashed_verifies_and_reads_back(password: str) -> None:
    """Each password is refused by name, or its hash is canonical and verifies."""
    try:
        stored = HASHER.hash(password)
    except PasswordUnhashableError:
        with pytest.raises(PasswordMismatchError):
            HASHER.verify(password, stored=None)
        return
    phc = read_phc(stored)
    assert phc is not None
    assert phc.to_text() == stored
    assert HASHER.verify(password, stored=stored).needs_rehash is False


@pytest.mark.parametrize("row", ROWS)
def test_the_rows_that_are_mutated_verify(row: str) -> None:
    """Each unmutated row is a hash of the password, so that the mutation matters."""
    assert HASHER.verify(PASSWORD, stored=row).scheme == HASHER.identify(row)
