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

from credguard.passwords.legacy.nodebb import NODEBB, NODEBB_UNWRAPPED
from credguard.passwords.legacy.scheme import Beside

(WRAPPED,), (UNWRAPPED,) = NODEBB, NODEBB_UNWRAPPED
# hashcat's example hashes of modes 28400 and 3200.
OF_28400 = "$2a$12$KhivLhCuLhSyMBOxLxCyLu78x4z2X/EJdZNfS3Gy36fvRt56P2jbS"
OF_3200 = "$2a$05$MBCzKhG1KhezLh.0LRa0Kuw12nLJtpHy6DIaU.JAnqJUDYspHC.Ou"
# PHP 8.2: crypt(hash('sha512', 'hashcat'), '$2y$05$abcdefghijklmnopqrstuu').
CHEAP = "$2y$05$abcdefghijklmnopqrstuu3Gn2xrRZqqKE4bXXjWkwtm9nI71TAX6"


@pytest.mark.promise("P8")
def test_published_vectors() -> None:
    """Hashes that others published verify with their password and no other."""
    assert check_vector(WRAPPED, OF_28400, "hashcat").is_shuckable is True
    assert check_vector(UNWRAPPED, OF_3200, "hashcat").is_shuckable is False


def test_the_two_are_told_apart_by_the_caller() -> None:
    """Both take one shape, and neither matches what the other wrote."""
    assert not accepts(UNWRAPPED, CHEAP, "hashcat")
    assert not accepts(WRAPPED, OF_3200, "hashcat")
    assert WRAPPED.name != UNWRAPPED.name


def test_a_long_password_counts_in_full_when_wrapped() -> None:
    """SHA-512 sees what bcrypt alone would cut."""
    # PHP 8.2: as above, of str_repeat('x', 100).
    stored = "$2y$05$abcdefghijklmnopqrstuuXqYq5ZmfKffqJ/MarQCSgZGvQQRQ0gW"
    assert accepts(WRAPPED, stored, "x" * 100)
    assert not accepts(WRAPPED, stored, "x" * 99 + "y")


@pytest.mark.promise("P8")
def test_altered_texts_match_nothing() -> None:
    """No text close to a hash is another spelling of it, but for bcrypt's letter."""
    letters = tuple(CHEAP.replace("$2y$", f"$2{letter}$") for letter in "ab")
    check_alterations(WRAPPED, CHEAP, "hashcat", but=letters)


@pytest.mark.promise("P8")
@given(stored=close_to(*[CHEAP, OF_3200]), beside=ANY_BESIDE, password=ANY_PASSWORD)
def test_any_text_ends_in_a_declared_error(
    stored: str, beside: Beside, password: str
) -> None:
    """Nothing but a row, None or a declared error comes of any input."""
    for scheme in NODEBB + NODEBB_UNWRAPPED:
        check_total(scheme, stored, beside, password)
