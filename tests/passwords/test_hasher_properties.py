"""Whatever comes in: a match, a mismatch, or a declared error."""

import hashlib
import string
from collections.abc import Callable

import argon2
import bcrypt
import pytest
from django.contrib.auth import hashers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.security import generate_password_hash

from credguard.errors import (
    PasswordMismatchError,
    PasswordUnhashableError,
    SealBrokenError,
    UnknownKeyError,
    UnreadableHashError,
    WorkFactorTooHighError,
)
from credguard.keys import Keyring
from credguard.passwords import (
    CHEAPEST,
    Ceilings,
    PasswordHasher,
    WriteFormat,
)
from credguard.passwords.legacy import DJANGO, SMF, VBULLETIN, WERKZEUG
from credguard.passwords.own_text import read_own_text
from credguard.passwords.phc import read_phc
from proving import Proof

# Low ceilings, so that a mutated cost is refused or cheap.
CEILINGS = Ceilings(
    argon2_memory_kib=256,
    argon2_passes=4,
    argon2_lanes=4,
    pbkdf2_iterations=99,
    bcrypt_cost=4,
    scrypt_bytes=2**20,
)
ACCEPT = DJANGO + WERKZEUG + VBULLETIN + SMF
RING = Keyring.generate()
OWNER = "17"
HASHER = PasswordHasher(
    work_factor=CHEAPEST, ceilings=CEILINGS, accept=ACCEPT, keyring=RING
)
BARE = PasswordHasher(work_factor=CHEAPEST, ceilings=CEILINGS, accept=ACCEPT)
OWN = PasswordHasher(
    work_factor=CHEAPEST,
    ceilings=CEILINGS,
    accept=ACCEPT,
    write_format=WriteFormat.V1,
)
WRITERS = (HASHER, BARE, OWN)
REFUSALS = (
    PasswordMismatchError,
    SealBrokenError,
    UnknownKeyError,
    UnreadableHashError,
    WorkFactorTooHighError,
)
PASSWORD = "correct horse"
# 2,000 in all every day; as many as the profile says, each, at night.
CASES = settings(
    max_examples=max(500, settings().max_examples),
    deadline=None,
    # What counts the cases is there for all of them.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
LEGACY = (
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
SMF_ROW = hashlib.sha1(b"alice" + PASSWORD.encode(), usedforsecurity=False).hexdigest()
ROWS = (
    *LEGACY,
    *(writer.hash(PASSWORD, account_id=OWNER) for writer in WRITERS),
    HASHER.hash(PASSWORD),
    str(HASHER.rekey(BARE.hash(PASSWORD), account_id=OWNER)),
    *(
        writer.wrap(row, account_id=OWNER)
        for writer in (HASHER, BARE)
        for row in LEGACY
        if BARE.describe(row).is_wrappable
    ),
    HASHER.wrap(SMF_ROW, scheme="smf:sha1", username="Alice"),
    BARE.wrap(SMF_ROW, scheme="smf:sha1", username="Alice"),
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


@pytest.mark.promise("P8")
@pytest.mark.promise("P7")
@given(password=ANY_TEXT, stored=ANY_TEXT | st.none() | st.sampled_from(ROWS))
@CASES
def test_verify_is_total(password: str, stored: str | None, proof: Proof) -> None:
    """Any password against any text ends in a declared refusal."""
    proof.tried()
    with pytest.raises(REFUSALS):
        HASHER.verify(password, stored=stored)


@pytest.mark.promise("P8")
@pytest.mark.promise("P7")
@given(
    password=ANY_TEXT,
    stored=ANY_TEXT | st.sampled_from([SMF_ROW, "a" * 32]),
    salt=ANY_TEXT | st.none() | st.binary(),
    username=ANY_TEXT | st.none() | st.integers(),
)
@CASES
def test_verify_is_total_in_its_other_columns(
    password: str, stored: str, salt: str, username: str, proof: Proof
) -> None:
    """Any salt and any name beside it end in a declared refusal as well."""
    proof.tried()
    with pytest.raises(REFUSALS):
        HASHER.verify(password, stored=stored, salt=salt, username=username)
    HASHER.describe(stored, salt=salt, username=username)


@pytest.mark.promise("P8")
@given(pair=_mutated())
@CASES
def test_a_mutated_row_never_verifies(pair: tuple[str, str], proof: Proof) -> None:
    """A hash has one spelling: anything near it is refused, also for its password."""
    proof.tried()
    row, mutated = pair
    if _same_bcrypt(row) == _same_bcrypt(mutated):
        verified = HASHER.verify(PASSWORD, stored=mutated, account_id=OWNER)
        assert verified.scheme == HASHER.identify(row)
        return
    with pytest.raises(REFUSALS):
        HASHER.verify(PASSWORD, stored=mutated, account_id=OWNER)


def _same_bcrypt(text: str) -> str:
    """Return *text* with the three names of one bcrypt made equal."""
    if text.startswith("$cg"):
        return text  # what is wrapped is wrapped letter for letter
    return text.replace("$2a$", "$2b$", 1).replace("$2y$", "$2b$", 1)


@pytest.mark.promise("P8")
@given(stored=ANY_TEXT | _mutated().map(lambda pair: pair[1]))
@CASES
def test_identify_and_verify_agree(stored: str, proof: Proof) -> None:
    """What is named unreadable cannot be verified, and what is named can be tried."""
    proof.tried()
    name = HASHER.identify(stored)
    with pytest.raises(REFUSALS) as caught:
        HASHER.verify("another password", stored=stored, account_id=OWNER)
    assert (name == "unreadable") is (caught.type is UnreadableHashError)


@pytest.mark.promise("P7")
@pytest.mark.promise("P8")
@given(password=ANY_TEXT)
@CASES
def test_what_is_hashed_verifies_and_reads_back(password: str, proof: Proof) -> None:
    """Each password is refused by name, or its hash is canonical and verifies."""
    proof.tried()
    try:
        texts = [writer.hash(password, account_id=OWNER) for writer in WRITERS]
    except PasswordUnhashableError:
        with pytest.raises(PasswordMismatchError):
            HASHER.verify(password, stored=None)
        return
    for writer, stored in zip(WRITERS, texts, strict=True):
        parts = read_phc(stored) or read_own_text(stored)
        assert parts is not None
        assert parts.to_text() == stored
        verified = writer.verify(password, stored=stored, account_id=OWNER)
        assert verified.needs_rehash is False


@pytest.mark.promise("P8")
@pytest.mark.parametrize("row", ROWS)
def test_the_rows_that_are_mutated_verify(row: str) -> None:
    """Each unmutated row is a hash of the password, so that the mutation matters."""
    verified = HASHER.verify(PASSWORD, stored=row, account_id=OWNER)
    assert verified.scheme == HASHER.identify(row)
