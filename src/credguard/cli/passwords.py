"""`credguard passwords`: what hashes cost and what a table holds."""

import click

from credguard.cli.passwords_calibrate import calibrate


@click.group()
def passwords() -> None:
    """Password hashes: choose what they cost."""


for command in (calibrate,):
    passwords.add_command(command)
