import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.campaigns.mail_groups import (
    GROUPS,
    OTHERS,
    Lanes,
    is_group_name,
    is_pattern,
)


@pytest.mark.parametrize(
    ("domain", "group"),
    [
        ("hotmail.com", "microsoft"),
        ("hotmail.co.uk", "microsoft"),
        ("outlook.com", "microsoft"),
        ("live.nl", "microsoft"),
        ("msn.com", "microsoft"),
        ("GMail.com", "google"),
        ("googlemail.com", "google"),
        ("yahoo.com.br", "yahoo"),
        ("sky.com", "yahoo"),
        ("me.com", "apple"),
    ],
)
def test_domains_of_one_provider_are_one_group(domain: str, group: str) -> None:
    """Hotmail, Outlook, Live and MSN are one, under any country's ending."""
    assert Lanes({}).of(f"member@{domain}") == (group, group)


@pytest.mark.parametrize(
    "domain", ["forum.example", "live.forum.example", "hotmail.attacker.tld", "live"]
)
def test_every_other_domain_is_a_group_of_its_own(domain: str) -> None:
    """A name under somebody else's domain is not the provider's."""
    assert Lanes({}).of(f"member@{domain}") == (OTHERS, domain)


def test_the_operator_adds_and_moves_domains() -> None:
    """What is configured wins over the table."""
    lanes = Lanes({"works": ("own.example", "msn.com"), "google": ("hosted.example",)})
    assert lanes.of("a@own.example") == ("works", "works")
    assert lanes.of("a@msn.com") == ("works", "works")
    assert lanes.of("a@hosted.example") == ("google", "google")
    assert lanes.of("a@gmail.com") == ("google", "google")
    assert set(lanes.names) == {*GROUPS, "works"}


def test_the_table_is_well_formed() -> None:
    """Every group's name and every domain in the table could be configured."""
    for name, domains in GROUPS.items():
        assert is_group_name(name)
        assert all(is_pattern(domain) for domain in domains)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", False),
        ("a", True),
        ("a" * 31, True),
        ("a" * 32, True),
        ("a" * 33, False),
        ("a" * 34, False),
    ],
)
def test_a_group_has_a_name_of_at_most_32_characters(
    name: str, *, expected: bool
) -> None:
    """It stands in reports, and in the column of a row."""
    assert is_group_name(name) is expected


@given(st.text())
def test_any_domain_has_one_group(text: str) -> None:
    """Whatever stands behind the @, a lane is named or is that of all others."""
    lane, group = Lanes({}).of(f"a@{text}")
    assert lane in {OTHERS, *GROUPS}
    assert lane in {OTHERS, group}
