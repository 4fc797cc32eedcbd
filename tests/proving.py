"""How much a test tries, and what it counts for the table of `make prove`."""

import os
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

SETTING = "CREDGUARD_TEST_SIZE"
PAGE = Path(__file__).parents[1] / "docs" / "promises.md"
PROMISES = tuple(f"P{number}" for number in range(1, 25))


class Size(StrEnum):
    """How much is tried: with each change, on demand, in a night."""

    EVERYDAY = "everyday"
    PROVE = "prove"
    NIGHTLY = "nightly"


SIZE = Size(os.environ.get(SETTING, Size.EVERYDAY))


def sized(*, everyday: int, prove: int, nightly: int | None = None) -> int:
    """Return how many to try, as `make test`, `make prove` or a night asks for."""
    if SIZE is Size.EVERYDAY:
        return everyday
    return prove if SIZE is Size.PROVE or nightly is None else nightly


@dataclass(slots=True)
class Proof:
    """
    What one test adds to the table of `make prove`.

    Attributes:
        cases: How many cases were tried; 1 for a test that says nothing.

        faults: How many faults were injected: kills, cuts, lies, full disks.
    """

    cases: int = 0
    faults: int = 0

    def tried(self, cases: int = 1) -> None:
        """Count cases that were tried."""
        self.cases += cases

    def injected(self, faults: int = 1) -> None:
        """Count faults that were injected."""
        self.faults += faults


def named_files() -> dict[str, set[str]]:
    """Return the test files that the page of promises names, promise by promise."""
    sections = re.split(r"^### (P\d+)\b", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    pairs = zip(sections[1::2], sections[2::2], strict=True)
    return {name: set(re.findall(r"`(tests/[\w/.]+)`", text)) for name, text in pairs}
