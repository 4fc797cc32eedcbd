import pytest
from hypothesis import given
from hypothesis import strategies as st
from scheme_checks import (
    ANY_BESIDE,
    ANY_PASSWORD,
    accepts,
    check_alterations,
    check_needs,
    check_total,
    check_vector,
    close_to,
)

from credguard.passwords.legacy import PUNBB, LegacyScheme
from credguard.passwords.legacy.punbb import FluxBBBcrypt, PunBBDigest, PunBBSalted
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside

# hashcat (src/modules/module_04522.c).
SALTED, SALT = "9038129c474caa3f0de56f38db84033d0fe1d4b8", Beside(salt="365563602032")
# FluxBB 1.6 (tests/functions/flux_password_verify_Test.php), each of "password".
BARE = "$2y$10$2jxnmnumkXcRJKWLe7fZSeGQ7lM/Sq54hpN1Bup2CrP4iEvVlSPbe"
COVERED = (
    "#MD5#$2y$10$r1LX7fOs7Wn7CvCgWYplleNs4Vt0qrSx3HCmE/bIpNRl6dtKL/XQO",
    "#SHA1#$2y$10$XWRFN4jqCXkrL6e8TGEKZ.BIorXIx/09RmNqoGSpMfxiMHTvr10J2",
    ("#SHA1-S#pepper#$2y$10$wXrX5f8RUwX7kAPH2e1PgOQTNFHm5s/Jzt76icoFC81rX66cS7QSe"),
)
# NIST's example of SHA-1, and RFC 1321 section A.5.
SHA1_ABC = "a9993e364706816aba3e25717850c26c9cd0d89d"
MD5_ABC = "900150983cd24fb0d6963f7d28e17f72"


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("scheme", "stored", "password", "beside"),
    [
        (PunBBSalted(), SALTED, "hashcat", SALT),
        (PunBBDigest(), SHA1_ABC, "abc", NOTHING_BESIDE),
        (PunBBDigest(), SHA1_ABC, "abc", Beside(salt="")),
        (PunBBDigest("md5"), MD5_ABC, "abc", NOTHING_BESIDE),
        (FluxBBBcrypt(), BARE, "password", NOTHING_BESIDE),
        *((FluxBBBcrypt(), row, "password", NOTHING_BESIDE) for row in COVERED),
    ],
)
def test_published_vectors(
    scheme: LegacyScheme, stored: str, password: str, beside: Beside
) -> None:
    """Hashes that others published verify with their password and salt only."""
    row = check_vector(scheme, stored, password, beside)
    assert row.is_shuckable is (stored != BARE)
    assert accepts(scheme, stored, f"\t {password}\n", beside)
    assert not accepts(scheme, stored, " ", beside)


def test_the_salt_says_which_of_two_digests_it_is() -> None:
    """A row without a salt is a plain digest, and one with a salt is not."""
    check_needs(PunBBSalted(), SALTED, "hashcat", SALT)
    assert PunBBDigest().read(SALTED, SALT) is None
    assert PunBBDigest("md5").read(SHA1_ABC) is None


def test_a_number_sign_in_a_salt_ends_nothing() -> None:
    """The salt behind ``#SHA1-S#`` goes to the last number sign."""
    # Re-computed with PHP 8.2: password_hash(sha1("a#b" . sha1("abc")), ...).
    stored = "#SHA1-S#a#b#$2y$06$XMY3jrwuMP64Ytp.5fxvWemddEh16dcpFi7w/ZbZI1YnZwjJ0fE/u"
    check_vector(FluxBBBcrypt(), stored, "abc")


@pytest.mark.promise("P8")
def test_no_altered_text_verifies() -> None:
    """A text that differs by a character is no hash of the same password."""
    check_alterations(PunBBSalted(), SALTED, "hashcat", SALT)
    check_alterations(PunBBDigest(), SHA1_ABC, "abc")


@pytest.mark.parametrize(
    "stored",
    [
        COVERED[0].replace("#MD5#", "#MD4#"),
        COVERED[0].replace("#MD5#", "#md5#"),
        COVERED[0].replace("#MD5#", "MD5#"),
        COVERED[0][:-1] + "P",
        COVERED[2].replace("pepper", ""),
        COVERED[2].replace("pepper", "pep per"),
        "#SHA1#" + SHA1_ABC,
    ],
)
def test_other_spellings_are_unreadable(stored: str) -> None:
    """What FluxBB does not write is none of its formats."""
    assert all(scheme.read(stored) is None for scheme in PUNBB)


@pytest.mark.promise("P8")
@given(
    scheme=st.sampled_from(PUNBB),
    stored=close_to(
        SALTED, MD5_ABC, *(row.replace("$10$", "$04$") for row in (BARE, *COVERED))
    ),
    beside=ANY_BESIDE | st.just(SALT),
    password=ANY_PASSWORD,
)
def test_any_input_ends_in_a_declared_error(
    scheme: LegacyScheme, stored: str, beside: Beside, password: str
) -> None:
    """Whatever is stored and typed, nothing undeclared comes of it."""
    check_total(scheme, stored, beside, password)
