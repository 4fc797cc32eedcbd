"""The table of `make prove`: what the tests of each promise came to."""

import os
import platform
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from proving import PROMISES, SIZE, Proof, Size, named_files

_PROPERTY = "proof"
_SIZES = {
    Size.EVERYDAY: "With the small numbers of `make test`",
    Size.PROVE: "With the numbers of `make prove`",
    Size.NIGHTLY: "With the numbers of a night",
}


@dataclass(slots=True)
class Line:
    """One promise's line of the table."""

    tests: int = 0
    cases: int = 0
    faults: int = 0
    violations: int = 0
    skipped: int = 0
    seconds: float = 0.0

    @property
    def cells(self) -> list[str]:
        """The columns after the promise."""
        numbers = [self.tests, self.cases, self.faults, self.violations, self.skipped]
        return [*(f"{number:,}" for number in numbers), f"{self.seconds:,.0f} s"]


@dataclass(slots=True)
class Table:
    """Adds up what the tests of each promise came to, on whichever core they ran."""

    lines: dict[str, Line] = field(default_factory=lambda: defaultdict(Line))
    ran: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    tried: set[str] = field(default_factory=set)
    began: float = field(default_factory=time.monotonic)

    def add(self, report: pytest.TestReport) -> None:
        """Add one report; what fails before or after a test is a violation too."""
        promises = [
            str(name) for kind, name in report.user_properties if kind == "promise"
        ]
        if report.when == "call" and not report.skipped:
            self.tried.add(report.nodeid)
        for promise in promises:
            line = self.lines[promise]
            line.seconds += report.duration
            line.violations += report.failed
            line.skipped += report.skipped
            self._count(line, promise, report)

    def _count(self, line: Line, promise: str, report: pytest.TestReport) -> None:
        # What was skipped, or failed before it began, tried nothing.
        if report.nodeid not in self.tried:
            return
        if report.when == "call":
            line.tests += 1
            self.ran[promise].add(report.nodeid.partition("::")[0])
        if report.when == "teardown":
            proofs = [
                each for kind, each in report.user_properties if kind == _PROPERTY
            ]
            # Kept as text, because that is what comes over from another process.
            counts = [str(each).split() for each in proofs]
            line.cases += sum(int(cases) for cases, _ in counts) or 1
            line.faults += sum(int(faults) for _, faults in counts)

    def rows(self) -> list[list[str]]:
        """Return the table, its head first."""
        head = ["promise", "tests", "cases tried", "faults injected"]
        rows = [[*head, "violations", "skipped", "time"]]
        proved = [promise for promise in PROMISES if promise in self.lines]
        return [*rows, *([each, *self.lines[each].cells] for each in proved)]

    def missing(self, promises: Sequence[str]) -> list[str]:
        """Say which files the page names for *promises* that did not prove anything."""
        named = named_files()
        return [
            f"{promise}: {name} did not run"
            for promise in promises
            for name in sorted(named[promise] - self.ran[promise])
        ]

    def page(self) -> str:
        """Return the table for the documentation."""
        rows = self.rows()
        rows.insert(1, ["---", *["---:"] * (len(rows[0]) - 1)])
        minutes = (time.monotonic() - self.began) / 60
        when = (
            f"{_SIZES[SIZE]}, on {datetime.now(UTC).date()}: {minutes:.0f} minutes on "
            f"{os.cpu_count()} cores, Python {platform.python_version()}.\n"
        )
        return "\n".join([when, *(f"| {' | '.join(row)} |" for row in rows), ""])


_TABLE = pytest.StashKey[Table]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `make prove` ask for the table, and for a page of it."""
    parser.addoption("--proofs", action="store_true", help="print the promises' table")
    parser.addoption("--proofs-page", help="write the promises' table to this page")
    parser.addoption("--promise", choices=PROMISES, help="the table of this one alone")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark, and begin to listen."""
    config.addinivalue_line("markers", "promise(name): this test proves a promise")
    config.stash[_TABLE] = Table()
    config.pluginmanager.register(_Listener(config.stash[_TABLE]))


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Write each test's promises where its reports carry them."""
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        promises = {name for mark in item.iter_markers("promise") for name in mark.args}
        unknown = promises - set(PROMISES)
        if unknown:
            message = f"{item.nodeid} names {sorted(unknown)}, which are no promises"
            raise pytest.UsageError(message)
        if one := config.getoption("--promise"):
            promises &= {one}
        item.user_properties.extend(("promise", name) for name in sorted(promises))
        (kept if promises else left).append(item)
    if config.getoption("--proofs"):
        config.hook.pytest_deselected(items=left)
        items[:] = kept


@pytest.fixture
def proof(request: pytest.FixtureRequest) -> Iterator[Proof]:
    """What this test counts for the table of `make prove`."""
    counted = Proof()
    yield counted
    text = f"{counted.cases} {counted.faults}"
    request.node.user_properties.append((_PROPERTY, text))


class _Listener:
    """Hears each report where the table is printed."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add it up."""
        self._table.add(report)


def _prints(config: pytest.Config) -> bool:
    """Return True where the table of all tests is printed, and not on a worker."""
    return bool(config.getoption("--proofs")) and not hasattr(config, "workerinput")


def _missing(config: pytest.Config) -> list[str]:
    one = config.getoption("--promise")
    return config.stash[_TABLE].missing([one] if one else PROMISES)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail where a test that the page of promises names did not run."""
    config = session.config
    whole = config.args == config.getini("testpaths")
    if _prints(config) and whole and _missing(config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the table, if it was asked for."""
    if not _prints(config):
        return
    table = config.stash[_TABLE]
    rows = table.rows()
    wide = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    terminalreporter.section("promises")
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row, wide, strict=True)]
        terminalreporter.line("  ".join(cells))
    for line in _missing(config):
        terminalreporter.line(line)
    # A page of one promise would take the others from the documentation.
    if config.getoption("--promise"):
        return
    if page := config.getoption("--proofs-page"):
        Path(page).write_text(table.page(), encoding="utf-8")
