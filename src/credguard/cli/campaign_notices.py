"""`credguard campaign bounces`, `remind`, `untold`, `close`, `finish` and the rest."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click

from credguard._text import counted
from credguard.campaigns import Campaigns
from credguard.cli.amounts import days
from credguard.cli.options import campaign_argument, keyring_option, settings_option
from credguard.cli.printing import progress, say
from credguard.cli.settings import read_keyring, read_settings
from credguard.cli.working import only_campaign
from credguard.delivery import read_maildir, read_mbox, read_pipe, read_report


@click.command()
@click.option("--maildir", metavar="FOLDER", help="Read the new mails of a Maildir.")
@click.option("--mbox", metavar="FILE", help="Read all mails of an mbox file.")
@settings_option
@keyring_option
def bounces(
    *,
    maildir: str | None,
    mbox: str | None,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """
    Take in mails that came back, from a folder, a file, or the standard input.

    Only reports whose return path carries our keyed tag count, so that nobody can
    make up a bounce for somebody else. Reading a mail twice changes nothing.
    """
    campaigns = _campaigns(settings_file, keyring_file)
    read = told = 0
    for mail in _mails(maildir, mbox):
        read += 1
        event = read_report(mail)
        told += event is not None and campaigns.take_mail(event)
    mails = counted(read, "mail", "mails")
    say(f"{mails} read, {told:,} of them about notices of ours.")


@click.command()
@campaign_argument
@settings_option
@keyring_option
def remind(
    *, campaign_id: str | None, settings_file: Path | None, keyring_file: Path | None
) -> None:
    """Queue the reminders that are due; `run` does so by itself, and sends them."""
    campaigns = _campaigns(settings_file, keyring_file)
    campaign_id = only_campaign(campaigns, campaign_id)
    count = campaigns.remind(campaign_id)
    queued = counted(count, "reminder", "reminders")
    say(f"{queued} queued. Send with: credguard campaign run {campaign_id}")


@click.command()
@campaign_argument
@settings_option
@keyring_option
def untold(
    *, campaign_id: str | None, settings_file: Path | None, keyring_file: Path | None
) -> None:
    """List the ids of members who must reset and could not be told, with the reason."""
    campaigns = _campaigns(settings_file, keyring_file)
    for each in campaigns.untold(only_campaign(campaigns, campaign_id)):
        click.echo("\t".join((each.account_id, each.state.value, each.reply or "")))


@click.command()
@campaign_argument
@click.option(
    "--dormant-after",
    callback=days,
    required=True,
    metavar="DAYS",
    help="How long they have not answered, such as 30d.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@settings_option
@keyring_option
def close(
    *,
    campaign_id: str | None,
    dormant_after: timedelta,
    yes: bool,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """
    Destroy the old hashes of members who never answered.

    Their accounts stay, but an abort can no longer restore their old password.
    """
    campaigns = _campaigns(settings_file, keyring_file)
    campaign_id = only_campaign(campaigns, campaign_id)
    if not yes:
        click.confirm("Destroy these hashes? This cannot be undone.", abort=True)
    open_now = campaigns.status(campaign_id).still_open
    with progress("Accounts closed") as bar:
        count = campaigns.close_dormant(
            campaign_id,
            after=dormant_after,
            on_progress=lambda closed: bar.at(closed, open_now),
        )
    one, many = (
        "account is closed: its old hash is",
        "accounts are closed: their old hashes are",
    )
    say(f"{counted(count, one, many)} gone.")


@click.command()
@campaign_argument
@settings_option
@keyring_option
def finish(
    *, campaign_id: str | None, settings_file: Path | None, keyring_file: Path | None
) -> None:
    """End the campaign: no more reminders; who never answered stays locked out."""
    campaigns = _campaigns(settings_file, keyring_file)
    campaign_id = only_campaign(campaigns, campaign_id)
    campaigns.finish(campaign_id)
    say(
        f"Campaign {campaign_id} is finished. Its last numbers: "
        f"credguard campaign report {campaign_id}"
    )


@click.command(name="pause-sending")
@campaign_argument
@click.option("--reason", required=True, help="Why, for the audit log.")
@settings_option
@keyring_option
def pause_sending(
    *,
    campaign_id: str | None,
    reason: str,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """Send nothing more for now; log-ins stay gated."""
    campaigns = _campaigns(settings_file, keyring_file)
    campaign_id = only_campaign(campaigns, campaign_id)
    paused = campaigns.pause_sending(campaign_id, reason=reason)
    say("Sending is paused." if paused else "Sending was paused already.")


@click.command(name="resume-sending")
@campaign_argument
@settings_option
@keyring_option
def resume_sending(
    *, campaign_id: str | None, settings_file: Path | None, keyring_file: Path | None
) -> None:
    """Go on sending after a pause; what bounced so far is counted no more."""
    campaigns = _campaigns(settings_file, keyring_file)
    campaign_id = only_campaign(campaigns, campaign_id)
    if campaigns.resume_sending(campaign_id):
        say(f"Sending goes on with: credguard campaign run {campaign_id}")
    else:
        say("Sending was not paused.")


@click.command(name="settle-held")
@campaign_argument
@click.option(
    "--as",
    "then",
    required=True,
    type=click.Choice(["resend", "told"]),
    help="Send them again, or count them as told.",
)
@settings_option
@keyring_option
def settle_held(
    *,
    campaign_id: str | None,
    then: str,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """Decide on messages that may be out or not."""
    campaigns = _campaigns(settings_file, keyring_file)
    campaign_id = only_campaign(campaigns, campaign_id)
    count = campaigns.settle_held(campaign_id, resend=then == "resend")
    say(f"{counted(count, 'message', 'messages')}: {then}.")


def _campaigns(settings_file: Path | None, keyring_file: Path | None) -> Campaigns:
    return read_settings(settings_file).guard(read_keyring(keyring_file)).campaigns


def _mails(maildir: str | None, mbox: str | None) -> Iterator[bytes]:
    if maildir is None and mbox is None:
        yield read_pipe(sys.stdin.buffer)
    if maildir is not None:
        yield from read_maildir(maildir)
    if mbox is not None:
        yield from read_mbox(mbox)
