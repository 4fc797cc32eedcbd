"""Project Wycheproof's vectors, through what this library itself calls."""

import gzip
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import cast

import pytest

from credguard._sealed import Binding
from credguard._secret import Secret
from credguard.errors import SealBrokenError
from credguard.keys import Key, Keyring
from credguard.passwords import Ceilings, pepper
from credguard.passwords.legacy.derivations import Pbkdf2Hash
from credguard.passwords.legacy.digests import keyed_digest
from credguard.passwords.own_text import OwnText
from credguard.passwords.phc import Cost
from credguard.passwords.pool import Argon2Pool
from credguard.passwords.stored_hash import matches
from credguard.second_factor import totp
from proving import Proof

PATH = Path(__file__).parent / "vectors" / "wycheproof.json.gz"
Vector = dict[str, str | int]
POOL = Argon2Pool()
DRAWN = sha256(
    b"a key for tests"
).digest()  # a key that is of as many bytes as there are
PURPOSE = "vector"
COST = Cost(memory_kib=8, passes=1, lanes=1)

# What this library has no use for; the rest has to add up to all that there is.
LEFT_OUT = {
    "hmac_sha1": 0,
    "hmac_sha256": 0,
    # Nonces of 96 bits and keys of 256 are all that is written here.
    "aes_gcm": 250,
    "hkdf_sha256": 3,  # sizes above what HKDF can expand to; ours is always one block
    "pbkdf2_hmacsha1": 1,  # 16,777,216 iterations are above the ceiling
    "pbkdf2_hmacsha224": 0,
    "pbkdf2_hmacsha256": 0,
    "pbkdf2_hmacsha384": 0,
    "pbkdf2_hmacsha512": 0,
    "aes_siv_cmac": 295,  # two keys of 256 bits are all that is used
}


@cache
def _files() -> dict[str, list[Vector]]:
    with gzip.open(PATH) as packed:
        return cast("dict[str, list[Vector]]", json.load(packed)["files"])


def vectors(name: str, fits: Callable[[Vector], bool] = lambda _: True) -> list[Vector]:
    """Return the vectors that fit, and check how many do not."""
    every = _files()[name]
    fitting = [vector for vector in every if fits(vector)]
    assert len(every) - len(fitting) == LEFT_OUT[name]
    return fitting


def octets(vector: Vector, name: str) -> bytes:
    """Return a part of a vector that is written in hexadecimal."""
    return bytes.fromhex(str(vector[name]))


def is_valid(vector: Vector) -> bool:
    """Return whether the vector is of something that holds."""
    return vector["result"] == "valid"


def _two_passes(key: bytes, message: bytes, name: str) -> bytes:
    """Return the HMAC that codes are compared by, which is written out for speed."""
    inner, outer = totp._keyed(key, name)
    inner.update(message)
    outer.update(inner.digest())
    return outer.digest()


def _tag(key: bytes, message: bytes, _name: str) -> bytes:
    """Return a keyring's tag under a key that was set and not derived."""
    ring = Keyring(current=Key(DRAWN))
    ring.current._derived[f"tag {PURPOSE}"] = Secret(key)
    return ring.tag(message, purpose=PURPOSE)


def _legacy(key: bytes, message: bytes, name: str) -> bytes:
    return keyed_digest(name, key, message)


@pytest.mark.promise("P3")
@pytest.mark.promise("P10")
@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("sha1", _two_passes),
        ("sha256", _two_passes),
        ("sha1", _legacy),
        ("sha256", _legacy),
        ("sha256", _tag),
    ],
)
def test_hmac(
    name: str, ours: Callable[[bytes, bytes, str], bytes], proof: Proof
) -> None:
    """Each way in which a code or a tag is computed gives the vectors' tags."""
    for vector in vectors(f"hmac_{name}"):
        tag = octets(vector, "tag")
        made = ours(octets(vector, "key"), octets(vector, "msg"), name)
        assert hmac.compare_digest(made[: len(tag)], tag) is is_valid(vector)
        proof.tried()


@pytest.mark.promise("P10")
def test_aes_gcm(monkeypatch: pytest.MonkeyPatch, proof: Proof) -> None:
    """A sealed text with a vector's parts opens where it holds, and nowhere else."""
    for vector in vectors(
        "aes_gcm", lambda each: (each["keySize"], each["ivSize"]) == (256, 96)
    ):
        ring = Keyring(current=Key(DRAWN))
        ring.current._derived[f"seal {PURPOSE}"] = Secret(octets(vector, "key"))
        binding = Binding(PURPOSE, "", None)
        binding.bytes = octets(vector, "aad")
        nonce, plain = octets(vector, "iv"), octets(vector, "msg")
        blob = nonce + octets(vector, "ct") + octets(vector, "tag")
        sealed = binding.write(ring.current.id, blob)
        if not is_valid(vector):
            with pytest.raises(SealBrokenError):
                ring._opened(sealed, binding)
            proof.tried()
            continue
        assert ring._opened(sealed, binding) == plain
        monkeypatch.setattr(secrets, "token_bytes", lambda _, drawn=nonce: drawn)
        assert ring._sealed(plain, binding) == sealed
        proof.tried(2)


def _peppered(vector: Vector, monkeypatch: pytest.MonkeyPatch) -> pepper.Pepper:
    """Return our pepper with the two keys of a vector, and bound to what it has."""
    key, aad = octets(vector, "key"), octets(vector, "aad")
    halves = {b"AES-SIV authentication": key[:32], b"AES-SIV encryption": key[32:]}
    ring = Keyring(current=Key(DRAWN))
    monkeypatch.setattr(Keyring, "tag", lambda _, half, **__: halves[half])
    # Ours are three parts, none of them empty: see tests/passwords/test_pepper.py.
    monkeypatch.setattr(pepper, "_bound", lambda *_: [aad])
    return pepper.Pepper(ring)


@pytest.mark.promise("P10")
def test_aes_siv(monkeypatch: pytest.MonkeyPatch, proof: Proof) -> None:
    """The pepper, with a vector's keys, seals and opens as it says, or refuses."""
    sealed = opened = 0
    for vector in vectors("aes_siv_cmac", lambda each: each["keySize"] == 512):
        ours = _peppered(vector, monkeypatch)
        bare = OwnText(cost=COST, salt=bytes(8), body=octets(vector, "msg"))
        text = replace(bare, body=octets(vector, "ct"), key_id=ours.key_id)
        proof.tried()
        if not is_valid(vector):
            with pytest.raises(SealBrokenError):
                ours.open(text, account_id=None)
            continue
        assert ours.open(text, account_id=None) == bare
        opened += 1
        if bare.body:  # the library seals no empty text, and neither do we
            assert ours.seal(bare, account_id=None) == text
            sealed += 1
    assert (opened, sealed) == (39, 33)


@pytest.mark.promise("P10")
def test_hkdf(proof: Proof) -> None:
    """What a key expands to is the vectors' first block."""
    whole = 0
    for vector in vectors("hkdf_sha256", is_valid):
        material, salt = octets(vector, "ikm"), octets(vector, "salt")
        extracted = hmac.digest(salt or bytes(32), material, "sha256")
        is_ours = len(material) == 32 and not salt
        key = Key(material if is_ours else DRAWN)
        if is_ours:
            assert key._extracted.reveal() == extracted
            whole += 1
        key._extracted = Secret(extracted)
        made = key._expand(octets(vector, "info"))
        assert made[: int(vector["size"])] == octets(vector, "okm")[:32]
        proof.tried()
    assert whole >= 8


@pytest.mark.promise("P8")
@pytest.mark.parametrize("name", ["sha1", "sha224", "sha256", "sha384", "sha512"])
def test_pbkdf2(name: str, proof: Proof) -> None:
    """A row with a vector's parts is of its password, and of no other."""
    most = Ceilings().pbkdf2_iterations
    for vector in vectors(
        f"pbkdf2_hmac{name}", lambda each: int(each["iterationCount"]) <= most
    ):
        row = Pbkdf2Hash(
            scheme="vector",
            digest_name=name,
            iterations=int(vector["iterationCount"]),
            salt=octets(vector, "salt"),
            tag=octets(vector, "dk"),
            blank="",
        )
        password = octets(vector, "password")
        with POOL.permit() as permit:
            assert matches(row, password, permit) is bool(password)
            assert not matches(row, password + b"!", permit)
        assert is_valid(vector)
        proof.tried(2)
