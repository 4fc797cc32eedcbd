"""Options that more than one command has."""

from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import click

P = ParamSpec("P")
R = TypeVar("R")

settings_option = click.option(
    "--settings",
    "settings_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A TOML file with settings. Default: credguard.toml in this folder.",
)
keyring_option = click.option(
    "--keyring-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file with the keyring. Default: the environment's CREDGUARD_KEYRING.",
)


def forum_options(command: Callable[P, R]) -> Callable[P, R]:
    """Add the options that describe the forum's user table."""
    for option in (
        click.option(
            "--column",
            "columns",
            multiple=True,
            metavar="MEANING=NAME",
            help="A column, such as address=email. May be given more than once.",
        ),
        click.option("--table", help="The forum's user table."),
        click.option(
            "--database",
            "forum_database",
            metavar="URL",
            help="The forum's database, such as sqlite:///forum.db.",
        ),
        settings_option,
    ):
        command = option(command)
    return command


campaign_argument = click.argument("campaign_id", required=False)
