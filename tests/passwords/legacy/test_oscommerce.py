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

from credguard.passwords.legacy import AEF, OSCOMMERCE, LegacyScheme
from credguard.passwords.legacy.oscommerce import Aef, OsCommerce
from credguard.passwords.legacy.scheme import Beside

# hashcat (src/modules/module_00021.c).
STORED = "e983672a03adcc9767b24584338eb378:00"
# Made by running HTML::sanitize and Hash::encrypt of osCommerce 2.4.2 in PHP 8.2.
SANITIZED = "ccc40ed6f367db1a3748dc60a3a1ee29:b0"
# hashcat (src/modules/module_00020.c), md5($salt.$pass).
BESIDE_SALT, SALT = "57ab8499d08c59a7211c77f557bf9425", Beside(salt="4247")


@pytest.mark.promise("P8")
def test_published_vectors() -> None:
    """Hashes that others published verify with their password and salt only."""
    row = check_vector(OsCommerce(), STORED, "hashcat")
    assert not row.is_shuckable
    assert row.blank == "0" * 32 + ":00"
    check_vector(OsCommerce(is_sanitized=False), STORED, "hashcat")
    check_vector(Aef(), BESIDE_SALT, "hashcat", SALT)
    check_needs(Aef(), BESIDE_SALT, "hashcat", SALT)
    assert not accepts(Aef(), BESIDE_SALT, "hashcat", Beside(salt="4248"))


def test_oscommerce_hashes_what_it_cleaned() -> None:
    """Spaces are one, none is at the ends, and an angle bracket is a line."""
    check_vector(OsCommerce(), SANITIZED, "  a <b>   c ")
    assert accepts(OsCommerce(), SANITIZED, "a _b_ c")
    raw = OsCommerce(is_sanitized=False)
    assert not accepts(raw, SANITIZED, "  a <b>   c ")
    assert accepts(raw, SANITIZED, "a _b_ c")
    assert raw.name == "oscommerce:md5-raw"
    assert not accepts(OsCommerce(), SANITIZED, "  ")


@pytest.mark.promise("P8")
def test_no_altered_text_verifies() -> None:
    """A text that differs by a character is no hash of the same password."""
    check_alterations(OsCommerce(), STORED, "hashcat")
    check_alterations(Aef(), BESIDE_SALT, "hashcat", SALT)


@pytest.mark.parametrize("stored", [STORED + "0", STORED[:-1] + "A", STORED[:-3]])
def test_other_spellings_are_unreadable(stored: str) -> None:
    """What osCommerce does not write is not its format."""
    assert OsCommerce().read(stored) is None


@pytest.mark.promise("P8")
@given(
    scheme=st.sampled_from(OSCOMMERCE + AEF),
    stored=close_to(STORED, BESIDE_SALT),
    beside=ANY_BESIDE | st.just(SALT),
    password=ANY_PASSWORD,
)
def test_any_input_ends_in_a_declared_error(
    scheme: LegacyScheme, stored: str, beside: Beside, password: str
) -> None:
    """Whatever is stored and typed, nothing undeclared comes of it."""
    check_total(scheme, stored, beside, password)
