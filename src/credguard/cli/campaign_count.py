"""`credguard campaign status`, `report` and `list`."""

from pathlib import Path

import click

from credguard.campaigns.status import as_json, as_markdown
from credguard.cli.options import campaign_argument, keyring_option, settings_option
from credguard.cli.printing import print_counts, say
from credguard.cli.sending import print_sending
from credguard.cli.settings import read_keyring, read_settings
from credguard.cli.working import only_campaign


@click.command()
@campaign_argument
@click.option("--json", "json_wanted", is_flag=True, help="For other programs.")
@settings_option
@keyring_option
def status(
    *,
    campaign_id: str | None,
    json_wanted: bool,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """Count the campaign: every account in exactly one state."""
    campaigns = read_settings(settings_file).guard(read_keyring(keyring_file)).campaigns
    found = campaigns.status(only_campaign(campaigns, campaign_id))
    if json_wanted:
        click.echo(as_json(found))
        return
    counts = {state.value: count for state, count in found.counts.items()}
    print_counts(f"Campaign {found.campaign_id}: {found.state.value}", counts)
    say(f"{found.accounts:,} accounts; {found.still_open:,} still to reset.")
    print_sending(campaigns.sending(found.campaign_id))


@click.command()
@campaign_argument
@click.option("--json", "json_wanted", is_flag=True, help="For other programs.")
@settings_option
@keyring_option
def report(
    *,
    campaign_id: str | None,
    json_wanted: bool,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """Write the campaign's report in Markdown."""
    campaigns = read_settings(settings_file).guard(read_keyring(keyring_file)).campaigns
    found = campaigns.status(only_campaign(campaigns, campaign_id, over=True))
    click.echo(as_json(found) if json_wanted else as_markdown(found))


@click.command(name="list")
@settings_option
@keyring_option
def list_campaigns(*, settings_file: Path | None, keyring_file: Path | None) -> None:
    """List all campaigns, the newest first."""
    campaigns = read_settings(settings_file).guard(read_keyring(keyring_file)).campaigns
    for record in campaigns.every():
        opened = record.opened_at.strftime("%Y-%m-%d %H:%M UTC")
        say(f"{record.id}  {record.state.value:<10}  {opened}  {record.plan.scope}")
