"""`credguard audit`: prove that the audit log is whole."""

from pathlib import Path

import click

from credguard.cli.options import forum_options, keyring_option
from credguard.cli.printing import say
from credguard.cli.settings import read_keyring, read_settings
from credguard.storage import Database
from credguard.storage import audit as audit_log
from credguard.storage.schema import prepare


@click.group()
def audit() -> None:
    """Look at the audit log."""


@audit.command()
@forum_options
@keyring_option
def verify(
    *,
    settings_file: Path | None,
    forum_database: str | None,
    table: str | None,
    columns: tuple[str, ...],
    keyring_file: Path | None,
) -> None:
    """
    Check that no record was altered, cut out or put in; print the head.

    Keep the head elsewhere, on paper or by mail: it shows later that the end of
    the log was not cut off.
    """
    settings = read_settings(
        settings_file, forum_database=forum_database, table=table, columns=columns
    )
    database = Database(settings.own_database)
    prepare(database)
    head = audit_log.verify(database, read_keyring(keyring_file))
    say(f"{head.number:,} records, none altered. Head: {head.number} {head.mac}")
