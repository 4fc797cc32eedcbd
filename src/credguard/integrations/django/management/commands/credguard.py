"""`manage.py credguard …`: the whole command, on the project's own settings."""

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from credguard.errors import MissingExtraError
from credguard.integrations.django.configuration import read_configuration
from credguard.integrations.django.door import guard
from credguard.integrations.django.mail import DjangoMail
from credguard.integrations.django.users import accounts_of


class Command(BaseCommand):
    """Hands its arguments on, with the database, the keyring and the mail."""

    help = "Forced resets, password hashes, second factors, incidents: credguard."
    requires_system_checks = ()

    def run_from_argv(self, argv: list[str]) -> None:
        """Run what follows on the command line, as it stands there."""
        _run(argv[2:], prog=" ".join(argv[:2]))

    def add_arguments(self, parser: CommandParser) -> None:
        """Take everything, for `call_command`."""
        parser.add_argument("arguments", nargs=argparse.REMAINDER)

    def handle(self, *args: str, **options: Any) -> None:
        """Run what `call_command` was given."""
        _run([*args, *options.get("arguments", ())], prog="manage.py credguard")


def _run(arguments: list[str], *, prog: str) -> None:
    try:
        from credguard.cli.app import credguard  # noqa: PLC0415  # click is an extra
        from credguard.cli.host_settings import Host, handed  # noqa: PLC0415
    except ModuleNotFoundError:
        sys.exit(str(MissingExtraError("cli", needed_for="manage.py credguard")))
    configuration = read_configuration()
    host = Host(
        guard=guard,
        accounts=lambda: accounts_of(configuration),
        mail=DjangoMail,
    )
    given = handed(
        host,
        configuration.keyring,
        database=configuration.database,
        users=configuration.users,
        notices=configuration.notices,
    )
    credguard.main(args=arguments, prog_name=prog, obj=given)
