"""`credguard campaign plan`, `approve` and `start`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from credguard._text import counted
from credguard.campaigns import Scope, plan_file, planning
from credguard.campaigns.approver_keys import ApproverKey
from credguard.campaigns.forecast import Pace
from credguard.campaigns.plan import DEFAULT_LINK_LIFETIME, DEFAULT_RATE
from credguard.campaigns.scope_text import parse
from credguard.cli.campaign_forecast import as_json, print_plan
from credguard.cli.files import read_plan, write_text
from credguard.cli.lists import ListFiles
from credguard.cli.options import forum_options, keyring_option, settings_option
from credguard.cli.printing import say
from credguard.cli.settings import read_keyring, read_settings
from credguard.cli.working import sweep
from credguard.errors import KeyringError, ScopeError
from credguard.passwords import PasswordHasher
from credguard.passwords.recognizing import Recognizer
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
@click.option("--json", "json_wanted", is_flag=True, help="For other programs.")
@forum_options
def plan(  # click hands every option in
    *,
    scope: str,
    reason: str,
    rate: float,
    link_days: int,
    out: Path | None,
    json_wanted: bool,
    settings_file: Path | None,
    forum_database: str | None,
    table: str | None,
    columns: tuple[str, ...],
) -> None:
    """
    Count what a campaign over SCOPE would do; this changes nothing.

    SCOPE is: everyone, staff, has_second_factor, in_list('FILE') with one account
    id, address or SHA-256 of an address a line,
    credential_set_before('2014-04-12T17:45Z'), created_before('2012-07-01'),
    logged_in_between('2019-02-05T14:00Z', '2019-02-07T09:00Z'),
    scheme('django:md5'), cost_below('owasp'), mail_domain('example.org'), and
    these with and, or, not and parentheses.
    """
    settings = read_settings(
        settings_file, forum_database=forum_database, table=table, columns=columns
    )
    lists = ListFiles()
    inputs = planning.Inputs(
        accounts=settings.accounts(),
        identify=Recognizer(PasswordHasher()),
        now=datetime.now(UTC),
        kept_in=Database(settings.own_database, ours=False),
    )
    made = planning.plan(
        inputs,
        _parse(scope, lists),
        letter=settings.letter(reason),
        pace=Pace(rate=rate, notices=settings.notice_policy()),
        link_lifetime=timedelta(days=link_days),
    )
    if out is not None:
        write_text(out, plan_file.write(made, lists=lists.names), what="the plan")
    if json_wanted:
        click.echo(as_json(made, settings.forecast))
        return
    print_plan(made, settings.forecast)
    if out is None:
        say("Nothing was changed. Write the plan to a file with --out to start it.")
    elif settings.approval.needed:
        say(f"Nothing was changed. Let {settings.approval.needed} people look at it:")
        say(f"credguard campaign approve {out} --as NAME")
    else:
        say(f"Nothing was changed. Start it with: credguard campaign start {out}")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--as", "approver", required=True, help="Your name in the settings.")
@click.option(
    "--key-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Your own key, where the settings have its public half.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@settings_option
@keyring_option
def approve(
    *,
    file: Path,
    approver: str,
    key_file: Path | None,
    yes: bool,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """
    Approve the plan in FILE, after counting once more.

    An approval is for this plan and no other: whoever changes a letter of it needs
    new ones.
    """
    made = read_plan(file)
    settings = read_settings(settings_file)
    print_plan(made, settings.forecast)
    if not yes:
        click.confirm(f"Approve this plan as {approver}?", abort=True)
    key = None if key_file is None else _read_key(key_file)
    guard = settings.guard(read_keyring(keyring_file))
    found = guard.campaigns.approve(made, approver=approver, key=key)
    names = ", ".join(each.approver for each in found)
    say(f"Approved by {names}; {settings.approval.needed} are needed.")


@click.command(name="approver-key")
def approver_key() -> None:
    """
    Print a new key for an approver.

    The first line is secret and for the approver's own file. The second goes into
    the settings, under [approval.keys].
    """
    key = ApproverKey.generate()
    click.echo(key.reveal())
    click.echo(f"# public: {key.public}")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--break-glass",
    metavar="REASON",
    help="Start without the approvals that are needed; the audit log says why.",
)
@settings_option
@keyring_option
def start(
    *,
    file: Path,
    yes: bool,
    break_glass: str | None,
    settings_file: Path | None,
    keyring_file: Path | None,
) -> None:
    """
    Start the plan in FILE: lock, retire the hashes, queue the notices.

    From the first moment nobody in scope can log in with the old password. The
    old hashes are kept under seal until the campaign ends: abort puts them back.
    """
    made = read_plan(file)
    say(
        f"Scope: {made.scope}. "
        f"{counted(made.tally.in_scope, 'account is', 'accounts are')} to be locked, "
        f"{made.tally.to_tell:,} of them to be told by mail."
    )
    if not yes:
        click.confirm("Lock these accounts now?", abort=True)
    guard = read_settings(settings_file).guard(read_keyring(keyring_file))
    campaign_id = guard.campaigns.start(made, break_glass=break_glass)
    say(f"Campaign {campaign_id} is open: everybody in scope is locked.")
    sweep(guard.campaigns, campaign_id)
    say(f"Tell the members with: credguard campaign run {campaign_id}")


def _parse(written: str, lists: ListFiles) -> Scope:
    """Read a scope; where it does not parse, show the place."""
    with _place_shown(written):
        return parse(written, open_list=lists.open)


@contextmanager
def _place_shown(written: str) -> Iterator[None]:
    try:
        yield
    except ScopeError as error:
        if error.place is not None:
            line = "".join(" " if each.isspace() else each for each in written)
            click.echo(f"  {line}\n  {' ' * (error.place - 1)}^", err=True)
        raise


def _read_key(file: Path) -> ApproverKey:
    try:
        first = file.read_text(encoding="ascii").partition("\n")[0]
    except (OSError, ValueError):
        message = f"the key file {file} cannot be read"
    else:
        return ApproverKey.parse(first)
    raise KeyringError(message)
