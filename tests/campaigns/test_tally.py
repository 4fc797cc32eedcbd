from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.campaigns.mail_groups import Lanes
from credguard.campaigns.tally import (
    BANDS,
    MOST_DOMAINS,
    NEVER,
    SAMPLE_SIZE,
    Band,
    Group,
    Sheet,
    Tally,
    Way,
    band_of,
    band_starts,
    has_password,
)

LANES = Lanes({"ours": ("small.example",)})
NOW = datetime(2026, 1, 1, tzinfo=UTC)
GROUPS = st.builds(
    Group,
    st.sampled_from(["argon2id", "django:md5"]),
    st.sampled_from(Way),
    st.sampled_from(Band),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


def plain(group: Group) -> tuple[str, int, int, bool, bool, bool]:
    """Return a group as a sheet takes it."""
    return (group[0], int(group.way), BANDS.index(group.band), *group[3:])


def sheet_of(ids: list[str]) -> Sheet:
    """Return a sheet on which *ids* were counted."""
    sheet = Sheet(LANES)
    for each in ids:
        sheet.add(each, ("argon2id", 0, 0, True, False, False), "mail.example")
    return sheet


@given(st.lists(GROUPS, max_size=30))
def test_every_account_in_scope_is_counted_in_one_of_four_ways(
    groups: list[Group],
) -> None:
    """It is told, not reachable, known to be bad, or has no password to reset."""
    sheet = Sheet(LANES)
    for number, group in enumerate(groups):
        sheet.add(str(number), plain(group), "a" if group.way is Way.TO_TELL else "")
    found = sheet.tally(accounts=99, unmatched=3)
    assert (found.accounts, found.unmatched) == (99, 3)
    ways = Counter(group.way for group in groups)
    assert found.to_tell == ways[Way.TO_TELL]
    assert found.unreachable == ways[Way.UNREACHABLE]
    assert found.known_bad == ways[Way.KNOWN_BAD]
    assert found.no_password == ways[Way.NO_PASSWORD]
    assert found.in_scope == len(groups) == sum(found.bands.values())
    assert found.schemes == Counter(group.scheme for group in groups)
    assert found.bands == Counter(group.band.value for group in groups)
    assert (
        sum(found.told_bands.values()) == sum(found.domains.values()) == found.to_tell
    )
    assert found.inactive == sum(not group.is_active for group in groups)
    assert found.staff == sum(group.is_staff for group in groups)
    assert found.second_factor == sum(group.has_second_factor for group in groups)
    assert found.never_logged_in == sum(group.band is Band.NEVER for group in groups)


def test_a_tally_of_nobody_is_empty() -> None:
    """Nothing is counted, and no band is named."""
    assert Sheet(LANES).tally(accounts=5) == Tally(accounts=5)
    assert Sheet(LANES).tally(accounts=0) == Tally()


@pytest.mark.parametrize(
    ("stored", "scheme_name", "expected"),
    [
        (None, "unusable", False),
        ("", "unusable", False),
        ("!x", "unusable", False),
        (None, "argon2id", False),
        ("what nobody can read", "unreadable", True),
        ("cgretired1:x", "retired", True),
        ("x" * 1024, "unreadable", True),
        ("x" * 1025, "unreadable", False),
    ],
)
def test_what_may_be_a_password_is_retired(
    stored: str | None, scheme_name: str, *, expected: bool
) -> None:
    """What we cannot read, the forum's own code perhaps can."""
    assert has_password(stored, scheme_name) is expected


@given(st.lists(st.text(min_size=1), unique=True, max_size=60), st.randoms())
def test_the_sample_is_the_same_in_any_order(ids: list[str], draw: Random) -> None:
    """Who looks twice sees the same accounts, all of them in scope."""
    shuffled = list(ids)
    draw.shuffle(shuffled)
    first = sheet_of(ids).tally(accounts=0).sample
    second = sheet_of(shuffled).tally(accounts=0).sample
    assert first == second
    assert len(first) == min(len(ids), SAMPLE_SIZE)
    assert set(first) <= set(ids)
    assert len(set(first)) == len(first)


def test_an_id_that_has_no_utf_8_form_is_drawn_like_others() -> None:
    """A forum's odd id stops nothing."""
    assert sheet_of(["\ud800"]).tally(accounts=1).sample == ("\ud800",)


def test_the_largest_domains_are_named() -> None:
    """The others are counted with the rest."""
    sheet = Sheet(LANES)
    group = ("argon2id", 0, 0, True, False, False)
    for number in range(MOST_DOMAINS + 5):
        for copy in range(number + 2):
            sheet.add(f"{number} {copy}", group, f"d{number}.example")
    found = sheet.tally(accounts=500)
    assert set(found.domains) == {
        f"d{number}.example" for number in range(5, MOST_DOMAINS + 5)
    }
    assert found.groups == Counter()


def test_groups_of_mail_exchangers_are_counted_whole() -> None:
    """Down to a domain of one member; the largest domain of no group is named."""
    sheet = Sheet(LANES)
    group = ("argon2id", 0, 0, True, False, False)
    for ending in range(MOST_DOMAINS + 5):
        name = "".join(chr(ord("a") + digit) for digit in divmod(ending, 26))
        for copy in range(2):
            sheet.add(f"{name} {copy}", group, f"yahoo.{name}")
    sheet.add("x", group, "small.example")
    sheet.add("y", group, "other.example")
    found = sheet.tally(accounts=500)
    assert found.groups == {"yahoo": 2 * (MOST_DOMAINS + 5), "ours": 1}
    assert found.domains["other.example"] == 1
    assert len(found.domains) == MOST_DOMAINS + 1


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, Band.MONTH),
        (30, Band.MONTH),
        (31, Band.HALF_YEAR),
        (180, Band.HALF_YEAR),
        (181, Band.YEAR),
        (365, Band.YEAR),
        (366, Band.TWO_YEARS),
        (730, Band.TWO_YEARS),
        (731, Band.FIVE_YEARS),
        (1825, Band.FIVE_YEARS),
        (1826, Band.EARLIER),
        (-5, Band.MONTH),
    ],
)
def test_a_last_log_in_is_in_one_band(days: int, expected: Band) -> None:
    """The bound itself is in the younger band."""
    found = band_of(NOW - timedelta(days=days), band_starts(NOW))
    assert BANDS[found] is expected


def test_an_unknown_last_log_in_has_a_band_of_its_own() -> None:
    """Nobody knows how old it is."""
    assert band_of(None, band_starts(NOW)) == NEVER
