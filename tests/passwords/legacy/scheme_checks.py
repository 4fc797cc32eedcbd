"""What is checked of every legacy scheme: a vector, its alterations, any input."""

import random
import string
from itertools import pairwise

import pytest
from hypothesis import strategies as st

from credguard.errors import CredguardError, UnreadableHashError, WorkFactorTooHighError
from credguard.passwords import CHEAPEST, PasswordHasher
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside, LegacyScheme
from credguard.passwords.pool import Argon2Pool
from credguard.passwords.stored_hash import Argon2Hash, StoredHash, digests_of, matches
from credguard.passwords.work_factor import Ceilings

POOL = Argon2Pool()
# Whatever a text asks for, no check takes long.
LOW = Ceilings(
    argon2_memory_kib=1_024,
    argon2_passes=4,
    pbkdf2_iterations=20_000,
    bcrypt_cost=6,
    scrypt_bytes=2**21,
    crypt_rounds=5_000,
    phpass_rounds=2_048,
)
_SLOW = 200_000  # KiB: a tenth of a second
_LETTERS = string.ascii_letters + string.digits + "$./:;#~\\ \x00\né\ud800"


def accepts(
    scheme: LegacyScheme,
    stored: str,
    password: str,
    beside: Beside = NOTHING_BESIDE,
    ceilings: Ceilings | None = None,
) -> bool:
    """Return whether *scheme* takes *password* for the one that was hashed."""
    row = scheme.read(stored, beside)
    if row is None:
        return False
    try:
        row.check_cost(ceilings or Ceilings())
    except WorkFactorTooHighError:
        return False
    with POOL.permit() as permit:
        return matches(row, password.encode(), permit)


def check_vector(
    scheme: LegacyScheme, stored: str, password: str, beside: Beside = NOTHING_BESIDE
) -> StoredHash:
    """Assert that *stored* is of *password* alone, in the scheme and in a hasher."""
    row = scheme.read(stored, beside)
    assert row is not None
    assert row.scheme == scheme.name
    assert row.argon2id is None or row.cost
    assert repr(row).count(stored) == 0
    assert accepts(scheme, stored, password, beside)
    assert not accepts(scheme, stored, "!" + password, beside)
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=(scheme,))
    verified = hasher.verify(
        password, stored=stored, salt=beside.salt, username=beside.username
    )
    assert verified.scheme == scheme.name
    is_argon2 = row.argon2id is not None or isinstance(row, Argon2Hash)
    if row.work < _SLOW and not is_argon2:
        with POOL.permit() as permit:
            assert row.digest(b"", permit) == b""
    if row.blank:
        check_blank(scheme, row, password, beside)
    return row


def check_blank(
    scheme: LegacyScheme, row: StoredHash, password: str, beside: Beside
) -> None:
    """Assert that the text without its tag computes the same, and matches nothing."""
    blank = scheme.read(row.blank, beside)
    assert blank is not None
    assert blank.blank == row.blank
    with POOL.permit() as permit:
        made = list(digests_of(blank, password.encode(), permit))
    assert row.tag in made
    assert blank.tag not in made


def check_alterations(
    scheme: LegacyScheme,
    stored: str,
    password: str,
    beside: Beside = NOTHING_BESIDE,
    *,
    but: tuple[str, ...] = (),
) -> None:
    """Assert that no text close to *stored* is a hash of *password*; *but* may be."""
    assert accepts(scheme, stored, password, beside, LOW)
    draw = random.Random(stored)
    altered = {stored + "\n", stored + "\x00", " " + stored, stored[1:], stored[:-1]}
    altered |= {stored.upper(), stored.swapcase(), stored + stored}
    for place, letter in enumerate(stored):
        other = draw.choice(_LETTERS.replace(letter, ""))
        altered.add(stored[:place] + other + stored[place + 1 :])
        altered.add(stored[:place] + stored[place + 1 :])
    for place, (first, second) in enumerate(pairwise(stored)):
        altered.add(stored[:place] + second + first + stored[place + 2 :])
    for text in altered - {stored, *but}:
        assert not accepts(scheme, text, password, beside, LOW), text


def check_needs(
    scheme: LegacyScheme, stored: str, password: str, beside: Beside
) -> None:
    """Assert that the row cannot be read without the columns that it needs."""
    for less in (
        NOTHING_BESIDE,
        Beside(salt="") if beside.username is None else Beside(username=""),
        Beside(salt=" \x00") if beside.username is None else Beside(username="\ud800"),
        Beside(salt="x" * 256, username="x" * 256),
    ):
        assert scheme.read(stored, less) is None
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=(scheme,))
    with pytest.raises(UnreadableHashError):
        hasher.verify(password, stored=stored)
    hasher.verify(password, stored=stored, salt=beside.salt, username=beside.username)


def close_to(*texts: str) -> st.SearchStrategy[str]:
    """Return any texts, and *texts* with something else in them."""

    def altered(text: str) -> st.SearchStrategy[str]:
        places = st.integers(0, len(text))
        return st.builds(
            lambda start, length, new: text[:start] + new + text[start + length :],
            places,
            st.integers(0, 3),
            st.text(st.characters(), max_size=3),
        )

    return st.one_of(
        st.text(st.characters(), max_size=200),
        st.sampled_from(texts),
        st.sampled_from(texts).flatmap(altered),
    )


ANY_BESIDE = st.builds(
    Beside,
    salt=st.none() | st.text(st.characters(), max_size=300),
    username=st.none() | st.text(st.characters(), max_size=300),
)
ANY_PASSWORD = st.text(max_size=100).filter(bool) | st.sampled_from(
    ["\x00", " ", "\x00x", "x" * 4096, "\u20ac", "&amp;", "<!--", "😀" * 40]
)


def check_total(
    scheme: LegacyScheme, stored: str, beside: Beside, password: str
) -> None:
    """Assert that nothing but a declared error comes of any input."""
    row = scheme.read(stored, beside)
    if row is None:
        return
    try:
        row.check_cost(LOW)
        with POOL.permit() as permit:
            made = row.digest(password.encode(), permit)
    except CredguardError:
        return
    assert isinstance(made, bytes)
    assert isinstance(row.blank, str)
    assert row.work >= 0
