"""What people see: tables, progress, and durations that can be read aloud."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from credguard._text import counted

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def say(text: str) -> None:
    """Print a line as it is, without markup."""
    Console().print(text, markup=False, highlight=False, soft_wrap=True)


def print_counts(title: str, counts: Mapping[str, int]) -> None:
    """Print a table of counts."""
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, count in counts.items():
        table.add_row(name, f"{count:,}")
    Console().print(table)


def print_shares(
    title: str, heads: Sequence[str], rows: Mapping[str, Sequence[int]]
) -> None:
    """Print a table of several counts a row, below *heads*."""
    table = Table(title=title, title_justify="left")
    for number, head in enumerate(heads):
        table.add_column(head, justify="right" if number else "left")
    for name, counts in rows.items():
        table.add_row(name, *(f"{count:,}" for count in counts))
    Console().print(table)


@contextmanager
def progress(what: str) -> Iterator["Bar"]:
    """Show a bar on a terminal, and nothing where the output is a file."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as shown:
        yield Bar(shown, shown.add_task(what, total=None, note=""))


class Bar:
    """A progress bar that is told where it is."""

    def __init__(self, shown: Progress, task: TaskID) -> None:
        self._shown = shown
        self._task = task

    def at(self, done: int, total: int, note: str = "") -> None:
        """Show that *done* of *total* are done."""
        self._shown.update(self._task, completed=done, total=total, note=note)


def duration(length: timedelta) -> str:
    """Return a length of time as people say it."""
    seconds = int(length.total_seconds())
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE} min"
    days = counted(seconds // _DAY, "day", "days")
    return f"{days} {seconds % _DAY // _HOUR} h"
