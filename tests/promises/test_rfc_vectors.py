"""The vectors of the RFCs that this library's own formats are made of."""

from hashlib import sha256

import pytest

from credguard._secret import Secret
from credguard.errors import WorkFactorTooHighError
from credguard.keys import Key
from credguard.passwords import Ceilings
from credguard.passwords.legacy.derivations import Pbkdf2Hash, ScryptHash
from credguard.passwords.pool import Argon2Pool
from credguard.passwords.stored_hash import StoredHash, matches
from proving import Proof

POOL = Argon2Pool()

# RFC 6070 section 2, RFC 7914 section 11: function, password, salt, iterations, tag.
PBKDF2 = [
    ("sha1", b"password", b"salt", 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
    ("sha1", b"password", b"salt", 2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"),
    ("sha1", b"password", b"salt", 4096, "4b007901b765489abead49d926f721d065a429c1"),
    (
        "sha1",
        b"passwordPASSWORDpassword",
        b"saltSALTsaltSALTsaltSALTsaltSALTsalt",
        4096,
        "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038",
    ),
    ("sha1", b"pass\0word", b"sa\0lt", 4096, "56fa6aa75548099dcc37d7f03425e0c3"),
    (
        "sha256",
        b"passwd",
        b"salt",
        1,
        (
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
            "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"
        ),
    ),
    (
        "sha256",
        b"Password",
        b"NaCl",
        80_000,
        (
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
            "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d"
        ),
    ),
]
# RFC 7914 section 12: password, salt, N, r, p, tag; the first has no password.
SCRYPT = [
    (
        b"password",
        b"NaCl",
        (1024, 8, 16),
        (
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
            "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        ),
    ),
    (
        b"pleaseletmein",
        b"SodiumChloride",
        (16_384, 8, 1),
        (
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
            "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
        ),
    ),
]
# RFC 5869 appendix A.1 to A.3: IKM, PRK, info, and the first block of OKM.
HKDF = [
    (
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        "f0f1f2f3f4f5f6f7f8f9",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf",
    ),
    (
        "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
        bytes(range(0xB0, 0x100)).hex(),
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c",
    ),
    (
        "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        "",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d",
    ),
]


def check(row: StoredHash, password: bytes) -> None:
    """Assert that *row* is of *password*, and of nothing close to it."""
    with POOL.permit() as permit:
        assert matches(row, password, permit)
        assert not matches(row, password + b"!", permit)
        assert not matches(row, password[:-1], permit)


@pytest.mark.promise("P8")
@pytest.mark.parametrize("vector", PBKDF2, ids=range(len(PBKDF2)))
def test_pbkdf2_of_the_rfcs(
    vector: tuple[str, bytes, bytes, int, str], proof: Proof
) -> None:
    """A row of RFC 6070's or RFC 7914's parts verifies with its password only."""
    name, password, salt, iterations, tag = vector
    row = Pbkdf2Hash(
        scheme="vector",
        digest_name=name,
        iterations=iterations,
        salt=salt,
        tag=bytes.fromhex(tag),
        blank="",
    )
    check(row, password)
    proof.tried(3)


def _scrypt(numbers: tuple[int, int, int], salt: bytes, tag: bytes) -> ScryptHash:
    n, r, p = numbers
    return ScryptHash(scheme="vector", n=n, r=r, p=p, salt=salt, tag=tag, blank="")


@pytest.mark.promise("P8")
@pytest.mark.parametrize("vector", SCRYPT, ids=range(len(SCRYPT)))
def test_scrypt_of_the_rfc(
    vector: tuple[bytes, bytes, tuple[int, int, int], str], proof: Proof
) -> None:
    """A row of RFC 7914's parts verifies with its password only."""
    password, salt, numbers, tag = vector
    check(_scrypt(numbers, salt, bytes.fromhex(tag)), password)
    proof.tried(3)


@pytest.mark.promise("P1")
def test_the_rfcs_last_scrypt_vector_is_above_the_ceiling() -> None:
    """RFC 7914's fourth vector takes a gigabyte, which is refused unread."""
    row = _scrypt((1_048_576, 8, 1), b"SodiumChloride", bytes(64))
    with pytest.raises(WorkFactorTooHighError):
        row.check_cost(Ceilings())


@pytest.mark.promise("P10")
@pytest.mark.parametrize("vector", HKDF, ids=range(len(HKDF)))
def test_hkdf_of_the_rfc(vector: tuple[str, str, str], proof: Proof) -> None:
    """What a key expands to is the first block of RFC 5869's."""
    extracted, info, block = map(bytes.fromhex, vector)
    key = Key(sha256(b"a key for tests").digest())
    key._extracted = Secret(extracted)
    assert key._expand(info) == block
    proof.tried()
