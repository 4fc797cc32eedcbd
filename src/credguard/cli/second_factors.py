"""`credguard second-factors`: re-seal, list and repair all of them."""

import json
from collections.abc import Iterator
from pathlib import Path

import click

from credguard._clock import system_clock
from credguard._text import counted, to_iso
from credguard.cli.options import keyring_option
from credguard.cli.passwords_table import forum_settings, rate_option, yes_option
from credguard.cli.printing import print_counts, progress, say
from credguard.cli.settings import Settings, read_keyring
from credguard.cli.working import worker_name
from credguard.errors import SetupError
from credguard.keys import Keyring
from credguard.second_factor import SecondFactors
from credguard.second_factor.resealing import BATCH_SIZE
from credguard.storage import Database
from credguard.storage.canary import check_keyring
from credguard.storage.schema import prepare

DEFAULT_ISSUER = "Forum"  # none of these commands enrolls anybody
MOST_SHOWN = 20


@click.group("second-factors")
def second_factors() -> None:
    """Second factors: put seeds under a new key, list and repair them."""


@second_factors.command()
@click.option(
    "--batch",
    type=click.IntRange(2, 10_000),
    default=BATCH_SIZE,
    show_default=True,
    help="Rows of one transaction.",
)
@rate_option
@forum_settings
@keyring_option
def reseal(
    *,
    batch: int,
    rate: float | None,
    settings: Settings,
    keyring_file: Path | None,
) -> None:
    """
    Put every seed under the keyring's current key, while people log in.

    Stop it as you like: running it again goes on. Several runs share the work.
    """
    keyring = read_keyring(keyring_file)
    factors = keeper(settings, keyring)
    with progress("Ranges done") as bar:
        done = factors.reseal(
            worker=worker_name(),
            batch=batch,
            rate=rate,
            on_progress=lambda now: bar.at(now.done, now.total),
        )
    seeds = counted(done.changed, "seed was", "seeds were")
    say(f"{seeds} put under key {keyring.current.id} by this run.")
    for account_id, error in list(done.unreadable.items())[:MOST_SHOWN]:
        say(f"Account {account_id!r}: {error}")
    _print_keys(keyring, factors.key_counts())


@second_factors.command("list")
@click.option("--weak", is_flag=True, help="List those with a seed below 128 bits.")
@forum_settings
@keyring_option
def list_factors(*, weak: bool, settings: Settings, keyring_file: Path | None) -> None:
    """
    Print how many seeds are under each key; with --weak, the weak ones.

    Weak ones are printed one a line: account, bits, where it came from, and when.
    They keep working; ask their owners to enroll anew.
    """
    keyring = read_keyring(keyring_file)
    factors = keeper(settings, keyring)
    if not weak:
        _print_keys(keyring, factors.key_counts())
        return
    for found in factors.weak_factors():
        made = to_iso(found.made_at)
        click.echo(f"{found.account_id}\t{found.seed_bits}\t{found.source}\t{made}")


@second_factors.command("repair-clock")
@yes_option
@forum_settings
@keyring_option
def repair_clock(*, yes: bool, settings: Settings, keyring_file: Path | None) -> None:
    """
    Mend factors that were used while the server's clock ran ahead.

    Set the clock right first. Says how many there are; mends them with --yes.
    """
    factors = keeper(settings, read_keyring(keyring_file))
    say(f"It is {to_iso(system_clock())} by this machine's clock.")
    if not yes:
        used = counted(factors.steps_in_future(), "factor was", "factors were")
        say(f"{used} used in the future.")
        say("Nothing was written. Do it with --yes.")
        return
    say(f"{counted(factors.repair_clock(), 'factor was', 'factors were')} mended.")


@second_factors.command("after-restore")
@click.option(
    "--used",
    type=click.Path(dir_okay=False, path_type=Path),
    help='A file with a line {"account_id": "...", "slot": "..."} for each recovery '
    "code that was used since the backup. Without it all recovery codes are void.",
)
@yes_option
@forum_settings
@keyring_option
def after_restore(
    *, used: Path | None, yes: bool, settings: Settings, keyring_file: Path | None
) -> None:
    """
    Void what a restored backup brought back to life, before people log in.

    Ends all trusted devices, refuses every code up to now, and voids the recovery
    codes in the file, or all of them. Does it with --yes.
    """
    factors = keeper(settings, read_keyring(keyring_file))
    pairs = None if used is None else list(_used_codes(used))
    if not yes:
        some = "all recovery codes"
        what = some if pairs is None else counted(len(pairs), "code", "codes")
        say(f"This voids {what} and ends all trusted devices.")
        say("Nothing was written. Do it with --yes.")
        return
    voided = factors.after_restore(used=pairs)
    print_counts(
        "Voided",
        {
            "recovery codes": voided.codes,
            "accounts without any left": voided.accounts,
            "trusted devices": voided.devices,
        },
    )


def keeper(
    settings: Settings, keyring: Keyring, *, issuer: str = DEFAULT_ISSUER
) -> SecondFactors:
    """Return the keeper of second factors, with its tables and keyring checked."""
    database = Database(settings.own_database)
    prepare(database)
    check_keyring(database, keyring, now=system_clock())
    return SecondFactors(database, keyring, issuer=issuer)


def _print_keys(keyring: Keyring, counts: dict[str, int]) -> None:
    print_counts("Seeds under each key", counts)
    older = [key.id for key in keyring.older]
    if free := [key_id for key_id in older if key_id not in counts]:
        say(f"No second factor is under an older key: {', '.join(free)}.")
        say("See what else needs it with: credguard keys usage")


def _used_codes(file: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        for line in lines:
            found = json.loads(line)
            yield str(found["account_id"]), str(found["slot"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    else:
        return
    message = f"the file {file} does not hold an account_id and a slot in each line"
    raise SetupError(message)
