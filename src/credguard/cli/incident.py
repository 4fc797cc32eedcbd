"""`credguard incident`: the 72-hour clock, what is known, and who is told what."""

import os
from datetime import datetime
from pathlib import Path

import click

from credguard._clock import system_clock
from credguard._text import counted, from_iso
from credguard.cli.files import write_text
from credguard.cli.incident_told import notice, report, statement
from credguard.cli.incidents import by_option, id_argument, opened
from credguard.cli.options import keyring_option, settings_option
from credguard.cli.printing import duration, say
from credguard.errors import IncidentStateError, SetupError
from credguard.incidents import Incident
from credguard.incidents.regulator import shown, written


@click.group()
def incident() -> None:
    """Keep what happened, answer the regulator, tell the public and the members."""


@incident.command(name="open")
@click.argument("title")
@click.option("--aware", help="When you became aware, such as 2019-02-06T21:00Z.")
@by_option
@settings_option
@keyring_option
def open_incident(
    *,
    title: str,
    aware: str | None,
    by: str,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """Open an incident called TITLE; the 72 hours run from when you became aware."""
    incidents = opened(settings_file, keyring_file)
    aware_at = system_clock() if aware is None else _instant(aware)
    made = incidents.open(title, aware_at=aware_at, by=by)
    found = incidents.find(made)
    say(
        f"Incident {made} is open. The regulator is to know by {written(found.due_at)}."
    )
    say(f"Next: credguard incident status {made}")


@incident.command(name="list")
@settings_option
@keyring_option
def list_incidents(*, settings_file: Path | None, keyring_file: Path | None) -> None:
    """List all incidents, the newest first."""
    for each in opened(settings_file, keyring_file).every():
        say(f"{each.id}  {written(each.aware_at)}  {len(each.sent)} sent  {each.title}")


@incident.command()
@id_argument
@click.argument("field")
@click.argument("value")
@by_option
@click.option("--why", required=True, help="On what grounds.")
@settings_option
@keyring_option
def revise(
    *,
    incident_id: str,
    field: str,
    value: str,
    by: str,
    why: str,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """Answer the question FIELD with VALUE, or answer it better; the old one stays."""
    incidents = opened(settings_file, keyring_file)
    before = incidents.find(incident_id)
    number = incidents.revise(incident_id, field, value, by=by, why=why)
    say(f"Revision {number} is written.")
    sent = [each for each in before.sent if field in each.values]
    if sent:
        say(
            f"Report {sent[-1].number} has said otherwise; the next one will say what "
            f"changed: credguard incident report {incident_id}"
        )
    after = incidents.find(incident_id)
    for other in incidents.every():
        if other.id != incident_id and other.overlaps(after):
            say(f"Incident {other.id} is of the same time: {other.title}")


@incident.command()
@id_argument
@click.argument("text")
@click.option("--campaign", "campaign_id", help="The campaign that does it.")
@by_option
@settings_option
@keyring_option
def note(
    *,
    incident_id: str,
    text: str,
    campaign_id: str | None,
    by: str,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """Write down what was done, as the public may read it."""
    incidents = opened(settings_file, keyring_file)
    number = incidents.note(incident_id, text, by=by, campaign_id=campaign_id)
    say(f"Measure {number} is written.")


@incident.command()
@id_argument
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--source", required=True, help="Where the accounts are known from.")
@by_option
@settings_option
@keyring_option
def count(
    *,
    incident_id: str,
    name: str,
    file: Path,
    source: str,
    by: str,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """Keep the accounts that FILE lists, one id a line, as the cohort NAME."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        message = f"the list {file} cannot be read"
        raise SetupError(message) from None
    ids = [line.strip() for line in lines if line.strip()]
    incidents = opened(settings_file, keyring_file)
    found = incidents.count(incident_id, name, ids, source=source, by=by)
    are_in = counted(found.accounts, "account is", "accounts are")
    say(f"{are_in} in the cohort {found.name}.")


@incident.command()
@id_argument
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@settings_option
@keyring_option
def members(
    *,
    incident_id: str,
    name: str,
    file: Path,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """Write the ids of the cohort NAME to FILE: a campaign takes in_list('FILE')."""
    ids = opened(settings_file, keyring_file).members(incident_id, name)
    if not ids:
        message = "there is no such cohort, or nobody is in it"
        raise IncidentStateError(message)
    write_text(file, "".join(f"{each}\n" for each in ids), what="the list")
    say(f"{counted(len(ids), 'id is', 'ids are')} in {os.fspath(file)}.")


@incident.command()
@id_argument
@settings_option
@keyring_option
def status(
    *, incident_id: str, settings_file: Path | None, keyring_file: Path | None
) -> None:
    """Show the clock, what is known and since when, and what is still missing."""
    found = opened(settings_file, keyring_file).find(incident_id)
    now = system_clock()
    say(f"Incident {found.id}: {found.title}")
    say(_clock_line(found, now))
    for each in found.revisions:
        answer = shown(each.field, each.value)
        say(f"  {written(each.at)}  {each.field}: {answer}  ({each.by}: {each.why})")
    for cohort in found.cohorts:
        size = counted(cohort.accounts, "account", "accounts")
        say(f"Cohort {cohort.name}: {size}, from {cohort.source}")
    for measure in found.measures:
        campaign = f"  (campaign {measure.campaign_id})" if measure.campaign_id else ""
        say(f"Done {written(measure.at)}: {measure.text}{campaign}")
    missing = found.missing(is_late=not found.sent and now > found.due_at)
    if missing:
        names = ", ".join(each.name for each in missing)
        say(f"Missing for the report: {names}")


def _clock_line(found: Incident, now: datetime) -> str:
    if found.sent:
        last = found.sent[-1]
        return f"Report {last.number} was sent at {written(last.at)}."
    left, due = found.left(now), written(found.due_at)
    if left.total_seconds() < 0:
        return (
            f"THE 72 HOURS WERE OVER at {due}, {duration(-left)} ago: "
            "report now, and say why it is late (delay_reason)."
        )
    return (
        f"{duration(left)} left: the regulator is to know by {written(found.due_at)}."
    )


def _instant(text: str) -> datetime:
    found = from_iso(text)
    if found is None:
        message = "that is no time; write one such as 2019-02-06T21:00Z"
        raise SetupError(message)
    return found


for command in (statement, notice, report):
    incident.add_command(command)
