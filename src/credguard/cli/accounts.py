"""`credguard accounts`: look at the forum's user table before anything is done."""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import click

from credguard._text import counted
from credguard.campaigns import planning
from credguard.campaigns.tally import Tally
from credguard.cli.options import forum_options
from credguard.cli.printing import print_counts, say
from credguard.cli.settings import Settings, read_settings
from credguard.errors import AccountIdError
from credguard.guard.screening import listed_accounts
from credguard.passwords import PasswordHasher
from credguard.passwords.recognizing import Recognizer
from credguard.storage import Database
from credguard.storage.schema import prepare


@click.group()
def accounts() -> None:
    """Look at the forum's user table."""


@accounts.command()
@forum_options
def check(
    *,
    settings_file: Path | None,
    forum_database: str | None,
    table: str | None,
    columns: tuple[str, ...],
) -> None:
    """
    Count accounts and hash schemes, and say what would go wrong.

    Reads the table and writes nothing.
    """
    settings = read_settings(
        settings_file, forum_database=forum_database, table=table, columns=columns
    )
    found = settings.accounts()
    tally = planning.survey(
        planning.Inputs(
            accounts=found,
            identify=Recognizer(PasswordHasher()),
            now=datetime.now(UTC),
        )
    )
    print_counts(
        f"Accounts in {settings.table}",
        {
            "accounts": tally.accounts,
            "with a password and a reachable address": tally.to_tell,
            "with a password and no reachable address": tally.unreachable,
            "without a usable password": tally.no_password,
            "closed by the forum": tally.inactive,
            "staff": tally.staff,
            "with a second factor": tally.second_factor,
            "never logged in": tally.never_logged_in,
        },
    )
    print_counts("Hash schemes", dict(tally.schemes.most_common()))
    remarks = list(_remarks(settings, tally))
    say("")
    for remark in remarks:
        say(f"- {remark}")
    if not remarks:
        say("Nothing would go wrong.")


@accounts.command()
@forum_options
@click.option(
    "--seen-at-least",
    type=click.IntRange(min=1),
    default=1,
    help="Only passwords that were seen in breaches so often. Default: 1.",
)
@click.option(
    "--out",
    type=click.File("w", encoding="utf-8", lazy=True, atomic=True),
    default="-",
    help="A file for the ids. Default: the terminal.",
)
def listed(
    *,
    settings_file: Path | None,
    forum_database: str | None,
    table: str | None,
    columns: tuple[str, ...],
    seen_at_least: int,
    out: IO[str],
) -> None:
    """
    Write the ids of accounts whose password a blocklist has, one a line.

    They were screened when they logged in. Plan a campaign for them with the scope
    in_list('FILE').
    """
    settings = read_settings(
        settings_file, forum_database=forum_database, table=table, columns=columns
    )
    database = Database(settings.own_database)
    prepare(database)
    number = 0
    found = listed_accounts(database, settings.accounts(), at_least=seen_at_least)
    for number, account_id in enumerate(found, 1):  # noqa: B007  # told below
        out.write(as_line(account_id))
    click.echo(
        f"{counted(number, 'account', 'accounts')} with a listed password.", err=True
    )


def as_line(account_id: str) -> str:
    """Return an id as a line that reads back as the same id."""
    is_line = account_id.splitlines() == [account_id] == [account_id.strip()]
    if not is_line or account_id.startswith("#"):
        message = "an id cannot stand in a line; hand the ids over in Python instead"
        raise AccountIdError(message)
    return f"{account_id}\n"


def _remarks(settings: Settings, tally: Tally) -> Iterator[str]:
    """Yield what would go wrong, and what to do about it."""
    yield from _about_rows(tally)
    yield from _about_columns(settings)
    own = Database(settings.own_database, ours=False)
    if not settings.accounts().shares(own):
        yield (
            "credguard's tables are in a database of their own: each range of a sweep "
            "is three transactions instead of one."
        )


def _about_rows(tally: Tally) -> Iterator[str]:
    if tally.accounts == 0:
        yield "The table is empty; check the URL and the table's name."
    if tally.unreachable:
        yield (
            f"{counted(tally.unreachable, 'account', 'accounts')} cannot be told by "
            "mail: in a campaign they are locked until they come another way."
        )
    if unreadable := tally.schemes.get("unreadable", 0):
        yield (
            f"{counted(unreadable, 'hash is', 'hashes are')} of no format known here: "
            "the owners cannot log in through credguard, nor choose a new password in "
            "a campaign."
        )
    if any("bcrypt" in scheme for scheme in tally.schemes) and not find_spec("bcrypt"):
        yield "Some hashes are bcrypt: pip install 'credguard[legacy]'."


def _about_columns(settings: Settings) -> Iterator[str]:
    for meaning in ("created_at", "last_login_at"):
        if meaning not in settings.columns:
            yield (
                f"No column is named for {meaning}: scopes that ask for it treat it "
                "as unknown."
            )
    if "set_at" not in settings.columns:
        yield (
            "No column says when a password was set: one that credguard has not seen "
            "being set counts as old as its account."
        )
