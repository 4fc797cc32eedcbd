import hashlib

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

from credguard.passwords.legacy import PHPFUSION, LegacyScheme
from credguard.passwords.legacy.phpfusion import PhpFusion, PhpFusionMd5
from credguard.passwords.legacy.scheme import Beside

# Made by running PasswordAuth.class.php of PHP-Fusion 7.02.06 in PHP 8.2.
PASSWORD = "Pass&word:1"
STORED = "1a9b1ebd76f12c4081c347cba14ac67416e9a4122658a1178b1a30f25af60c5f"
BESIDE = Beside(salt="ad73e4b8d948a5b450c1603969f94d567d6f0829")
MD5 = "d5e5d9337ef14c65512ddafe263b10dc"


def test_what_php_fusion_writes_verifies() -> None:
    """The salt's column is the key of an HMAC."""
    row = check_vector(PhpFusion(), STORED, PASSWORD, BESIDE)
    assert not row.is_shuckable
    check_needs(PhpFusion(), STORED, PASSWORD, BESIDE)
    assert not accepts(PhpFusion(), STORED, PASSWORD, Beside(salt="x"))


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("stored", "salt", "password"),
    [
        # AuthMeReloaded (PhpFusionTest.java), which keeps what PHP-Fusion's salt is
        # the SHA-1 of.
        (
            "f7a606c4eb3fcfbc382906476e05b06f21234a77d1a4eacc0f93f503deb69e70",
            "6cd1c97c55cb",
            "password",
        ),
        (
            "43f2f23f44c8f89e2dbf06050bc8c77dbcdf71a7b5d28c87ec657d474e63d62d",
            "f75400a209a4",
            "&^%te$t?Pw@_",
        ),
    ],
)
def test_published_vectors(stored: str, salt: str, password: str) -> None:
    """Hashes that others published verify with their password and salt only."""
    column = hashlib.sha1(salt.encode(), usedforsecurity=False).hexdigest()
    check_vector(PhpFusion(), stored, password, Beside(salt=column))


@pytest.mark.parametrize(
    ("stored", "password"),
    [
        (MD5, PASSWORD),
        # hashcat (src/modules/module_02600.c).
        ("a936af92b0ae20b1ff6c3347a72e5fbe", "hashcat"),
    ],
)
def test_version_6_hashes_twice(stored: str, password: str) -> None:
    """Two rounds of MD5 have no salt."""
    row = check_vector(PhpFusionMd5(), stored, password)
    assert row.is_shuckable


@pytest.mark.promise("P8")
def test_no_altered_text_verifies() -> None:
    """A text that differs by a character is no hash of the same password."""
    check_alterations(PhpFusion(), STORED, PASSWORD, BESIDE)
    check_alterations(PhpFusionMd5(), MD5, PASSWORD)


@pytest.mark.promise("P8")
@given(
    scheme=st.sampled_from(PHPFUSION),
    stored=close_to(STORED, MD5),
    beside=ANY_BESIDE | st.just(BESIDE),
    password=ANY_PASSWORD,
)
def test_any_input_ends_in_a_declared_error(
    scheme: LegacyScheme, stored: str, beside: Beside, password: str
) -> None:
    """Whatever is stored and typed, nothing undeclared comes of it."""
    check_total(scheme, stored, beside, password)
