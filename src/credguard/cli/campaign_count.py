"""`credguard campaign status`, `report` and `list`."""

from datetime import timedelta
from pathlib import Path

import click

from credguard._text import counted
from credguard.campaigns import Campaigns
from credguard.campaigns.report_page import as_html
from credguard.campaigns.status import as_json, as_markdown
from credguard.campaigns.timeline import as_csv
from credguard.cli.campaign_follow import follow_campaign, hook_lines
from credguard.cli.files import write_text
from credguard.cli.options import campaign_argument, keyring_option, settings_option
from credguard.cli.printing import print_counts, say
from credguard.cli.sending import print_sending
from credguard.cli.settings import read_keyring, read_settings
from credguard.cli.working import only_campaign


@click.command()
@campaign_argument
@click.option("--json", "json_wanted", is_flag=True, help="For other programs.")
@click.option("--follow", is_flag=True, help="Go on counting until it is over.")
@click.option(
    "--every",
    type=click.FloatRange(min=0.1),
    default=2.0,
    show_default=True,
    help="With --follow: seconds between two counts.",
)
@settings_option
@keyring_option
def status(
    *,
    campaign_id: str | None,
    json_wanted: bool,
    follow: bool,
    every: float,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """Count the campaign: every account in exactly one state."""
    campaigns = read_settings(settings_file).guard(read_keyring(keyring_file)).campaigns
    chosen = only_campaign(campaigns, campaign_id)
    if follow:
        follow_campaign(campaigns, chosen, every=timedelta(seconds=every))
        return
    found = campaigns.status(chosen)
    if json_wanted:
        click.echo(as_json(found))
        return
    counts = {state.value: count for state, count in found.counts.items()}
    print_counts(f"Campaign {found.campaign_id}: {found.state.value}", counts)
    accounts = counted(found.accounts, "account", "accounts")
    say(f"{accounts}; {found.still_open:,} still to reset.")
    for line in hook_lines(found):
        say(line)
    print_sending(campaigns.sending(found.campaign_id))


FORMATS = ("markdown", "html", "csv", "json")


@click.command()
@campaign_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="markdown",
    show_default=True,
    help="html is a page with plots that needs nothing beside it; csv is over time.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file to write instead of printing.",
)
@settings_option
@keyring_option
def report(
    *,
    campaign_id: str | None,
    form: str,
    out: Path | None,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """Write the campaign's report: for people, for other programs, or as a page."""
    campaigns = read_settings(settings_file).guard(read_keyring(keyring_file)).campaigns
    text = _reported(campaigns, only_campaign(campaigns, campaign_id, over=True), form)
    if out is None:
        click.echo(text, nl=False)
        return
    write_text(out, text, what="the report")
    say(f"Written to {out}.")


def _reported(campaigns: Campaigns, campaign_id: str, form: str) -> str:
    if form == "csv":
        return as_csv(campaigns.timeline(campaign_id))
    found = campaigns.status(campaign_id)
    if form == "html":
        return as_html(found, campaigns.timeline(campaign_id))
    return as_json(found) + "\n" if form == "json" else as_markdown(found)


@click.command(name="list")
@settings_option
@keyring_option
def list_campaigns(*, settings_file: Path | None, keyring_file: Path | None) -> None:
    """List all campaigns, the newest first."""
    campaigns = read_settings(settings_file).guard(read_keyring(keyring_file)).campaigns
    for record in campaigns.every():
        opened = record.opened_at.strftime("%Y-%m-%d %H:%M UTC")
        say(f"{record.id}  {record.state.value:<10}  {opened}  {record.plan.scope}")
