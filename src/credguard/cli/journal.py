"""`credguard journal`: who logged in, who may have been crossed, what was swapped."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from credguard._clock import system_clock
from credguard._text import counted, from_iso
from credguard.cli.options import keyring_option, settings_option
from credguard.cli.printing import say
from credguard.cli.settings import read_keyring, read_settings
from credguard.errors import SetupError
from credguard.sessions import Journal, SwapPolicy, Swaps
from credguard.storage import Database
from credguard.storage.schema import prepare

_reason = click.option(
    "--reason", required=True, help="Why you look; the log keeps it."
)
_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


@click.group()
def journal() -> None:
    """Read the log-in journal: account ids and times, and nothing else."""


@journal.command()
@click.argument("start")
@click.argument("end")
@_reason
@settings_option
@keyring_option
def between(
    *,
    start: str,
    end: str,
    reason: str,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """
    List who logged in from START until END, such as 2019-02-05T14:00Z.

    Sessions last longer than log-ins: begin as much earlier as they last.
    """
    found, first, last = _opened(settings_file, keyring_file), *_span(start, end)
    for entry in found.between(first, last, reason=reason):
        click.echo(f"{entry.at.isoformat()}\t{entry.account_id}")
    _say_window(found, first, last)


@journal.command()
@click.argument("start")
@click.argument("end")
@click.option(
    "--within",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, 3600),
    help="How close two log-ins are, in seconds.",
)
@_reason
@settings_option
@keyring_option
def crossed(
    *,
    start: str,
    end: str,
    within: float,
    reason: str,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """List pairs of log-ins from START until END that came close together."""
    found, first, last = _opened(settings_file, keyring_file), *_span(start, end)
    apart = timedelta(seconds=within)
    for pair in found.crossed(first, last, within=apart, reason=reason):
        seconds = pair.apart.total_seconds()
        click.echo(
            f"{pair.earlier.at.isoformat()}\t{pair.earlier.account_id}\t"
            f"{pair.later.account_id}\t{seconds:.3f} s"
        )
    _say_window(found, first, last)


@journal.command()
@click.option("--since", help="From when on, such as 2019-02-05T14:00Z.")
@settings_option
@keyring_option
def swaps(
    *, since: str | None, settings_file: Path | None, keyring_file: Path | None
) -> None:
    """List the sessions that came from a browser that was not theirs."""
    database = _database(settings_file)
    keyring = read_keyring(keyring_file)
    found = Swaps(database, keyring, policy=SwapPolicy(), clock=system_clock)
    start = _ALWAYS if since is None else _instant(since)
    every = found.every(start, system_clock())
    for each in every:
        click.echo(
            f"{each.at.isoformat()}\t{each.owner_id or 'unknown'}\t"
            f"{each.other_id or 'unknown'}"
        )
    swapped = counted(len(every), "swapped session", "swapped sessions")
    click.echo(f"{swapped}, each refused and ended.", err=True)


@journal.command()
@settings_option
@keyring_option
def purge(*, settings_file: Path | None, keyring_file: Path | None) -> None:
    """Delete the entries whose time is over; run it every day."""
    deleted = _opened(settings_file, keyring_file).purge()
    say(f"{counted(deleted, 'entry', 'entries')} deleted.")


def _opened(settings_file: Path | None, keyring_file: Path | None) -> Journal:
    keyring = read_keyring(keyring_file)
    return Journal.standing(_database(settings_file), keyring, clock=system_clock)


def _database(settings_file: Path | None) -> Database:
    database = Database(read_settings(settings_file).own_database)
    prepare(database)
    return database


def _span(start: str, end: str) -> tuple[datetime, datetime]:
    first, last = _instant(start), _instant(end)
    if last < first:
        message = "END is before START"
        raise SetupError(message)
    return first, last


def _instant(text: str) -> datetime:
    found = from_iso(text)
    if found is None:
        message = "that is no time; write one such as 2019-02-05T14:00Z"
        raise SetupError(message)
    return found


def _say_window(found: Journal, start: datetime, end: datetime) -> None:
    window = found.window(start, end)
    if window.is_complete:
        click.echo("No log-in of that time is missing.", err=True)
    elif window.complete_from is None:
        click.echo("THE JOURNAL HAS NOTHING of that time.", err=True)
    else:
        since = window.complete_from.isoformat(timespec="seconds")
        click.echo(f"NOT COMPLETE: the journal goes back to {since}.", err=True)
