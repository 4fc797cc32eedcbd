import pytest
from hypothesis import given
from scheme_checks import (
    ANY_BESIDE,
    ANY_PASSWORD,
    check_alterations,
    check_total,
    check_vector,
    close_to,
)

from credguard.passwords.legacy.joomla import JOOMLA
from credguard.passwords.legacy.scheme import Beside, LegacyScheme

SCHEMES: dict[str, LegacyScheme] = {scheme.name: scheme for scheme in JOOMLA}
# hashcat's example hashes of modes 11, 400 and 3200; then PHP 8.2:
# '{SHA256}' . hash('sha256', $password . $salt) . ':' . $salt, and md5($password).
VECTORS = {
    "md5_salted": "b78f863f2c67410c41e617f724e22f34:89384528665349271307465505333378",
    "phpass": "$P$946647711V1klyitUYhtB8Yw5DMA/w.",
    "bcrypt": "$2a$05$MBCzKhG1KhezLh.0LRa0Kuw12nLJtpHy6DIaU.JAnqJUDYspHC.Ou",
    "sha256_salted": (
        "{SHA256}efc86fb6c2b39ba4d28a01b8d25e26a6b0de7b9e3dbfe0ad926d4cf4a2af88d5:aN"
        "dHh8Qh9KJm3PwX"
    ),
    "md5": "8743b52063cd84097a65d1633f5c74f5",
}


@pytest.mark.promise("P8")
@pytest.mark.parametrize("name", VECTORS)
def test_published_vectors(name: str) -> None:
    """What others published or PHP computes verifies with its password only."""
    row = check_vector(SCHEMES[f"joomla:{name}"], VECTORS[name], "hashcat")
    assert row.is_shuckable is (name == "md5")


@pytest.mark.promise("P8")
@pytest.mark.parametrize("name", ["md5_salted", "sha256_salted", "md5", "phpass"])
def test_altered_texts_match_nothing(name: str) -> None:
    """No text close to a hash is another spelling of it."""
    check_alterations(SCHEMES[f"joomla:{name}"], VECTORS[name], "hashcat")


@pytest.mark.parametrize(
    "stored",
    [
        VECTORS["md5"] + ":",
        VECTORS["md5"].upper() + ":salt",
        VECTORS["md5"] + ":sa lt",
        VECTORS["md5"] + ":" + "x" * 256,
        "{sha256}" + "a" * 64 + ":salt",
        "{SHA256}" + "a" * 64,
        "$H$946647711V1klyitUYhtB8Yw5DMA/w.",
    ],
)
def test_other_spellings_are_unreadable(stored: str) -> None:
    """What Joomla does not write is not taken for any of its formats."""
    assert all(scheme.read(stored) is None for scheme in JOOMLA)


def test_shapes_do_not_overlap() -> None:
    """Each text is of one of Joomla's formats and no other."""
    for stored in VECTORS.values():
        assert sum(scheme.read(stored) is not None for scheme in JOOMLA) == 1


@pytest.mark.promise("P8")
@given(stored=close_to(*VECTORS.values()), beside=ANY_BESIDE, password=ANY_PASSWORD)
def test_any_text_ends_in_a_declared_error(
    stored: str, beside: Beside, password: str
) -> None:
    """Nothing but a row, None or a declared error comes of any input."""
    for scheme in JOOMLA:
        check_total(scheme, stored, beside, password)
