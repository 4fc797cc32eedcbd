"""``flask credguard …``: the whole command, on the application's own settings."""

import click
from flask.cli import with_appcontext

from credguard.cli.host import Host, run
from credguard.integrations.flask.state import state


def command() -> click.Command:
    """Return the command, to be added to ``app.cli``."""

    @click.command(
        name="credguard",
        add_help_option=False,
        context_settings={"ignore_unknown_options": True},
    )
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    @with_appcontext
    def inside(arguments: tuple[str, ...]) -> None:
        """Forced resets, password hashes, second factors, incidents."""
        run(_host, arguments, prog="flask credguard")

    return inside


def _host() -> Host:
    mine = state()
    return Host(
        guard=mine.guard,
        accounts=mine.settings.accounts,
        keyring=mine.settings.keyring(),
        database=mine.settings.database,
        users=mine.settings.users,
        notices=mine.settings.notices,
    )
