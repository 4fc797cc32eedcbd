import pytest
from hypothesis import given
from scheme_checks import (
    ANY_BESIDE,
    ANY_PASSWORD,
    check_alterations,
    check_needs,
    check_total,
    check_vector,
    close_to,
)

from credguard.passwords.legacy.aspnet import ASPNET
from credguard.passwords.legacy.scheme import Beside, LegacyScheme

SCHEMES: dict[str, LegacyScheme] = {scheme.name: scheme for scheme in ASPNET}
# hashcat's example hashes of modes 141 and 1441, whose padding it leaves out.
VECTORS = {
    "sha1": ("ZUgAmuaYTqAvisD0A427FA3oaWU=", Beside(salt="MjEwNA==")),
    "sha256": (
        "8BFCg/YJBAuZs/wjbH3OWKe69BLr5Lao26ybpnD48Zk=",
        Beside(salt="NDg1NTIz"),
    ),
}


@pytest.mark.promise("P8")
@pytest.mark.parametrize("name", VECTORS)
def test_published_vectors(name: str) -> None:
    """Hashes that others published verify, and nothing close to them."""
    scheme, (stored, salt) = SCHEMES[f"aspnet:{name}"], VECTORS[name]
    check_vector(scheme, stored, "hashcat", salt)
    check_alterations(scheme, stored, "hashcat", salt)
    check_needs(scheme, stored, "hashcat", salt)


def test_a_salt_that_is_no_base64_is_none() -> None:
    """The salt's column is read as strictly as the hash."""
    for salt in ("MjEwNA", "MjEwNB==", "!", "-_-_"):
        stored = VECTORS["sha1"][0]
        assert all(scheme.read(stored, Beside(salt=salt)) is None for scheme in ASPNET)


@pytest.mark.promise("P8")
@given(
    stored=close_to(*[stored for stored, _ in VECTORS.values()]),
    beside=ANY_BESIDE,
    password=ANY_PASSWORD,
)
def test_any_text_ends_in_a_declared_error(
    stored: str, beside: Beside, password: str
) -> None:
    """Nothing but a row, None or a declared error comes of any input."""
    for scheme in ASPNET:
        check_total(scheme, stored, beside, password)
