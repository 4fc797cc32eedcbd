"""`credguard tables`: credguard's own tables, moved to another database."""

import os
from pathlib import Path

import click

from credguard._clock import system_clock
from credguard.cli.options import keyring_option, settings_option
from credguard.cli.printing import print_counts, progress, say
from credguard.cli.sections import refuse_password
from credguard.cli.settings import read_keyring, read_settings
from credguard.errors import SetupError
from credguard.storage import Database
from credguard.storage import audit as audit_log
from credguard.storage.canary import check_keyring
from credguard.storage.copying import copy_tables
from credguard.storage.schema import prepare

_TARGET = "CREDGUARD_TARGET_DATABASE"


@click.group()
def tables() -> None:
    """Tables: move credguard's own to another database."""


@tables.command()
@click.option("--to", "target", metavar="URL", help=f"Default: {_TARGET} is set to it.")
@settings_option
@keyring_option
def copy(
    *, target: str | None, settings_file: Path | None, keyring_file: Path | None
) -> None:
    """
    Copy all credguard_* tables into another database, whole or not at all.

    Stop the forum's processes first: what they write after the copy began stays
    where it was. Then name the other database in the settings, and start them.
    """
    if target is not None:
        refuse_password(target, place=f"the environment as {_TARGET}")
    url = target or os.environ.get(_TARGET)
    if not url:
        message = f"name the other database with --to, or in {_TARGET}"
        raise SetupError(message)
    keyring = read_keyring(keyring_file)
    source = Database(read_settings(settings_file).own_database)
    other = Database(url)
    prepare(source)
    check_keyring(source, keyring, now=system_clock())
    with progress("Copying") as bar:
        counts = copy_tables(source, other, on_progress=bar.at)
    print_counts("Rows copied", counts)
    found = audit_log.verify(other, keyring)
    say(f"The audit log of the copy verifies: {found.number} records.")
    say("Now name the other database in the settings, and start the forum again.")
