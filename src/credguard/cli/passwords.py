"""`credguard passwords`: what hashes cost and what a table holds."""

import click

from credguard.cli.passwords_calibrate import calibrate
from credguard.cli.passwords_table import census, rekey, wrap


@click.group()
def passwords() -> None:
    """Password hashes: choose what they cost, and renew what a table holds."""


for command in (calibrate, census, wrap, rekey):
    passwords.add_command(command)
