import hashlib

import pytest
from hypothesis import given
from scheme_checks import (
    ANY_BESIDE,
    ANY_PASSWORD,
    accepts,
    check_alterations,
    check_total,
    check_vector,
    close_to,
)

from credguard.errors import UnreadableHashError, WorkFactorTooHighError
from credguard.passwords import CHEAPEST, PasswordHasher
from credguard.passwords.legacy.auth0 import AUTH0, auth0_text
from credguard.passwords.legacy.scheme import Beside, LegacyScheme

SCHEMES: dict[str, LegacyScheme] = {scheme.name: scheme for scheme in AUTH0}


def _text(algorithm: str, value: str, **more: object) -> str:
    """Return the stored text of an object with a hash and little else."""
    encoding = more.pop("encoding", None)
    part = {"value": value} | ({} if encoding is None else {"encoding": encoding})
    part |= {name: more.pop(name) for name in ("digest", "key") if name in more}
    return auth0_text({"algorithm": algorithm, "hash": part, **more})


# Auth0's documentation, "Bulk User Import Database Schema and Examples". It names
# the passwords "hello" and "password"; that the others are "shh" and "test" was found.
SHA256 = _text(
    "sha256",
    "d24e794fce503c3ddb1cd1ba1dd5d9b250cf9917336a0316fefd87fecf79200f",
    encoding="hex",
    salt={"value": "abc123", "position": "prefix"},
)
MD5 = _text(
    "md5",
    "67A1E09BB1F83F5007DC119C14D663AA",
    encoding="hex",
    salt={"value": "salt", "position": "prefix"},
)
HMAC = _text(
    "hmac",
    "cg7f42jH39/2EaAU4wNd4s2lKIk=",
    encoding="base64",
    digest="sha1",
    key={"value": "736868", "encoding": "hex"},
)
LDAP = _text(
    "ldap",
    (
        "{SSHA384}/cgEjdoZh85DhurDeOQEMO1rMlAur93SVPbYe5XSD4lF7nNuvrBju5hUeg9A6agRem"
        "gSXGl5YuE="
    ),
    encoding="utf8",
)
PBKDF2 = _text(
    "pbkdf2",
    (
        "$pbkdf2-sha512$i=100000,l=64$KNyFsA2rWoE$I2CQGI9H0JxdDf3kERRI97kPCGxh0KWBIV"
        "3MxyaS191gDGfzVBGyS4BibhgqWQ0/ails8mHuU9ckASxHOOq58w"
    ),
)
BCRYPT = _text("bcrypt", "$2b$10$nFguVi9LsCAcvTZFKQlRKeLVydo8ETv483lkNsSFI/Wl1Rz1Ypo1K")
ARGON2 = _text(
    "argon2",
    (
        "$argon2id$v=19$m=65536,t=2,p=1$J6Q/82PCyaNpYKRELJyTZg$m04qUAB8rexWDR4+/0f+S"
        "FB+4XMFxt7YAvAq2UycYos"
    ),
)
MD4 = _text("md4", "AbuUujgF0pPPkJPSFRTpmA==", encoding="base64")
# PHP 8.2: sha1(iconv('UTF-8', 'ISO-8859-1', 'Grüße') . 'x'), and
# md5(iconv('UTF-8', 'UTF-16LE', 'Grüße')).
LATIN1 = _text(
    "sha1",
    "7b66c36a185aa505747802c3eaf69730c7744a6a",
    encoding="hex",
    salt={"value": "eA==", "encoding": "base64", "position": "suffix"},
    password={"encoding": "latin1"},
)
UCS2 = _text(
    "md5",
    "d8634e3e19167bdbe990f969ad19c65f",
    encoding="hex",
    password={"encoding": "ucs2"},
)
VECTORS = [
    ("sha256", SHA256, "shh"),
    ("md5", MD5, "password"),
    ("hmac", HMAC, "test"),
    ("ldap", LDAP, "shh"),
    ("pbkdf2", PBKDF2, "shh"),
    ("bcrypt", BCRYPT, "hello"),
    ("argon2", ARGON2, "shh"),
    ("sha1", LATIN1, "Grüße"),
    ("md5", UCS2, "Grüße"),
]


@pytest.mark.promise("P8")
@pytest.mark.parametrize(("name", "stored", "password"), VECTORS)
def test_published_vectors(name: str, stored: str, password: str) -> None:
    """Auth0's own examples verify with their password and no other."""
    row = check_vector(SCHEMES[f"auth0:{name}"], stored, password)
    assert row.is_shuckable is (stored == UCS2)


def _has_md4() -> bool:
    try:
        hashlib.new("md4", usedforsecurity=False)
    except ValueError:
        return False
    return True


@pytest.mark.promise("P8")
def test_md4_is_right_or_declared() -> None:
    """MD4 verifies where OpenSSL has it and is a declared error where not."""
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=AUTH0)
    if _has_md4():
        assert hasher.verify("shh", stored=MD4).scheme == "auth0:md4"
    else:
        with pytest.raises(UnreadableHashError, match="md4"):
            hasher.verify("shh", stored=MD4)


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("name", "stored", "password"), [VECTORS[index] for index in (0, 2, 3, 7)]
)
def test_altered_texts_match_nothing(name: str, stored: str, password: str) -> None:
    """No text close to a hash is another spelling of it, but for a default named."""
    check_alterations(SCHEMES[f"auth0:{name}"], stored, password)


def test_nodes_ascii_keeps_low_bytes() -> None:
    """What latin1 lacks loses its upper byte, as in Node.js."""
    # Node.js 20: createHash("sha1").update(Buffer.from("Ж", "latin1")).digest("hex").
    stored = _text(
        "sha1",
        "a9d3c9cd54b1a392b21ea14904d9a318f74636b7",
        encoding="hex",
        password={"encoding": "ascii"},
    )
    assert accepts(SCHEMES["auth0:sha1"], stored, "Ж")


@pytest.mark.parametrize(
    "stored",
    [
        SHA256.replace(",", ", "),
        SHA256.replace('"hex"', '"utf8"'),
        SHA256.replace("sha256", "sha512"),
        SHA256.replace('"position":"prefix"', '"position":"middle"'),
        SHA256.replace('"value":"abc123"', '"value":""'),
        SHA256.replace('"value":"abc123"', '"value":123'),
        SHA256.replace('"value":"abc123"', '"value":"\\ud800"'),
        SHA256.replace('"salt":', '"salz":'),
        SHA256.replace(
            '"algorithm":"sha256"', '"algorithm":"sha256","algorithm":"md5"'
        ),
        MD5.replace("67A1", "67a1"),  # both cases at once
        HMAC.replace('"digest":"sha1"', '"digest":"whirlpool"'),
        HMAC.replace('"digest":"sha1"', '"digest":["sha1"]'),
        HMAC.replace('"736868"', '""'),
        HMAC.replace('"736868"', '"73686"'),
        LDAP.replace("SSHA384", "CRYPT"),
        LDAP.replace("utf8", "hex"),
        LATIN1.replace("latin1", "cp1252"),
        LATIN1.replace('"password":{"encoding":"latin1"}', '"password":7'),
        auth0_text({"algorithm": "bcrypt"}),
        auth0_text({"algorithm": "bcrypt", "hash": "$2b$10$"}),
        auth0_text({"algorithm": ["bcrypt"], "hash": {}}),
        auth0_text({"algorithm": "scrypt", "hash": {"value": "00"}}),
        '{"algorithm":"' + "[" * 5000,
        '{"algorithm":"md5","hash":' + "[" * 5000,
        '{"algorithm":"md5","hash":' + "9" * 5000 + "}",
        '{"algorithm":"md5","hash":NaN}',
        "{}",
        "[]",
    ],
)
def test_other_spellings_are_unreadable(stored: str) -> None:
    """What Auth0 does not describe is not taken for any of its formats."""
    assert all(scheme.read(stored) is None for scheme in AUTH0)


def test_a_salt_is_not_allowed_beside_a_string() -> None:
    """An object with a salt that is not used says something that we do not know."""
    salted = _text("bcrypt", "$2b$10$" + "." * 53, salt={"value": "a"})
    assert all(scheme.read(salted) is None for scheme in AUTH0)


@pytest.mark.promise("P1")
@pytest.mark.parametrize(
    "stored",
    [
        PBKDF2.replace("i=100000", "i=5000001"),
        BCRYPT.replace("$10$", "$17$"),
        ARGON2.replace("m=65536", "m=9999999"),
    ],
)
def test_cost_above_the_ceiling_is_refused(stored: str) -> None:
    """A row that asks for too much is refused."""
    hasher = PasswordHasher(work_factor=CHEAPEST, accept=AUTH0)
    with pytest.raises(WorkFactorTooHighError):
        hasher.verify("shh", stored=stored)


@pytest.mark.promise("P8")
@given(
    stored=close_to(*[row[1] for row in VECTORS], MD4),
    beside=ANY_BESIDE,
    password=ANY_PASSWORD,
)
def test_any_text_ends_in_a_declared_error(
    stored: str, beside: Beside, password: str
) -> None:
    """Nothing but a row, None or a declared error comes of any input."""
    for scheme in AUTH0:
        check_total(scheme, stored, beside, password)
