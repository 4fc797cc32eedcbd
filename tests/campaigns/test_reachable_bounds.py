"""How long an address and a domain may be, to the character."""

import pytest

from credguard.campaigns.reachable import is_domain, is_reachable


def domain_of(characters: int) -> str:
    """Return a domain of *characters*, of labels that are not too long."""
    left = characters - len(".example")
    labels = ["d" * 50] * (left // 51) + ["d" * (left % 51)]
    return ".".join([*filter(None, labels), "example"])


@pytest.mark.parametrize(
    ("characters", "expected"), [(253, True), (254, True), (255, False), (256, False)]
)
def test_an_address_has_at_most_254_characters(
    characters: int, *, expected: bool
) -> None:
    """RFC 5321 section 4.5.3.1.3: a path of 256, of which two are < and >."""
    address = "a" * 64 + "@" + domain_of(characters - 65)
    assert len(address) == characters
    assert is_reachable(address) is expected


@pytest.mark.parametrize(
    ("characters", "expected"), [(252, True), (253, True), (254, False), (255, False)]
)
def test_a_domain_has_at_most_253_characters(
    characters: int, *, expected: bool
) -> None:
    """RFC 1035 section 2.3.4: 255 octets, of which two are not written."""
    domain = domain_of(characters)
    assert len(domain) == characters
    assert is_domain(domain) is expected
