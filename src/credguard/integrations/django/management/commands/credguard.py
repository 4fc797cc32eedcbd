"""`manage.py credguard …`: the whole command, on the project's own settings."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from credguard.cli.host import Host, run
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
        run(_host, argv[2:], prog=" ".join(argv[:2]))

    def add_arguments(self, parser: CommandParser) -> None:
        """Take everything, for `call_command`."""
        parser.add_argument("arguments", nargs=argparse.REMAINDER)

    def handle(self, *args: str, **options: Any) -> None:
        """Run what `call_command` was given."""
        arguments = [*args, *options.get("arguments", ())]
        run(_host, arguments, prog="manage.py credguard")


def _host() -> Host:
    configuration = read_configuration()
    return Host(
        guard=guard,
        accounts=lambda: accounts_of(configuration),
        keyring=configuration.keyring,
        database=configuration.database,
        users=configuration.users,
        notices=configuration.notices,
        mail=DjangoMail,
    )
