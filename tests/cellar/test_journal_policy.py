from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.errors import SetupError
from credguard.sessions.journal_policy import (
    JournalPolicy,
    canonical,
    network_range,
)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1234:5678::1", "2001:db8:1234::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        (" 203.0.113.77 ", "203.0.113.0/24"),
        ("unknown", None),
        ("", None),
        ("203.0.113.77, 10.0.0.1", None),
        ("1" * 10_000, None),
    ],
)
def test_a_network_is_the_first_bits_of_an_address(
    address: str, kept: str | None
) -> None:
    """And nothing is kept of what is no address."""
    assert network_range(address) == kept
    assert JournalPolicy(keeps_networks=True).range_of(address) == kept
    assert JournalPolicy().range_of(address) is None


@given(st.ip_addresses(v=6))
def test_an_address_has_one_form(address: object) -> None:
    """However it is written, so that its digest is one as well."""
    written = str(address)
    assert canonical(written.upper()) == canonical(written)


@given(st.text())
def test_anything_may_be_handed_in(address: str) -> None:
    """A header that somebody made up ends in nothing kept."""
    canonical(address)


def test_ninety_days_and_a_second_are_the_default() -> None:
    """And no network is kept."""
    policy = JournalPolicy()
    assert policy.retention == timedelta(days=90)
    assert policy.skew == timedelta(seconds=1)
    assert not policy.keeps_networks


@pytest.mark.parametrize(("days", "seconds"), [(1, 0), (366, 300)])
def test_the_ends_of_the_ranges_are_in_them(days: int, seconds: int) -> None:
    """From a day to a leap year, and up to five minutes between clocks."""
    policy = JournalPolicy(retention_days=days, skew_seconds=seconds)
    assert policy.retention == timedelta(days=days)
    assert policy.skew == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("spaces", "expected"), [(52, "203.0.113.7"), (53, "203.0.113.7"), (54, None)]
)
def test_what_is_longer_than_an_address_is_not_read(
    spaces: int, expected: str | None
) -> None:
    """Sixty-four characters, spaces and all."""
    assert canonical("203.0.113.7" + " " * spaces) == expected


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("retention_days", 0),
        ("retention_days", 367),
        ("skew_seconds", -1),
        ("skew_seconds", 301),
    ],
)
def test_numbers_out_of_range_are_refused(name: str, number: int) -> None:
    """When the policy is made, and not years later."""
    with pytest.raises(SetupError):
        JournalPolicy(**{name: number})  # type: ignore[arg-type]  # one of two
