import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credguard.screening import (
    AnyOf,
    Blocklist,
    FirstAvailable,
    Listed,
    NotListed,
    Reason,
    ReasonCode,
    Unasked,
    UnaskedReason,
    Verdict,
    Words,
)

LISTED = Listed(Reason(ReasonCode.BREACHED, arguments=(("at_least", 1),)), times=3)
SLOW = Unasked(UnaskedReason.TOO_SLOW)
DOWN = Unasked(UnaskedReason.UNREACHABLE)


class Always:
    """A list that always answers the same and counts how often it was asked."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.asked = 0

    def look_up(self, _: str) -> Verdict:
        """Return the one verdict."""
        self.asked += 1
        return self.verdict


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        ([LISTED], LISTED),
        ([NotListed()], NotListed()),
        ([SLOW], SLOW),
        ([SLOW, NotListed(), LISTED], NotListed()),
        ([SLOW, DOWN, LISTED], LISTED),
        ([SLOW, DOWN], SLOW),
        ([NotListed(), LISTED], NotListed()),
    ],
)
def test_the_first_that_can_be_asked_decides(
    verdicts: list[Verdict], outcome: Verdict
) -> None:
    """The others are asked only in its stead."""
    lists: list[Blocklist] = [Always(verdict) for verdict in verdicts]
    assert FirstAvailable(*lists).look_up("password") == outcome


def test_the_one_that_decides_is_asked_last() -> None:
    """A list behind the one that decided is left alone."""
    first, second = Always(NotListed()), Always(LISTED)
    FirstAvailable(first, second).look_up("password")
    assert (first.asked, second.asked) == (1, 0)


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        ([NotListed(), NotListed()], NotListed()),
        ([NotListed(), LISTED], LISTED),
        ([SLOW, LISTED], LISTED),
        ([SLOW, NotListed()], SLOW),
        ([NotListed(), SLOW, DOWN], SLOW),
    ],
)
def test_any_of_them_can_refuse(verdicts: list[Verdict], outcome: Verdict) -> None:
    """Without a listing, one that could not be asked leaves it open."""
    lists: list[Blocklist] = [Always(verdict) for verdict in verdicts]
    assert AnyOf(*lists).look_up("password") == outcome


def test_a_listing_ends_the_search() -> None:
    """What the cheap list knows is not asked of the network."""
    cheap, network = Always(LISTED), Always(NotListed())
    AnyOf(cheap, network).look_up("password")
    assert network.asked == 0


@pytest.mark.parametrize("combine", [AnyOf, FirstAvailable])
def test_could_not_ask_is_never_lost(combine: type[AnyOf | FirstAvailable]) -> None:
    """Not listed comes out only where a list that was asked said so."""
    outcomes: list[Verdict] = [LISTED, NotListed(), SLOW]
    for verdicts in itertools.product(outcomes, repeat=3):
        outcome = combine(*(Always(verdict) for verdict in verdicts)).look_up("x")
        if isinstance(outcome, NotListed):
            assert NotListed() in verdicts
        if set(map(type, verdicts)) == {Unasked}:
            assert outcome == SLOW


def test_combinations_can_be_combined() -> None:
    """The common list refuses in any case; behind it the next best list decides."""
    chain = AnyOf(
        Words(["forum2026"]), FirstAvailable(Always(DOWN), Always(NotListed()))
    )
    assert isinstance(chain.look_up("forum2026"), Listed)
    assert chain.look_up("another") == NotListed()


@pytest.mark.parametrize(
    "password", ["Forum2026", "FORUM2026", "caf\u00e9", "cafe\u0301"]
)
def test_words_are_whole_passwords_in_any_case(password: str) -> None:
    """A site's word is found however it is composed and capitalized."""
    verdict = Words(["forum2026", "CAF\u00c9"]).look_up(password)
    assert verdict == Listed(Reason(ReasonCode.FORBIDDEN))


@given(st.text())
def test_any_text_can_be_looked_up(password: str) -> None:
    """A word is on the list that was made of it, surrogates included."""
    assert isinstance(Words([password]).look_up(password), Listed)
    assert Words([f"{password}x"]).look_up(password) == NotListed()
