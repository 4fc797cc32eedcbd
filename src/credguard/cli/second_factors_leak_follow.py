"""`credguard second-factors leak decide`, `status` and `open-ids`."""

from pathlib import Path
from typing import IO

import click

from credguard._text import counted, to_iso
from credguard.cli.accounts import as_line
from credguard.cli.options import keyring_option
from credguard.cli.passwords_table import forum_settings
from credguard.cli.printing import print_counts, say
from credguard.cli.second_factors import keeper
from credguard.cli.settings import Settings, read_keyring
from credguard.second_factor.leaks.members import MemberState


@click.command()
@click.argument("leak_id", metavar="NAME")
@click.argument("account_id", metavar="ACCOUNT")
@click.option(
    "--as",
    "state",
    type=click.Choice([MemberState.EXEMPT.value, MemberState.SUPPORT.value]),
    required=True,
    help="It stays as it is, or support sees to it.",
)
@click.option("--reason", required=True, help="Why; it stands in the audit log.")
@forum_settings
@keyring_option
def decide(
    *,
    leak_id: str,
    account_id: str,
    state: str,
    reason: str,
    settings: Settings,
    keyring_file: Path | None,
) -> None:
    """Decide on an account that would be left without a path."""
    factors = keeper(settings, read_keyring(keyring_file))
    factors.leaks.decide(leak_id, account_id, MemberState(state), reason=reason)
    say(f"Account {account_id!r} is decided on: {state}.")


@click.command()
@click.argument("leak_id", metavar="NAME")
@forum_settings
@keyring_option
def status(*, leak_id: str, settings: Settings, keyring_file: Path | None) -> None:
    """Print how many accounts are in each state, and the deadline."""
    factors = keeper(settings, read_keyring(keyring_file))
    found = factors.leaks.status(leak_id)
    print_counts(
        f"Leak {leak_id}",
        {
            **{state.value: count for state, count in found.counts.items()},
            "accounts": found.accounts,
        },
    )
    say(f"Ranges done: {found.progress.done} of {found.progress.total}.")
    say(f"Deadline: {to_iso(found.deadline)}.")
    if found.is_overdue:
        are_open = counted(found.open, "account is", "accounts are")
        say(f"It is over, and {are_open} open: see open-ids.")


@click.command("open-ids")
@click.argument("leak_id", metavar="NAME")
@click.option(
    "--out",
    type=click.File("w", encoding="utf-8", lazy=True, atomic=True),
    default="-",
    help="A file for the ids. Default: the terminal.",
)
@forum_settings
@keyring_option
def open_ids(
    *, leak_id: str, out: IO[str], settings: Settings, keyring_file: Path | None
) -> None:
    """
    Write the ids of accounts that have something to do yet, one a line.

    Tell them with a campaign of the scope in_list('FILE'), in its waves and with
    its reminders.
    """
    factors = keeper(settings, read_keyring(keyring_file))
    number = 0
    for number, account_id in enumerate(factors.leaks.open_ids(leak_id), 1):  # noqa: B007  # told below
        out.write(as_line(account_id))
    click.echo(f"{counted(number, 'account is', 'accounts are')} open.", err=True)
