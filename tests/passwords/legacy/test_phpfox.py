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

from credguard.passwords.legacy.phpfox import PhpFox
from credguard.passwords.legacy.scheme import Beside

# Made by running Phpfox3.class.php of WoltLab Suite 6.0.18 in PHP 8.2.
STORED = "0be3c7cea486e401226d5038552a83b4"
BESIDE = Beside(salt="c8fc2877b7821d1f8845c67e9050da71ff4ece5c")
PASSWORD = "pässword 'x'"


@pytest.mark.promise("P8")
@pytest.mark.parametrize(
    ("stored", "salt", "password"),
    [
        (STORED, BESIDE.salt, PASSWORD),
        # hashcat (src/modules/module_03910.c), md5(md5($pass).md5($salt)).
        ("d8281daba5da597503d12fe31808b4a7", "283053", "hashcat"),
    ],
)
def test_published_vectors(stored: str, salt: str, password: str) -> None:
    """Hashes that others published verify with their password and salt only."""
    beside = Beside(salt=salt)
    row = check_vector(PhpFox(), stored, password, beside)
    assert row.is_shuckable
    check_needs(PhpFox(), stored, password, beside)
    assert not accepts(PhpFox(), stored, password, Beside(salt=salt + "x"))


@pytest.mark.promise("P8")
def test_no_altered_text_verifies() -> None:
    """A text that differs by a character is no hash of the same password."""
    check_alterations(PhpFox(), STORED, PASSWORD, BESIDE)


@pytest.mark.promise("P8")
@given(
    stored=close_to(STORED),
    beside=ANY_BESIDE | st.just(BESIDE),
    password=ANY_PASSWORD,
)
def test_any_input_ends_in_a_declared_error(
    stored: str, beside: Beside, password: str
) -> None:
    """Whatever is stored and typed, nothing undeclared comes of it."""
    check_total(PhpFox(), stored, beside, password)
