import hashlib

import pytest
from scheme_checks import check_alterations, check_vector
from werkzeug.security import generate_password_hash

from credguard.errors import (
    PasswordMismatchError,
    UnreadableHashError,
    WorkFactorTooHighError,
)
from credguard.passwords import CHEAPEST, DJANGO, WERKZEUG, PasswordHasher
from credguard.passwords.legacy import WERKZEUG_DIGESTS

# RFC 7914 section 12: scrypt (N=1024, r=8, p=16).
RFC_7914_SCRYPT = (
    "scrypt:1024:8:16$NaCl$"
    "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
    "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
)
# RFC 7914 section 11: PBKDF2-HMAC-SHA-256, the first of its two blocks.
RFC_7914_PBKDF2 = (
    "pbkdf2:sha256:80000$NaCl$"
    "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
)

HASHER = PasswordHasher(work_factor=CHEAPEST, accept=WERKZEUG)


@pytest.mark.parametrize(
    "method",
    [
        "scrypt",  # its default: 32768:8:1
        "scrypt:1024:8:1",
        "scrypt:512:2:3",
        "pbkdf2:sha256:3",
        "pbkdf2:sha1:3",
        "pbkdf2:sha224:3",
        "pbkdf2:sha384:3",
        "pbkdf2:sha512:3",
        "pbkdf2:md5:3",
    ],
)
@pytest.mark.parametrize("password", ["correct", "心臓\x00 "])
def test_what_werkzeug_writes_verifies(method: str, password: str) -> None:
    """Werkzeug's own hash of a password verifies here, and another does not."""
    stored = generate_password_hash(password, method)
    verified = HASHER.verify(password, stored=stored)
    assert verified.needs_rehash is True
    assert verified.scheme == f"werkzeug:{method.partition(':')[0]}"
    assert HASHER.identify(stored) == verified.scheme
    with pytest.raises(PasswordMismatchError):
        HASHER.verify(password + "!", stored=stored)


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("stored", "password"),
    [
        (RFC_7914_SCRYPT, "password"),
        (RFC_7914_PBKDF2, "Password"),
        # RFC 6070, third vector.
        (
            "pbkdf2:sha1:4096$salt$4b007901b765489abead49d926f721d065a429c1",
            "password",
        ),
    ],
)
def test_published_vectors(stored: str, password: str) -> None:
    """The RFCs' vectors, in Werkzeug's writing, verify with their password only."""
    assert HASHER.verify(password, stored=stored).needs_rehash is True
    with pytest.raises(PasswordMismatchError):
        HASHER.verify(password + "z", stored=stored)


SCRYPT = "scrypt:16:8:1$salt$" + "a" * 128
PBKDF2 = "pbkdf2:sha256:3$salt$" + "a" * 64


@pytest.mark.parametrize(
    "stored",
    [
        SCRYPT.replace(":16:", ":016:"),
        SCRYPT.replace(":16:", ":1_6:"),
        SCRYPT.replace(":16:", ":17:"),
        SCRYPT.replace(":8:", ": 8:"),
        SCRYPT.replace(":1$", "$"),
        SCRYPT.replace("salt", ""),
        SCRYPT.replace("salt", "sa\tlt"),
        SCRYPT[:-1],
        SCRYPT[:-2],
        SCRYPT.replace("a" * 128, "A" * 128),
        SCRYPT + "\n",
        PBKDF2.replace(":3$", "$"),
        PBKDF2.replace(":3$", ":03$"),
        PBKDF2.replace("sha256", "sha512"),
        PBKDF2.replace("sha256", "SHA256"),
        PBKDF2.replace("sha256", "whirlpool"),
        PBKDF2[:-2],
        "md5$salt$" + "a" * 32,
        "plain$$password",
    ],
)
def test_other_spellings_are_unreadable(stored: str) -> None:
    """What Werkzeug does not write is refused by name."""
    assert HASHER.identify(SCRYPT) == "werkzeug:scrypt"
    assert HASHER.identify(PBKDF2) == "werkzeug:pbkdf2"
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


@pytest.mark.promise("P1")
@pytest.mark.usefixtures("_no_work")
@pytest.mark.parametrize(
    "stored",
    [
        PBKDF2.replace(":3$", ":1000000000$"),
        PBKDF2.replace(":3$", ":1" + "0" * 400 + "$"),
        SCRYPT.replace(":16:8:1", ":1048576:8:64"),
        SCRYPT.replace(":16:8:1", ":2:1048576:1"),
        SCRYPT.replace(":8:", ":" + "9" * 400 + ":"),
    ],
)
def test_cost_above_the_ceiling_is_refused_before_work(stored: str) -> None:
    """A row that asks for too much is refused and never computed."""
    with pytest.raises(WorkFactorTooHighError):
        HASHER.verify("password", stored=stored)


# hashcat's example hashes of modes 30000 and 30120; then PHP 8.2, which is another
# implementation: hash_hmac('sha1', 'hashcat', 'salt'), and so on.
OLD_DIGESTS = {
    "md5": "md5$84143$7f51edecfa6fb401a0b5e63d33fc8c0e",
    "sha256": (
        "sha256$70108387805$8b9472281c36c3a693703de0e0f1ffab8fc0ecdd3bc5ead04c76dd74"
        "ef431e49"
    ),
    "sha1": "sha1$salt$9daa19efcdb0b1388319f94821610242138fc72a",
    "sha224": "sha224$salt$d69f2d9417b50e5ef49658e1bdbe3533ca2020d4f7362389f88420e9",
    "sha384": (
        "sha384$salt$a71d0242143b9f7fd1ffbabe2fa483cb8ad1625838df4606e7e9761fa6e86f4"
        "cd54cfd99f6c296f3f1fbf3a9ae33bf30"
    ),
    "sha512": (
        "sha512$salt$ea9b04da3047fa60eedf7cea81aec0d42a0777ec9dc86b19930746f8c9089b2"
        "d6b2621335f8c3b1663e5365f466c98680dc95347ec15be894ae371448ebe0110"
    ),
}


@pytest.mark.parametrize("name", OLD_DIGESTS)
def test_old_salted_digests(name: str) -> None:
    """What Werkzeug wrote before it derived keys verifies, and nothing close to it."""
    (scheme,) = (one for one in WERKZEUG_DIGESTS if one.name == f"werkzeug:{name}")
    row = check_vector(scheme, OLD_DIGESTS[name], "hashcat")
    assert row.is_shuckable is False
    check_alterations(scheme, OLD_DIGESTS[name], "hashcat")


def test_old_digests_are_no_django_ones() -> None:
    """Where both look alike, the bundle says which it is, and only one is right."""
    stored = OLD_DIGESTS["md5"]
    djangos = PasswordHasher(work_factor=CHEAPEST, accept=DJANGO)
    assert djangos.identify(stored) == "django:md5"
    with pytest.raises(PasswordMismatchError):
        djangos.verify("hashcat", stored=stored)
    assert HASHER.identify(stored) == "unreadable"


@pytest.mark.parametrize(
    "stored",
    [
        "md5$$7f51edecfa6fb401a0b5e63d33fc8c0e",
        "plain$$hashcat",
        "sha256$salt$" + "a" * 63,
        "sha256$sa lt$" + "a" * 64,
    ],
)
def test_other_old_digests_are_unreadable(stored: str) -> None:
    """Rows without a salt, and passwords in plain text, are not read."""
    assert all(scheme.read(stored) is None for scheme in WERKZEUG_DIGESTS)
