import hashlib
import hmac
from dataclasses import replace

import pytest

from credguard.errors import BusyError, UnreadableHashError, WorkFactorTooHighError
from credguard.passwords import Ceilings
from credguard.passwords.legacy.derivations import (
    PBKDF2_DIGESTS,
    Pbkdf2Hash,
    ScryptHash,
)
from credguard.passwords.pool import Argon2Pool
from credguard.passwords.stored_hash import matches


def _pbkdf2(digest: str = "sha1", iterations: int = 4096) -> Pbkdf2Hash:
    # RFC 6070, third vector (for SHA-1 and 4,096 iterations).
    tag = bytes.fromhex("4b007901b765489abead49d926f721d065a429c1")
    return Pbkdf2Hash(
        scheme="x",
        digest_name=digest,
        iterations=iterations,
        salt=b"salt",
        tag=tag,
        blank="",
    )


def _scrypt(n: int, r: int, p: int) -> ScryptHash:
    return ScryptHash(
        scheme="x", n=n, r=r, p=p, salt=b"NaCl", tag=b"\x00" * 64, blank=""
    )


@pytest.mark.promise("P8")
def test_rfc_6070_vector() -> None:
    """PBKDF2-HMAC-SHA-1 matches its RFC's password and no other."""
    with Argon2Pool().permit() as permit:
        assert matches(_pbkdf2(), b"password", permit) is True
        assert matches(_pbkdf2(), b"passwore", permit) is False


@pytest.mark.promise("P8")
@pytest.mark.parametrize("digest", sorted(PBKDF2_DIGESTS))
def test_each_digest_agrees_with_the_definition(digest: str) -> None:
    """One iteration is one HMAC over the salt and block number (RFC 8018)."""
    tag = hmac.digest(b"password", b"salt\x00\x00\x00\x01", digest)
    row = replace(_pbkdf2(digest, iterations=1), tag=tag)
    with Argon2Pool().permit() as permit:
        assert matches(row, b"password", permit)
    assert row.argon2id is None


@pytest.mark.promise("P1")
def test_pbkdf2_cost_is_bounded() -> None:
    """The ceiling itself is allowed and one iteration more is not."""
    _pbkdf2(iterations=5_000_000).check_cost(Ceilings())
    for iterations in (5_000_001, 2**31, 2**32, 10**400):
        with pytest.raises(WorkFactorTooHighError):
            _pbkdf2(iterations=iterations).check_cost(Ceilings())


@pytest.mark.promise("P1")
def test_each_block_of_a_long_tag_counts() -> None:
    """A tag of two blocks costs twice what its iterations say."""
    once, twice = _pbkdf2(), replace(_pbkdf2(), tag=bytes(21))
    assert twice.work in {2 * once.work, 2 * once.work + 1}
    replace(twice, iterations=2_500_000).check_cost(Ceilings())
    with pytest.raises(WorkFactorTooHighError):
        replace(twice, iterations=2_500_001).check_cost(Ceilings())


def test_the_cost_is_told_in_the_formats_own_numbers() -> None:
    """A census shows what a row costs as its format has it."""
    assert _pbkdf2().cost == "i=4096"
    assert _scrypt(16, 8, 1).cost == "n=16,r=8,p=1"


@pytest.mark.promise("P1")
def test_scrypt_cost_is_bounded() -> None:
    """N·r·p·128 may be 256 MiB and no more."""
    _scrypt(2**18, 8, 1).check_cost(Ceilings())
    for n, r, p in ((2**19, 8, 1), (2**18, 9, 1), (2**18, 8, 2), (2**400, 10**9, 1)):
        with pytest.raises(WorkFactorTooHighError):
            _scrypt(n, r, p).check_cost(Ceilings())


@pytest.mark.promise("P1")
def test_scrypt_memory_is_bounded_where_its_product_is_small() -> None:
    """A tiny N with a huge r asks for more memory than N·r·p·128 tells."""
    row = _scrypt(2, 2**20, 1)
    assert row.n * row.r * row.p * 128 == 2**28
    with pytest.raises(WorkFactorTooHighError, match="memory"):
        row.check_cost(Ceilings())


@pytest.mark.parametrize(
    ("n", "r", "is_sound"),
    [(2, 1, True), (1, 8, False), (3, 8, False), (2**15, 1, True), (2**16, 1, False)],
)
def test_scrypt_numbers_follow_the_rfc(n: int, r: int, *, is_sound: bool) -> None:
    """N is a power of two above one and below 2 to the power of 16·r (RFC 7914)."""
    assert _scrypt(n, r, 1).is_sound is is_sound


@pytest.mark.parametrize(
    ("n", "r", "p"), [(2, 1, 1), (2**15, 1, 1), (2, 8, 16), (2**14, 8, 5), (16, 64, 2)]
)
def test_scrypt_memory_is_enough_for_openssl(n: int, r: int, p: int) -> None:
    """The memory limit that OpenSSL is given is what it needs for these numbers."""
    tag = hashlib.scrypt(
        b"password", salt=b"NaCl", n=n, r=r, p=p, maxmem=2**30, dklen=64
    )
    row = replace(_scrypt(n, r, p), tag=tag)
    with Argon2Pool().permit() as permit:
        assert matches(row, b"password", permit)


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("[digital envelope routines] memory limit exceeded", BusyError),
        ("[digital envelope routines] unsupported", UnreadableHashError),
    ],
)
def test_scrypt_that_openssl_refuses_is_never_a_mismatch(
    message: str, expected: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No memory is busy; an algorithm that OpenSSL lacks makes the row unreadable."""

    def refuse(*_args: object, **_kwargs: object) -> bytes:
        raise ValueError(message)

    monkeypatch.setattr(hashlib, "scrypt", refuse)
    with Argon2Pool().permit() as permit, pytest.raises(expected):
        matches(_scrypt(2, 1, 1), b"password", permit)


@pytest.mark.promise("P8")
def test_a_digest_that_openssl_refuses_is_never_a_mismatch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A machine without the digest says so instead of refusing the person."""

    def refuse(*_args: object, **_kwargs: object) -> bytes:
        raise ValueError

    monkeypatch.setattr(hashlib, "pbkdf2_hmac", refuse)
    with Argon2Pool().permit() as permit, pytest.raises(UnreadableHashError):
        matches(_pbkdf2(), b"password", permit)


def test_work_grows_with_the_cost() -> None:
    """What Django writes is more work than a new hash, and one iteration is none."""
    assert _pbkdf2(iterations=1).work == 0
    assert _pbkdf2(iterations=1_000_000).work > 38_912
    assert _scrypt(16_384, 8, 5).work > 38_912
    assert _scrypt(2, 1, 1).work < 100
    assert _scrypt(2, 1, 1).argon2id is None


def test_repr_shows_neither_salt_nor_tag() -> None:
    """A row taken apart can be logged without telling the hash."""
    assert "salt" not in repr(_pbkdf2()) + repr(_scrypt(2, 1, 1))
    assert "tag" not in repr(_pbkdf2()) + repr(_scrypt(2, 1, 1))
