"""`credguard campaign run` and `abort`."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType

import click

from credguard._text import counted
from credguard.campaigns import Campaigns
from credguard.campaigns.handing import Tellings
from credguard.campaigns.outbox import Waiting
from credguard.cli.options import campaign_argument, keyring_option, settings_option
from credguard.cli.printing import progress, say
from credguard.cli.sending import note_of, print_sending
from credguard.cli.settings import DEFAULT_DEADLINE, read_keyring, read_settings
from credguard.cli.working import only_campaign, sweep, worker_name
from credguard.errors import HookFailedError

_STOPS = (signal.SIGINT, signal.SIGTERM)  # Ctrl-C, and a service that is stopped


@click.command()
@campaign_argument
@click.option("--smtp", metavar="URL", help="The mail server, such as smtp://host:25.")
@click.option("--maildir", metavar="FOLDER", help="A folder to put the notices into.")
@click.option("--wait", is_flag=True, help="Stay until everything has gone out.")
@click.option("--stay", is_flag=True, help="Stay until nobody must reset any more.")
@click.option(
    "--deadline",
    default=DEFAULT_DEADLINE.total_seconds(),
    show_default=True,
    type=click.FloatRange(0.5, 600),
    help="How long one message may take, in seconds.",
)
@settings_option
@keyring_option
def run(
    *,
    campaign_id: str | None,
    smtp: str | None,
    maildir: str | None,
    wait: bool,
    stay: bool,
    deadline: float,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """
    Send the notices at the planned rate; stop and go on as you like.

    Ctrl-C or SIGTERM ends the run after the message that is on its way. Whatever
    stops it, running it again goes on; nobody is told twice. Several runs share the
    rates. Reminders that are due go out as well. With --wait it stays: over notices
    that were put off, quiet hours, the day's quota and a pause. With --stay it stays
    after that too, until nobody must reset any more: for links that members ask for,
    and for reminders on their days.
    """
    settings = read_settings(settings_file, notices={"smtp": smtp, "maildir": maildir})
    campaigns = settings.guard(read_keyring(keyring_file)).campaigns
    campaign_id = only_campaign(campaigns, campaign_id)
    failed = _sweep(campaigns, campaign_id)
    carrier = settings.delivery(timedelta(seconds=deadline))
    total = campaigns.status(campaign_id)
    already = total.told
    with progress("Notices") as bar, _stoppable() as stop:

        def shown(now: Tellings) -> None:
            taken = already + now.told  # with reminders and links, more than accounts
            bar.at(taken, max(taken, total.to_tell), note_of(now))

        try:
            left = campaigns.send(
                campaign_id,
                carrier,
                worker=worker_name(),
                stop=stop,
                on_progress=shown,
                margin=timedelta(seconds=deadline * 1.5),
                waits=wait,
                stays=stay,
            )
        finally:
            carrier.close()
    print_sending(campaigns.sending(campaign_id))
    _print_left(left, campaign_id)
    if failed is not None:
        raise failed


@click.command()
@click.argument("campaign_id")
@click.option("--reason", required=True, help="Why, for the audit log.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@settings_option
@keyring_option
def abort(
    *,
    campaign_id: str,
    reason: str,
    yes: bool,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """
    Put the old hashes back for everybody who has not reset yet.

    Members who chose a new password keep it; links that were sent end.
    """
    campaigns = read_settings(settings_file).guard(read_keyring(keyring_file)).campaigns
    open_now = campaigns.status(campaign_id).still_open
    if not yes:
        who = counted(open_now, "account", "accounts")
        click.confirm(f"Let {who} log in as before?", abort=True)
    with progress("Hashes put back") as bar:
        campaigns.abort(
            campaign_id,
            reason=reason,
            on_progress=lambda restored: bar.at(restored, open_now),
        )
    say(f"Campaign {campaign_id} is aborted.")


@click.command("destroy-key")
@click.argument("campaign_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@settings_option
@keyring_option
def destroy_key(
    *,
    campaign_id: str,
    yes: bool,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """
    Make the hashes that a campaign retired unreadable, for good.

    It cannot be aborted after that, and who types the password that leaked is told
    what everybody is told: that the password is not right.
    """
    campaigns = read_settings(settings_file).guard(read_keyring(keyring_file)).campaigns
    kept = campaigns.status(campaign_id).still_open
    if not yes:
        have = counted(kept, "account has", "accounts have")
        say(f"{have} a retired hash that could still be put back.")
        typed = click.prompt("There is no way back. Type the campaign's id")
        if typed != campaign_id:
            message = "that is not the campaign's id; nothing was destroyed"
            raise click.ClickException(message)
    campaigns.destroy_key(campaign_id)
    say(f"The key of campaign {campaign_id} is destroyed.")


def _sweep(campaigns: Campaigns, campaign_id: str) -> HookFailedError | None:
    """Retire what is left to retire; a hook that fails keeps no notice back."""
    try:
        sweep(campaigns, campaign_id)
    except HookFailedError as error:
        say(f"{error} The notices go out now.")
        return error
    return None


def _print_left(left: Waiting, campaign_id: str) -> None:
    if not left.queued:
        say("Everybody who can be told has been told.")
        return
    when = f", the next at {left.next_at:%H:%M:%S} UTC" if left.next_at else ""
    say(
        f"{counted(left.queued, 'notice is', 'notices are')} left, "
        f"{left.deferred:,} of them deferred{when}. "
        f"Go on with: credguard campaign run {campaign_id}"
    )


@contextmanager
def _stoppable() -> Iterator[Callable[[], bool]]:
    """Take a stop as "after this message": one that is on its way is not cut."""
    asked: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    before = {each: signal.signal(each, stop) for each in _STOPS}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
