import pytest

from credguard.screening import (
    AnyOf,
    Blocklist,
    CommonPasswords,
    FirstAvailable,
    NotListed,
    Verdict,
    Words,
)
from credguard.screening.editions import edition_of


class Unstamped:
    """A list that cannot say whether it has changed."""

    def look_up(self, password: str) -> Verdict:
        """Return that *password* is not listed."""
        del password
        return NotListed()


class Stamped(Unstamped):
    """A list with a stamp, which may be anything."""

    def __init__(self, stamp: object) -> None:
        self.stamp = stamp


class Away(Unstamped):
    """A list that is away when it is asked for its stamp."""

    @property
    def stamp(self) -> str:
        """Raise what a missing file raises."""
        raise FileNotFoundError


def test_an_edition_changes_with_any_of_its_lists() -> None:
    """However deep in a combination a list stands."""

    def combined(stamp: str) -> Blocklist:
        deep = FirstAvailable(Stamped(stamp), Unstamped())
        return AnyOf(CommonPasswords(), deep, Words(["forum2026"]))

    first, again, other = (edition_of(combined(each)) for each in ("1", "1", "2"))
    assert first == again
    assert first.stamp != other.stamp
    assert len(first.stamp) == 32


@pytest.mark.parametrize(
    ("blocklist", "tells_all"),
    [
        (CommonPasswords(), True),
        (Words(["forum2026"]), True),
        (Stamped("2026"), True),
        (Unstamped(), False),
        (Stamped(""), False),
        (Stamped(None), False),
        (Stamped(2026), False),
        (Away(), False),
        (AnyOf(CommonPasswords(), Unstamped()), False),
        (FirstAvailable(Away(), CommonPasswords()), False),
        (AnyOf(CommonPasswords(), Words([])), True),
    ],
)
def test_a_list_without_a_stamp_may_change_at_any_time(
    blocklist: Blocklist, *, tells_all: bool
) -> None:
    """One of them is enough, and what is no text is no stamp."""
    assert edition_of(blocklist).tells_all == tells_all
