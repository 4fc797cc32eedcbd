"""The command's root: its parts, and what an error means to a shell."""

import sys

import click

from credguard import __version__
from credguard.cli.accounts import accounts
from credguard.cli.audit import audit
from credguard.cli.campaign import campaign
from credguard.cli.corpus import corpus
from credguard.cli.drill import drill
from credguard.cli.incident import incident
from credguard.cli.journal import journal
from credguard.cli.keygen import keygen
from credguard.cli.keys import keys
from credguard.cli.passwords import passwords
from credguard.cli.second_factors import second_factors
from credguard.cli.second_factors_export import export
from credguard.cli.second_factors_import import import_factors
from credguard.cli.second_factors_leak import leak
from credguard.cli.second_factors_leak_follow import decide, open_ids, status
from credguard.cli.tables import tables
from credguard.errors import CredguardError, SetupError, UnavailableError

# sysexits.h of BSD: a script can tell "try again" from "mend the settings".
EXIT_TRY_AGAIN = 75  # EX_TEMPFAIL
EXIT_SETUP = 78  # EX_CONFIG
EXIT_REFUSED = 1


class _Root(click.Group):
    """A group that prints our errors as one line and exits with their kind."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; its error becomes a line and an exit status."""
        try:
            return super().invoke(ctx)
        except CredguardError as error:
            click.echo(f"credguard: {error}", err=True)
            sys.exit(_exit_status(error))


def _exit_status(error: CredguardError) -> int:
    if isinstance(error, UnavailableError):
        return EXIT_TRY_AGAIN
    return EXIT_SETUP if isinstance(error, SetupError) else EXIT_REFUSED


@click.group(cls=_Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="credguard")
def credguard() -> None:
    """
    Password and credential hygiene for the people who run communities.

    Settings are read from credguard.toml in this folder, from --settings FILE,
    and from options. The keyring is read from the environment variable
    CREDGUARD_KEYRING, or from --keyring-file FILE.
    """


for command in (
    keygen,
    keys,
    accounts,
    campaign,
    passwords,
    corpus,
    second_factors,
    journal,
    incident,
    audit,
    tables,
    drill,
):
    credguard.add_command(command)
for command in (import_factors, export, leak):
    second_factors.add_command(command)
for command in (decide, status, open_ids):
    leak.add_command(command)
