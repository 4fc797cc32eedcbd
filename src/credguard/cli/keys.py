"""`credguard keys`: which keys are still needed, and taking one off the keyring."""

from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from credguard._clock import system_clock
from credguard.cli.hashing import hasher_of, hasher_options
from credguard.cli.keygen import write_keyring
from credguard.cli.options import keyring_option
from credguard.cli.passwords_table import forum_settings
from credguard.cli.printing import say
from credguard.cli.settings import Settings, read_keyring
from credguard.keys import Keyring
from credguard.passwords.surveying import take_census
from credguard.storage import Database
from credguard.storage.canary import check_keyring
from credguard.storage.key_use import KeyUse, key_use, retire
from credguard.storage.schema import prepare

HASHES = "hashes in the forum's table"


@click.group()
def keys() -> None:
    """Keys: say what each is needed for, and retire one that is not."""


@keys.command()
@hasher_options
@forum_settings
@keyring_option
def usage(
    *,
    bundles: tuple[str, ...],
    work_factor: str,
    settings: Settings,
    keyring_file: Path | None,
) -> None:
    """
    Print how many rows need each key, and which keys may go.

    Counts second factors, campaigns with retired hashes, links in notices, audit
    records, and the hashes in the forum's table where that is named.
    """
    keyring = read_keyring(keyring_file)
    database = _database(settings, keyring)
    use = key_use(database, now=system_clock())
    for key_id, count in _hashes(settings, bundles, work_factor).items():
        use.setdefault(key_id, Counter())[HASHES] = count
    _print_use(keyring, use)
    if settings.table is None:
        say("The forum's table was not named, so its hashes were not counted.")


@keys.command("retire")
@click.argument("key_id")
@click.option(
    "--give-up-audit",
    is_flag=True,
    help="Retire it though audit records are under it. They are checked now, and "
    "cannot be checked any more.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the new keyring to a new file that only you can read.",
)
@hasher_options
@forum_settings
@keyring_option
def retire_key(
    *,
    key_id: str,
    give_up_audit: bool,
    out: Path | None,
    bundles: tuple[str, ...],
    work_factor: str,
    settings: Settings,
    keyring_file: Path | None,
) -> None:
    """
    Print the keyring without KEY_ID; refuse where anything still needs it.

    First let every process run with a keyring whose current key is another one.
    Sessions and links that were made under KEY_ID end with it.
    """
    keyring = read_keyring(keyring_file)
    database = _database(settings, keyring)
    settings.accounts()  # without the forum's table nobody knows about its hashes
    hashes = _hashes(settings, bundles, work_factor).get(key_id, 0)
    rest = retire(
        database,
        keyring,
        key_id,
        elsewhere={HASHES: hashes} if hashes else {},
        gives_up_audit=give_up_audit,
        now=system_clock(),
    )
    write_keyring(rest, out)


def _database(settings: Settings, keyring: Keyring) -> Database:
    database = Database(settings.own_database)
    prepare(database)
    check_keyring(database, keyring, now=system_clock())
    return database


def _hashes(
    settings: Settings, bundles: tuple[str, ...], work_factor: str
) -> dict[str, int]:
    """Return how many of the forum's hashes are under each key."""
    if settings.table is None:
        return {}
    census = take_census(settings.accounts(), hasher_of(bundles, work_factor))
    return dict(census.keys)


def _print_use(keyring: Keyring, use: KeyUse) -> None:
    table = Table(title="Keys", title_justify="left")
    for heading in ("key", "it is", "needed for"):
        table.add_column(heading, overflow="fold")
    table.add_column("rows", justify="right")
    for key_id in sorted(keyring.ids | use.keys()):
        role = "current" if key_id == keyring.current.id else "older"
        role = role if key_id in keyring.ids else "not on the keyring"
        needs = use.get(key_id, Counter[str]())
        for what, count in sorted(needs.items()) or [("nothing", 0)]:
            table.add_row(key_id, role, what, f"{count:,}")
    Console().print(table)
    idle = sorted({key.id for key in keyring.older} - use.keys())
    if idle:
        say(f"May be retired: {', '.join(idle)}.")
