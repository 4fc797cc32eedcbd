"""`credguard incident statement`, `notice` and `report`: who is told what."""

from pathlib import Path

import click

from credguard._text import from_iso
from credguard.cli.incidents import id_argument, opened
from credguard.cli.options import keyring_option, settings_option
from credguard.errors import SetupError
from credguard.incidents.regulator import as_json, as_markdown


@click.command()
@id_argument
@click.option("--as-at", help="As it was known when, such as 2019-02-08T15:00Z.")
@settings_option
@keyring_option
def statement(
    *,
    incident_id: str,
    as_at: str | None,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """Print the public statement, as known now or at a time."""
    instant = None if as_at is None else from_iso(as_at)
    if as_at is not None and instant is None:
        message = "that is no time; write one such as 2019-02-08T15:00Z"
        raise SetupError(message)
    incidents = opened(settings_file, keyring_file)
    click.echo(incidents.statement(incident_id, as_at=instant), nl=False)


@click.command()
@id_argument
@click.option(
    "--affected/--not-affected", required=True, default=None, help="Whom it is for."
)
@settings_option
@keyring_option
def notice(
    *,
    incident_id: str,
    affected: bool,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """Print what members are told who are affected, or who are not."""
    incidents = opened(settings_file, keyring_file)
    click.echo(incidents.notice(incident_id, affected=affected), nl=False)


@click.command()
@id_argument
@click.option("--json", "json_wanted", is_flag=True, help="For other programs.")
@click.option("--sent-by", metavar="NAME", help="Keep that NAME sent it as printed.")
@settings_option
@keyring_option
def report(
    *,
    incident_id: str,
    json_wanted: bool,
    sent_by: str | None,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """
    Print the regulator's report: the first one, or what changed since the last.

    It has no personal data but that of whom to ask.
    """
    incidents = opened(settings_file, keyring_file)
    made = (
        incidents.report(incident_id)
        if sent_by is None
        else incidents.sent(incident_id, by=sent_by)
    )
    click.echo(as_json(made) if json_wanted else as_markdown(made).rstrip("\n"))
