"""
Ten thousand passwords, the library's estimate and ours: where they differ, and why.

The vectors are made by benchmarks/screening/strength_vectors.py from recipes that
stand beside it; none of them leaked from anywhere.
"""

import gzip
import inspect
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import log10
from pathlib import Path

import pytest
from hypothesis import settings
from zxcvbn import zxcvbn

from credguard.screening import estimate
from credguard.screening.policy import FEWEST_GUESSES
from credguard.screening.strength import MAX_CHARACTERS

HERE = Path(__file__).parent
HOW_TO = HERE.parents[1] / "docs" / "how-to" / "screening.md"
LATER_YEAR = re.compile(r"20[2-9]\d")
NIGHTLY = settings.get_current_profile_name() == "nightly"
EACH_OF_OURS = 1 if NIGHTLY else 13
EACH_OF_THEIRS = 1 if NIGHTLY else 61
LIMITED = "max_length" in inspect.signature(zxcvbn).parameters


@dataclass(frozen=True, slots=True)
class Vector:
    """One password with both estimates, as score and guesses."""

    recipe: str
    password: str
    theirs: tuple[int, int]
    ours: tuple[int, int]


def read_vectors() -> Iterator[Vector]:
    """Yield the vectors; our own estimate is written down only where it differs."""
    packed = (HERE / "strength_vectors.tsv.gz").read_bytes()
    for line in gzip.decompress(packed).decode().splitlines():
        recipe, password, *numbers = line.split("\t")
        score, guesses = (int(number) for number in numbers[:2])
        own = [int(number) for number in numbers[2:] if number]
        theirs = (score, guesses)
        yield Vector(recipe, password, theirs, (own[0], own[1]) if own else theirs)


VECTORS = list(read_vectors())


def table() -> list[str]:
    """Return the rows of the table that the documentation shows."""
    rows = []
    for recipe, number in Counter(each.recipe for each in VECTORS).items():
        of_it = [each for each in VECTORS if each.recipe == recipe]
        guesses = sum(each.ours[1] != each.theirs[1] for each in of_it)
        scores = sum(each.ours[0] != each.theirs[0] for each in of_it)
        name = recipe.replace("_", " ")
        rows.append(f"| {name} | {number:,} | {guesses:,} | {scores:,} |")
    return rows


def test_there_are_ten_thousand() -> None:
    """As many of each recipe, and none of them twice."""
    assert len(VECTORS) == len({(each.recipe, each.password) for each in VECTORS})
    assert set(Counter(each.recipe for each in VECTORS).values()) == {1000}
    assert len(VECTORS) == 10_000


@pytest.mark.promise("P14")
def test_ours_are_what_we_say_they_are() -> None:
    """The estimates that are written down are those of this release."""
    for each in VECTORS[::EACH_OF_OURS]:
        strength = estimate(each.password)
        assert (strength.score, strength.guesses) == each.ours, each.password


@pytest.mark.promise("P14")
def test_theirs_are_what_we_say_they_are() -> None:
    """And the library's are those of the library that is installed, unbounded."""
    for each in VECTORS[::EACH_OF_THEIRS]:
        # Before its version 4.5 it had no limit that could be lifted.
        limit = {"max_length": len(each.password)} if LIMITED else {}
        found = zxcvbn(each.password, **limit)
        assert (found["score"], int(found["guesses"])) == each.theirs, each.password


@pytest.mark.promise("P14")
def test_estimates_differ_only_where_they_are_meant_to() -> None:
    """By a year after 2019, and past the 48 characters that are looked at."""
    for each in VECTORS:
        if each.ours != each.theirs:
            is_long = len(each.password) > MAX_CHARACTERS
            assert is_long or LATER_YEAR.search(each.password), each.password


def test_a_long_password_has_the_same_score() -> None:
    """It is beyond guessing by either estimate, and far beyond a policy's floor."""
    for each in VECTORS:
        if len(each.password) > MAX_CHARACTERS:
            assert each.ours[0] == each.theirs[0] == 4
            assert min(each.ours[1], each.theirs[1]) > 1000 * FEWEST_GUESSES


def test_a_later_year_makes_a_password_weaker_and_never_stronger() -> None:
    """By a factor of 200 at most: what four digits cost beside one year of many."""
    for each in VECTORS:
        if len(each.password) <= MAX_CHARACTERS and each.ours != each.theirs:
            assert 0 < log10(each.theirs[1]) - log10(each.ours[1]) < log10(200)


def test_hardly_a_score_differs() -> None:
    """None where the years are old; with the later years, one in seventy."""
    others = [each for each in VECTORS if "later" not in each.recipe]
    assert [each for each in others if each.ours[0] != each.theirs[0]] == []
    differing = [each for each in VECTORS if each.ours[0] != each.theirs[0]]
    assert len(differing) == 142


@pytest.mark.parametrize("row", table())
def test_the_documentation_shows_where(row: str) -> None:
    """The table in the how-to is the one that the vectors give."""
    assert row in HOW_TO.read_text("utf-8").splitlines()
