import hashlib
import sys

import bcrypt
import pytest
from django.contrib.auth import hashers

from credguard.errors import (
    MissingExtraError,
    PasswordMismatchError,
    UnreadableHashError,
    WorkFactorTooHighError,
)
from credguard.passwords import CHEAPEST, DJANGO, PasswordHasher
from credguard.passwords.stored_hash import Argon2Hash

HASHER = PasswordHasher(work_factor=CHEAPEST, accept=DJANGO)
# django/django, tests/auth_tests/test_hashers.py (4.1).
PUBLISHED_PBKDF2 = (
    "pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c="
)
PUBLISHED_SCRYPT = (
    "scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NY"
    "afTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw=="
)
PUBLISHED_PBKDF2_SHA1 = "pbkdf2_sha1$390000$seasalt2$aDapRanzW8aHTz97v2TcfHzWD+I="
PUBLISHED_ARGON2I = "argon2$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q"
PASSWORDS = ("lètmein", "p\x00ssword", "心臓出血から守る鍵", " spaces ", "x" * 100)


def _theirs(scheme: str, password: str) -> str:
    """Return what Django's own hasher writes, at a low cost."""
    salt = "Uay2hpHi1mwnPLBZw7jPhz"
    cheap_argon2 = hashers.Argon2PasswordHasher()
    cheap_argon2.memory_cost = 64
    made: str = {
        "pbkdf2_sha256": lambda: hashers.PBKDF2PasswordHasher().encode(
            password, salt, iterations=3
        ),
        "pbkdf2_sha1": lambda: hashers.PBKDF2SHA1PasswordHasher().encode(
            password, salt, iterations=3
        ),
        "argon2": lambda: cheap_argon2.encode(password, salt),
        "bcrypt_sha256": lambda: hashers.BCryptSHA256PasswordHasher().encode(
            password, bcrypt.gensalt(4)
        ),
        "bcrypt": lambda: hashers.BCryptPasswordHasher().encode(
            # The library of today raises where that of its time cut at 72 bytes.
            password.encode()[:72].decode(),
            bcrypt.gensalt(4),
        ),
        "scrypt": lambda: hashers.ScryptPasswordHasher().encode(
            password, salt, n=16, r=8, p=5
        ),
        "md5": lambda: hashers.MD5PasswordHasher().encode(password, salt),
    }[scheme]()
    return made


SCHEMES = (
    "pbkdf2_sha256",
    "pbkdf2_sha1",
    "argon2",
    "bcrypt_sha256",
    "bcrypt",
    "scrypt",
    "md5",
)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("password", PASSWORDS)
def test_what_django_writes_verifies(scheme: str, password: str) -> None:
    """Django's own hash of a password verifies here, and another password does not."""
    stored = _theirs(scheme, password)
    verified = HASHER.verify(password, stored=stored)
    assert verified.scheme == HASHER.identify(stored) == f"django:{scheme}"
    with pytest.raises(PasswordMismatchError):
        HASHER.verify("!" + password, stored=stored)


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("stored", "password"),
    [
        # As above.
        (PUBLISHED_PBKDF2, "lètmein"),
        ("sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8", "lètmein"),
        ("sha1$$6d138ca3ae545631b3abd71a4f076ce759c5700b", "lètmein"),
        ("md5$seasalt$3f86d0d3d465b7b458c231bf3555c0e3", "lètmein"),
        ("md5$$88a434c88cca4e900f7874cd98123f43", "lètmein"),
        (PUBLISHED_SCRYPT, "lètmein"),
        (PUBLISHED_PBKDF2_SHA1, "lètmein"),
        (PUBLISHED_ARGON2I, "secret"),
        # hashcat's example hash of mode 124.
        ("sha1$fe76b$02d5916550edf7fc8c886f044887f4b1abf9b013", "hashcat"),
    ],
)
def test_published_vectors(stored: str, password: str) -> None:
    """Hashes that others published verify with their password and no other."""
    assert HASHER.verify(password, stored=stored).needs_rehash is True
    with pytest.raises(PasswordMismatchError):
        HASHER.verify(password + "z", stored=stored)


def test_bcrypt_cuts_at_72_bytes_where_the_prehash_does_not() -> None:
    """Django's plain bcrypt never saw byte 73; its prehashed one saw all of them."""
    password = "0123456789" * 10
    plain, whole = _theirs("bcrypt", password), _theirs("bcrypt_sha256", password)
    verified = HASHER.verify(password[:72] + "otherwise", stored=plain)
    assert verified.scheme == "django:bcrypt"
    with pytest.raises(PasswordMismatchError):
        HASHER.verify(password[:71], stored=plain)
    with pytest.raises(PasswordMismatchError):
        HASHER.verify(password[:72], stored=whole)


@pytest.mark.parametrize("letter", ["a", "b", "y"])
def test_the_three_names_of_one_bcrypt_verify(letter: str) -> None:
    """Rows by older libraries and by PHP differ in a letter and verify alike."""
    stored = _theirs("bcrypt", "password").replace("$2b$", f"$2{letter}$")
    assert HASHER.verify("password", stored=stored).scheme == "django:bcrypt"


@pytest.mark.parametrize("scheme", ["bcrypt", "bcrypt_sha256"])
def test_bcrypt_without_its_package_says_what_to_install(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing extra is named; the person is not told that the password is wrong."""
    stored = _theirs(scheme, "password")
    monkeypatch.setitem(sys.modules, "bcrypt", None)
    assert HASHER.identify(stored) == f"django:{scheme}"
    with pytest.raises(MissingExtraError, match=r"credguard\[legacy\]"):
        HASHER.verify("password", stored=stored)


@pytest.mark.promise("P8")
def test_a_bcrypt_that_refuses_nul_is_a_mismatch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A library that takes no NUL cannot have hashed a password with one."""
    stored = _theirs("bcrypt", "password")

    def refuse(*_args: object) -> bytes:
        raise ValueError

    monkeypatch.setattr(bcrypt, "hashpw", refuse)
    with pytest.raises(PasswordMismatchError):
        HASHER.verify("pass\x00word", stored=stored)


PBKDF2 = "pbkdf2_sha256$3$salt$" + "A" * 43 + "="
SCRYPT = "scrypt$16$salt$8$5$" + "A" * 86 + "=="
BCRYPT = "bcrypt$$2b$04$" + "a" * 21 + "u" + "a" * 31
ARGON2 = "argon2$argon2id$v=19$m=64,t=2,p=8$c29tZXNhbHQ$" + "A" * 43


def test_the_shapes_that_are_varied_below_are_readable() -> None:
    """The spellings from which the refused ones are made are read as their scheme."""
    found = [HASHER.identify(text) for text in (PBKDF2, SCRYPT, BCRYPT, ARGON2)]
    expected = ["pbkdf2_sha256", "scrypt", "bcrypt", "argon2"]
    assert found == [f"django:{name}" for name in expected]


@pytest.mark.parametrize(
    "stored",
    [
        PBKDF2.replace("$3$", "$03$"),
        PBKDF2.replace("$3$", "$1_000$"),
        PBKDF2.replace("$3$", "$ 3$"),
        PBKDF2.replace("$3$", "$+3$"),
        PBKDF2.replace("$3$", "$0$"),
        PBKDF2.replace("$3$", "$٣$"),
        PBKDF2.replace("$3$", "$" + "9" * 513 + "$"),
        PBKDF2.replace("salt", ""),
        PBKDF2.replace("salt", "sa lt"),
        PBKDF2.replace("salt", "sält"),
        PBKDF2.replace("salt", "sa$lt"),
        PBKDF2.replace("A=", "B="),  # spare bits are not zero
        PBKDF2.removesuffix("="),
        PBKDF2 + "=",
        PBKDF2 + "\n",
        PBKDF2[:-9],
        PBKDF2.replace("sha256", "sha512"),
        PBKDF2.replace("sha256", "sha1"),
        PBKDF2.upper(),
        SCRYPT.replace("$16$", "$15$"),
        SCRYPT.replace("$16$", "$1$"),
        SCRYPT.replace("$16$", "$016$"),
        SCRYPT.replace("$8$", "$0$"),
        SCRYPT.replace("$5$", "$-5$"),
        SCRYPT.replace("A==", "B=="),
        SCRYPT[:-4],
        BCRYPT.replace("$04$", "$4$"),
        BCRYPT.replace("$04$", "$03$"),
        BCRYPT.replace("$04$", "$32$"),
        BCRYPT.replace("2b", "2x"),
        BCRYPT.replace("bcrypt$", "bcrypt$$"),
        BCRYPT.replace("u", "v"),
        BCRYPT[:-1] + "b",
        BCRYPT[:-1],
        BCRYPT + "a",
        ARGON2.replace("m=64", "m=064"),
        ARGON2.replace("m=64", "m=63"),
        ARGON2.replace("v=19$", ""),
        ARGON2.replace("argon2id", "argon2d"),
        "argon2$" + ARGON2,
        "md5$salt$" + "A" * 32,
        "md5$salt$" + "a" * 31,
        "md5$sa lt$" + "a" * 32,
        "sha1$salt$" + "a" * 32,
        "a" * 32,
        "unsalted_md5$",
        "pbkdf2_sha256",
    ],
)
def test_other_spellings_are_unreadable(stored: str) -> None:
    """What Django does not write is refused by name, not taken for a wrong password."""
    assert HASHER.identify(stored) == "unreadable"
    with pytest.raises(UnreadableHashError):
        HASHER.verify("password", stored=stored)


@pytest.fixture
def _no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail at once if a legacy algorithm is computed, however long it would take."""

    def fail(*_args: object, **_kwargs: object) -> bytes:
        pytest.fail("a row above its ceiling was computed")

    monkeypatch.setattr(hashlib, "pbkdf2_hmac", fail)
    monkeypatch.setattr(hashlib, "scrypt", fail)
    monkeypatch.setattr(bcrypt, "hashpw", fail)
    monkeypatch.setattr(Argon2Hash, "digest", fail)


@pytest.mark.promise("P1")
@pytest.mark.usefixtures("_no_work")
@pytest.mark.parametrize(
    ("stored", "scheme"),
    [
        (PBKDF2.replace("$3$", "$5000001$"), "pbkdf2_sha256"),
        (PBKDF2.replace("$3$", "$1" + "0" * 400 + "$"), "pbkdf2_sha256"),
        (SCRYPT.replace("$16$", "$1048576$"), "scrypt"),
        (SCRYPT.replace("$8$", "$" + "9" * 400 + "$"), "scrypt"),
        (BCRYPT.replace("$04$", "$17$"), "bcrypt"),
        (BCRYPT.replace("$04$", "$31$"), "bcrypt"),
        (ARGON2.replace("m=64", "m=4194304"), "argon2"),
        (ARGON2.replace("t=2", "t=5000000"), "argon2"),
    ],
)
def test_cost_above_the_ceiling_is_refused_before_work(
    stored: str, scheme: str
) -> None:
    """A row that asks for too much is named, refused, and never computed."""
    assert HASHER.identify(stored) == f"django:{scheme}"
    with pytest.raises(WorkFactorTooHighError):
        HASHER.verify("password", stored=stored)


def test_what_django_writes_by_default_is_below_the_ceilings() -> None:
    """Django 5.2's default costs are read and not refused."""
    costs = (
        PBKDF2.replace("$3$", "$1000000$"),
        SCRYPT.replace("$16$", "$16384$"),
        BCRYPT.replace("$04$", "$12$"),
    )
    for stored in costs:
        assert HASHER.needs_rehash(stored=stored) is True


def test_no_row_shows_its_salt_or_tag() -> None:
    """Rows taken apart can be logged without telling the hash."""
    for scheme in DJANGO:
        for name in SCHEMES:
            row = scheme.read(_theirs(name, "password"))
            if row is not None:
                assert "salt=" not in repr(row)
                assert "tag=" not in repr(row)
                assert "text=" not in repr(row)
