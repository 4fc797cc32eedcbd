"""`credguard passwords census`, `wrap` and `rekey`: a whole table, without log-ins."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path

import click

from credguard._clock import system_clock
from credguard.campaigns import records
from credguard.campaigns.means import pause
from credguard.campaigns.states import UNSWEPT
from credguard.cli.hashing import hasher_of, hasher_options
from credguard.cli.options import forum_options, keyring_option
from credguard.cli.passwords_printing import (
    print_done,
    print_fates,
    print_keys,
    print_kinds,
    print_rest,
    print_time,
    print_totals,
)
from credguard.cli.printing import print_counts, progress, say
from credguard.cli.settings import Settings, has_keyring, read_keyring, read_settings
from credguard.cli.working import worker_name
from credguard.errors import CampaignStateError
from credguard.keys import Keyring
from credguard.passwords.renewal import Fate, Rekeying, Renewal, Wrapping, hash_time
from credguard.passwords.surveying import survey, take_census
from credguard.passwords.tables import Done, Renewing
from credguard.storage import Database
from credguard.storage.canary import check_keyring
from credguard.storage.schema import prepare

rate_option = click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True, max=1_000_000),
    help="The most rows that this process changes in a second.",
)
yes_option = click.option(
    "--yes", is_flag=True, help="Do it. Without this, only say what would be done."
)


def forum_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that describe the forum's table, and hand them in as one."""

    @wraps(command)
    def told(
        *,
        settings_file: Path | None,
        forum_database: str | None,
        table: str | None,
        columns: tuple[str, ...],
        **rest: object,
    ) -> None:
        settings = read_settings(
            settings_file, forum_database=forum_database, table=table, columns=columns
        )
        command(settings=settings, **rest)

    return forum_options(told)


@click.command()
@hasher_options
@forum_settings
def census(
    *,
    bundles: tuple[str, ...],
    work_factor: str,
    settings: Settings,
) -> None:
    """
    Count the stored hashes by scheme, cost and key; writes nothing.

    Also says how long it takes on this machine to wrap the old ones.
    """
    hasher = hasher_of(bundles, work_factor)
    found = take_census(settings.accounts(), hasher)
    print_kinds(found, table=settings.table)
    print_totals(found)
    if found.wrappable:
        print_time(found.wrappable, hash_time(hasher), "Wrapping all")


@click.command()
@hasher_options
@click.option(
    "--only",
    multiple=True,
    metavar="SCHEME",
    help="Wrap rows of this scheme, as the census names it; may be given more than "
    "once. Default: all that are another software's.",
)
@click.option(
    "--sealed",
    is_flag=True,
    help="Seal the new hashes under the keyring's current key. Only where the "
    "forum's PasswordHasher has that keyring: no other can read them.",
)
@rate_option
@yes_option
@forum_settings
@keyring_option
def wrap(
    *,
    bundles: tuple[str, ...],
    work_factor: str,
    only: tuple[str, ...],
    sealed: bool,
    rate: float | None,
    yes: bool,
    settings: Settings,
    keyring_file: Path | None,
) -> None:
    """
    Put old hashes under Argon2id, without their passwords.

    Says what would be done; does it with --yes. Stop it as you like: running it
    again goes on. Several runs share the work. A row that a log-in or a reset
    changes meanwhile is left alone. Begin and end are put into the audit log where
    there is a keyring, sealed or not.
    """
    is_known = sealed or has_keyring(keyring_file)
    keyring = read_keyring(keyring_file) if is_known else None
    hasher = hasher_of(bundles, work_factor, keyring if sealed else None)
    renewal = Wrapping(hasher, only=frozenset(only))
    if not _surveyed(settings, renewal, rate=rate, yes=yes):
        return
    print_done(_renewed(settings, renewal, keyring, rate=rate))
    print_rest(survey(settings.accounts(), renewal))


@click.command()
@hasher_options
@click.option(
    "--bare-too",
    is_flag=True,
    help="Also seal Argon2id hashes that are under no key yet. Only where the forum's "
    "PasswordHasher has this keyring: no other can read them.",
)
@click.option(
    "--pass-over-lost",
    is_flag=True,
    help="Leave rows under a key that the keyring lacks as they are, and say how many "
    "they are. Nobody can log in with them: their members need a reset.",
)
@rate_option
@yes_option
@forum_settings
@keyring_option
def rekey(
    *,
    bundles: tuple[str, ...],
    work_factor: str,
    bare_too: bool,
    pass_over_lost: bool,
    rate: float | None,
    yes: bool,
    settings: Settings,
    keyring_file: Path | None,
) -> None:
    """
    Seal hashes under the keyring's current key, without their passwords.

    Direct and wrapped hashes alike. Says what would be done; does it with --yes.
    Stop it as you like: running it again goes on. Begin and end are put into the
    audit log. A row under a key that the keyring lacks stops the work before
    anything is written, unless such rows are passed over.
    """
    keyring = read_keyring(keyring_file)
    renewal = Rekeying(
        hasher_of(bundles, work_factor, keyring),
        current=keyring.current.id,
        seals_bare=bare_too,
    )
    passes = {"passes_over_lost": pass_over_lost}
    if not _surveyed(settings, renewal, rate=rate, yes=yes, **passes):
        return
    print_done(_renewed(settings, renewal, keyring, rate=rate, **passes))
    rest = survey(settings.accounts(), renewal, **passes)
    print_rest(rest)
    print_keys(rest, keyring)


def _surveyed(
    settings: Settings,
    renewal: Renewal,
    *,
    rate: float | None,
    yes: bool,
    passes_over_lost: bool = False,
) -> bool:
    """Say what would be done; return True if it is to be done."""
    column = settings.accounts()
    found = survey(column, renewal, passes_over_lost=passes_over_lost)
    print_fates(f"Rows of {settings.table}", found.fates)
    if keys := found.census.keys:
        print_counts("Rows under each key", keys)
    due = found.fates[Fate.DUE]
    if not due:
        say("Nothing is to be done.")
        return yes
    row_time = renewal.row_time()
    if rate is not None:
        row_time = max(row_time, timedelta(seconds=1 / rate))
    say(f"The longest new text has {found.widest} characters.")
    print_time(due, row_time, "This")
    if not yes:
        say("Nothing was written. Do it with --yes.")
    return yes


def _renewed(
    settings: Settings,
    renewal: Renewal,
    keyring: Keyring | None,
    *,
    rate: float | None,
    passes_over_lost: bool = False,
) -> Done:
    database = Database(settings.own_database)
    prepare(database)
    if keyring is not None:
        check_keyring(database, keyring, now=system_clock())
    _check_campaigns(database)
    work = Renewing(
        column=settings.accounts(),
        database=database,
        renewal=renewal,
        clock=system_clock,
        pause=pause,
        rate=rate,
        keyring=keyring,
        passes_over_lost=passes_over_lost,
    )
    with progress("Ranges done") as bar:
        return work.run(
            worker=worker_name(),
            on_progress=lambda now: bar.at(now.done, now.total),
        )


def _check_campaigns(database: Database) -> None:
    """Check that no campaign is retiring hashes, which it seals as they stand."""
    with database.read() as connection:
        unswept = [one for one in records.gating(connection) if one.state in UNSWEPT]
    if unswept:
        message = (
            f"campaign {unswept[0].id} is retiring hashes; finish that first, with: "
            f"credguard campaign run {unswept[0].id}"
        )
        raise CampaignStateError(message)
