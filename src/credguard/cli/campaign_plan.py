"""`credguard campaign plan` and `start`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from credguard.campaigns import Plan, plan_file, planning
from credguard.campaigns.plan import DEFAULT_LINK_LIFETIME, DEFAULT_RATE
from credguard.campaigns.scope_text import parse
from credguard.cli.lists import ListFiles
from credguard.cli.options import forum_options, keyring_option, settings_option
from credguard.cli.printing import duration, print_counts, say
from credguard.cli.settings import read_keyring, read_settings
from credguard.cli.working import sweep
from credguard.errors import ScopeError
from credguard.passwords import PasswordHasher
from credguard.storage import Database


@click.command()
@click.argument("scope")
@click.option("--reason", required=True, help="What happened, as members will read it.")
@click.option(
    "--rate", default=DEFAULT_RATE, show_default=True, help="Notices a second."
)
@click.option(
    "--link-days",
    default=DEFAULT_LINK_LIFETIME.days,
    show_default=True,
    type=click.IntRange(1, 365),
    help="How long a link works, in days.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the plan to this file, to be started.",
)
@forum_options
def plan(
    *,
    scope: str,
    reason: str,
    rate: float,
    link_days: int,
    out: Path | None,
    settings_file: Path | None,
    forum_database: str | None,
    table: str | None,
    columns: tuple[str, ...],
) -> None:
    """
    Count what a campaign over SCOPE would do; this changes nothing.

    SCOPE is: everyone, in_list('FILE') with one account id a line,
    credential_set_before('2014-04-12T17:45Z'),
    logged_in_between('2019-02-05T14:00Z', '2019-02-07T09:00Z'),
    scheme('django:md5'), and these with & | ~ and parentheses.
    """
    settings = read_settings(
        settings_file, forum_database=forum_database, table=table, columns=columns
    )
    lists = ListFiles()
    made = planning.plan(
        settings.accounts(),
        PasswordHasher().identify,
        parse(scope, open_list=lists.open),
        letter=settings.letter(reason),
        rate=rate,
        link_lifetime=timedelta(days=link_days),
        now=datetime.now(UTC),
        kept_in=Database(settings.own_database, ours=False),
    )
    made = replace(made, notices=settings.notice_policy())
    _print_plan(made)
    if out is None:
        say("Nothing was changed. Write the plan to a file with --out to start it.")
        return
    text = plan_file.write(made, lists=lists.names)
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"the plan cannot be written: {error.strerror}"
        raise ScopeError(message) from None
    say(f"Nothing was changed. Start it with: credguard campaign start {out}")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@settings_option
@keyring_option
def start(
    *,
    file: Path,
    yes: bool,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """
    Start the plan in FILE: lock, retire the hashes, queue the notices.

    From the first moment nobody in scope can log in with the old password. The
    old hashes are kept under seal until the campaign ends: abort puts them back.
    """
    made = _read_plan(file)
    say(
        f"Scope: {made.scope}. {made.tally.in_scope:,} accounts are to be locked, "
        f"{made.tally.to_tell:,} of them to be told by mail."
    )
    if not yes:
        click.confirm("Lock these accounts now?", abort=True)
    guard = read_settings(settings_file).guard(read_keyring(keyring_file))
    campaign_id = guard.campaigns.start(made)
    say(f"Campaign {campaign_id} is open: everybody in scope is locked.")
    sweep(guard.campaigns, campaign_id)
    say(f"Tell the members with: credguard campaign run {campaign_id}")


def _read_plan(file: Path) -> Plan:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        message = f"the plan {file} cannot be read"
    else:
        return plan_file.read(text, open_list=ListFiles().open_again)
    raise ScopeError(message)


def _print_plan(made: Plan) -> None:
    tally = made.tally
    print_counts(
        f"Scope: {made.scope}",
        {
            "accounts": tally.accounts,
            "in scope": tally.in_scope,
            "to be told by mail": tally.to_tell,
            "no reachable address": tally.unreachable,
            "no password to reset": tally.no_password,
            "closed by the forum": tally.inactive,
            "staff": tally.staff,
            "never logged in": tally.never_logged_in,
        },
    )
    print_counts("Hash schemes in scope", dict(tally.schemes.most_common()))
    say(f"A sample of their ids: {', '.join(tally.sample)}")
    say(
        f"At {made.rate:g} notices a second, telling them takes at least "
        f"{duration(made.telling_takes)}."
    )
    if tally.staff:
        say(f"{tally.staff} of them are staff: they are locked out as well.")
