"""``flask credguard …``: the whole command, on the application's own settings."""

import sys

import click
from flask import current_app
from flask.cli import with_appcontext

from credguard.errors import MissingExtraError
from credguard.integrations.flask.settings import Settings


def command() -> click.Command:
    """Return the command, to be added to ``app.cli``."""

    @click.command(
        name="credguard",
        add_help_option=False,
        context_settings={"ignore_unknown_options": True},
    )
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    @with_appcontext
    def run(arguments: tuple[str, ...]) -> None:
        """Forced resets, password hashes, second factors, incidents."""
        try:
            from credguard.cli.app import credguard  # noqa: PLC0415  # rich: an extra
            from credguard.cli.host_settings import Host, handed  # noqa: PLC0415
        except ModuleNotFoundError:
            sys.exit(str(MissingExtraError("cli", needed_for="flask credguard")))
        settings = Settings(current_app.config, current_app.instance_path)
        given = handed(
            Host(guard=settings.guard, accounts=settings.accounts),
            settings.keyring(),
            database=settings.database,
            users=settings.users,
            notices=settings.notices,
        )
        credguard.main(args=list(arguments), prog_name="flask credguard", obj=given)

    return run
