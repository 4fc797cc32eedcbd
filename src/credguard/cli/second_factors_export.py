"""`credguard second-factors export`: seeds in the clear, for those who leave."""

import os
from pathlib import Path

import click

from credguard._text import counted
from credguard.cli.options import keyring_option
from credguard.cli.passwords_table import forum_settings, yes_option
from credguard.cli.printing import say
from credguard.cli.second_factors import keeper
from credguard.cli.settings import Settings, read_keyring
from credguard.cli.systems import names_by_id
from credguard.errors import SetupError
from credguard.second_factor.takeover.exporting import Leaving

_PRIVATE = 0o600
_MOST_SHOWN = 20
_WARNING = """\
WARNING: this writes the seed of every second factor in the clear. Whoever reads
the file can log in as any member whose password they know, until each of them
enrolls anew. It stands in the audit log that it was done. Recovery codes cannot
leave: only hashes of them are kept."""


@click.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="A new file that only you can read.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "uris"]),
    default="jsonl",
    show_default=True,
    help="JSON lines with account, URI and last step; or bare URIs.",
)
@click.option("--issuer", default="Forum", show_default=True, help="Name in the app.")
@click.option(
    "--by",
    metavar="COLUMN",
    help="Name accounts in the URI as this column of the user table does.",
)
@yes_option
@forum_settings
@keyring_option
def export(
    *,
    out: Path,
    form: str,
    issuer: str,
    by: str | None,
    yes: bool,
    settings: Settings,
    keyring_file: Path | None,
) -> None:
    """
    Write all seeds in the clear to a file, to leave credguard.

    Nothing is printed but counts. With --yes it is done.
    """
    factors = keeper(settings, read_keyring(keyring_file), issuer=issuer)
    click.echo(_WARNING, err=True)
    if not yes:
        say("Nothing was written. Do it with --yes.")
        return
    name_of = str if by is None else names_by_id(settings, by).get
    try:
        # Made private from the first byte on, and never over another file.
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    except OSError as error:
        message = f"the file cannot be made: {error.strerror}"
        raise SetupError(message) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:

        def write(leaving: Leaving) -> None:
            line = leaving.uri if form == "uris" else leaving.to_json()
            file.write(line + "\n")

        done = factors.export(write, name_of=name_of)
    factors_were = counted(done.factors, "factor was", "factors were")
    say(f"{factors_were} written to {out}. Destroy it after use.")
    for account_id in done.unreadable[:_MOST_SHOWN]:
        say(f"Account {account_id!r}: the seed does not open.")
