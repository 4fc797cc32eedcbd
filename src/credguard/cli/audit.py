"""`credguard audit`: prove that the audit log is whole, and what it says of one."""

import json
from pathlib import Path

import click

from credguard._clock import system_clock
from credguard._text import counted
from credguard.cli.options import forum_options, keyring_option
from credguard.cli.printing import progress, say
from credguard.cli.settings import Settings, read_keyring, read_settings
from credguard.storage import Database, audit_history
from credguard.storage import audit as audit_log
from credguard.storage.audit import ROOT
from credguard.storage.audit_head import read_line, to_line
from credguard.storage.schema import prepare


@click.group()
def audit() -> None:
    """Look at the audit log."""


@audit.command()
@click.option(
    "--head",
    "head_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file with a head that was kept: the log must have gone through it.",
)
@forum_options
@keyring_option
def verify(
    *,
    head_file: Path | None,
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
    kept = None
    if head_file is not None:
        kept = read_line(head_file.read_text(encoding="utf-8", errors="replace"))
    with progress("Records checked") as bar:
        found = audit_log.verify(
            _opened(settings), read_keyring(keyring_file), kept=kept, on_progress=bar.at
        )
    records = counted(found.number, "record", "records")
    say(f"{records}, none altered. Head: {to_line(found)}")


@audit.command()
@forum_options
@keyring_option
def head(
    *,
    settings_file: Path | None,
    forum_database: str | None,
    table: str | None,
    columns: tuple[str, ...],
    keyring_file: Path | None,
) -> None:
    """
    Check the log and print its head alone, to be kept elsewhere.

    Hand the line in later: credguard audit verify --head FILE.
    """
    settings = read_settings(
        settings_file, forum_database=forum_database, table=table, columns=columns
    )
    found = audit_log.verify(_opened(settings), read_keyring(keyring_file))
    click.echo(to_line(found))


@audit.command()
@click.argument("account_id")
@click.option("--reason", required=True, help="Why you look; the log keeps it.")
@click.option("--json", "json_wanted", is_flag=True, help="For other programs.")
@forum_options
@keyring_option
def history(
    *,
    account_id: str,
    reason: str,
    json_wanted: bool,
    settings_file: Path | None,
    forum_database: str | None,
    table: str | None,
    columns: tuple[str, ...],
    keyring_file: Path | None,
) -> None:
    """
    Show what the log says of one account, each record with its proof checked.

    That somebody looked, and why, stands in the log as well.
    """
    settings = read_settings(
        settings_file, forum_database=forum_database, table=table, columns=columns
    )
    entries = audit_history.history(
        _opened(settings),
        read_keyring(keyring_file),
        account_id,
        reason=reason,
        now=system_clock(),
    )
    if json_wanted:
        rows = [
            {
                "number": each.number,
                "at": each.at.isoformat(),
                "event": each.event,
                "detail": each.detail,
            }
            for each in entries
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    for each in entries:
        shown = {name: value for name, value in each.detail.items() if name != ROOT}
        told = ", ".join(f"{name} {value}" for name, value in shown.items())
        say(f"{each.number:>8}  {each.at:%Y-%m-%d %H:%M:%S} UTC  {each.event}: {told}")


def _opened(settings: Settings) -> Database:
    database = Database(settings.own_database)
    prepare(database)
    return database
