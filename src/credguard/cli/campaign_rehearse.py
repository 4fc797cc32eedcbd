"""`credguard campaign rehearse`: a plan played to its end on a copy."""

import tempfile
from pathlib import Path

import click

from credguard._clock import system_clock
from credguard._text import counted
from credguard.campaigns.report_page import as_html
from credguard.cli.files import read_plan, write_text
from credguard.cli.options import keyring_option, settings_option
from credguard.cli.printing import duration, print_counts, progress, say
from credguard.cli.settings import read_keyring, read_settings
from credguard.drill.copying import copy
from credguard.drill.rehearsal import Rehearsed, Stage
from credguard.drill.rehearsal import rehearse as play
from credguard.errors import DrillFailedError
from credguard.passwords import PasswordHasher
from credguard.passwords.recognizing import Recognizer
from credguard.storage import Database


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Where the copy is made and removed again; the default is the system's.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file for the report's page, as the real campaign would have it.",
)
@settings_option
@keyring_option
def rehearse(
    *,
    file: Path,
    folder: Path | None,
    out: Path | None,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """
    Play the plan in FILE to its end on a copy; this writes nothing and tells nobody.

    The user table is copied, as far as it was described, to a file that only you can
    read. The campaign over it is a real one; its notices go to mail servers that are
    played, in time that is played, at the plan's rates and with the bounces of the
    forecast. Time goes on to the last reminder; nobody answers meanwhile, so that
    everybody who was told is reminded. Needs room on the disk for the copy; it is
    removed at the end.
    """
    made = read_plan(file)
    settings = read_settings(settings_file)
    keyring = read_keyring(keyring_file)
    own = Database(settings.own_database, ours=False)
    with tempfile.TemporaryDirectory(dir=folder, prefix="credguard-") as place:
        with progress("Accounts copied") as bar:
            accounts, database = copy(
                settings.accounts(), own, Path(place), on_progress=bar.at
            )
        stage = Stage(
            accounts=accounts,
            database=database,
            keyring=keyring,
            identify=Recognizer(PasswordHasher()),
            assumed=settings.forecast,
            now=system_clock(),
        )
        with progress("Notices, as played") as bar:
            found = play(stage, made, on_progress=bar.at)
    if out is not None:
        write_text(out, as_html(found.status, found.timeline), what="the report")
    _print(found)


def _print(found: Rehearsed) -> None:
    counts = {state.value: count for state, count in found.status.counts.items()}
    print_counts("At the end of the rehearsal", counts)
    say(
        f"Everybody locked after {found.opening_took.total_seconds():.2f} s, every "
        f"hash retired after {found.sweep_took.total_seconds():.1f} s more, on this "
        "machine."
    )
    say(
        f"Telling took {duration(found.telling_took)}; the rates allow no less than "
        f"{duration(found.at_least)}. "
        f"{counted(found.attempts, 'message was', 'messages were')} handed over."
    )
    if found.reminders:
        one, many = "of them was a reminder", "of them were reminders"
        say(
            f"{counted(found.reminders, one, many)}, as if nobody had answered; "
            f"the last went out {duration(found.ended_after)} after the opening."
        )
    if found.paused is not None:
        say(f"SENDING STOPPED BY ITSELF: {found.paused}")
    if found.faults or not found.status.adds_up:
        faults = ", ".join(f"{count:,} {what}" for what, count in found.faults.items())
        message = f"the rehearsal went wrong: {faults or 'the counts do not add up'}"
        raise DrillFailedError(message)
    say("Nothing was changed, and nobody was told.")
