"""What the commands over a whole password column print."""

from collections.abc import Mapping
from datetime import timedelta

from rich.console import Console
from rich.table import Table

from credguard._text import counted
from credguard.cli.printing import duration, print_counts, say
from credguard.keys import Keyring
from credguard.passwords.census import Census
from credguard.passwords.renewal import Fate
from credguard.passwords.surveying import Survey
from credguard.passwords.tables import Done


def print_kinds(found: Census, *, table: str | None) -> None:
    """Print how many rows are of which kind."""
    shown = Table(title=f"Hashes in {table}", title_justify="left")
    shown.add_column("scheme", overflow="fold")
    shown.add_column("cost", overflow="fold")
    shown.add_column("key")
    shown.add_column("remarks")
    shown.add_column("rows", justify="right")
    for kind, count in found.most_common():
        remarks = [
            word
            for word, holds in (
                ("weak", kind.is_weak),
                ("shuckable", kind.is_shuckable),
                ("wrapped", kind.is_wrapped),
            )
            if holds
        ]
        shown.add_row(
            kind.scheme, kind.cost, kind.key_id, ", ".join(remarks), f"{count:,}"
        )
    Console().print(shown)


def print_totals(found: Census) -> None:
    """Print what a census adds up to."""
    print_counts(
        "In all",
        {
            "rows": found.rows,
            "weak": found.weak,
            "shuckable": found.shuckable,
            "wrapped": found.wrapped,
            "that a wrap would improve": found.wrappable,
            "retired by a campaign": found.retired,
            "without a usable password": found.unusable,
            "unreadable": found.unreadable,
        },
    )


def print_fates(title: str, fates: Mapping[Fate, int]) -> None:
    """Print how many rows become what."""
    print_counts(title, {fate.value: fates[fate] for fate in Fate if fates.get(fate)})


def print_time(rows: int, row_time: timedelta, what: str) -> None:
    """Print how long work takes on this machine."""
    milliseconds = row_time / timedelta(milliseconds=1)
    say(
        f"{what} takes about {duration(rows * row_time)} with one process: "
        f"{counted(rows, 'row', 'rows')} at {milliseconds:.1f} ms."
    )


def print_done(done: Done) -> None:
    """Print what one run did."""
    say(f"{counted(done.changed, 'row was', 'rows were')} changed by this run.")
    if done.overtaken:
        say(f"{done.overtaken:,} had changed meanwhile: left alone.")


def print_rest(rest: Survey) -> None:
    """Print what is due after a run, and what never will be."""
    if lost := rest.fates[Fate.UNKNOWN_KEY]:
        rows = counted(lost, "row", "rows")
        say(f"Passed over: {rows} under a key that is not on the keyring.")
    if due := rest.fates[Fate.DUE]:
        rows_are = counted(due, "row is", "rows are")
        say(f"{rows_are} due still, or again: run it once more.")
    else:
        say("No row is due any more.")


def print_keys(rest: Survey, keyring: Keyring) -> None:
    """Print which keys are in use, and which no longer are."""
    keys = rest.census.keys
    print_counts("Rows under each key", keys)
    gone = [
        key_id
        for key_id in sorted(keyring.ids)
        if key_id != keyring.current.id and not keys[key_id]
    ]
    if gone:
        say(f"No row of this table is under an older key: {', '.join(gone)}.")
    if gone and rest.census.retired:
        say(
            "Keep it all the same: "
            f"{counted(rest.census.retired, 'row is', 'rows are')} retired by a "
            "campaign, and what it would put back may be under it."
        )
    elif gone:
        say("It may go when second factors and campaigns do not use it either.")
