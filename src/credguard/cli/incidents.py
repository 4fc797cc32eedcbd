"""What the incident commands share."""

from pathlib import Path

import click

from credguard._clock import system_clock
from credguard.cli.settings import read_keyring, read_settings
from credguard.incidents import Incidents
from credguard.storage import Database
from credguard.storage.canary import check_keyring
from credguard.storage.schema import prepare

id_argument = click.argument("incident_id", metavar="INCIDENT")
by_option = click.option("--by", required=True, help="Your name; it is kept with it.")


def opened(settings_file: Path | None, keyring_file: Path | None) -> Incidents:
    """Return the incidents of the database that is set."""
    database = Database(read_settings(settings_file).own_database)
    keyring = read_keyring(keyring_file)
    prepare(database)
    check_keyring(database, keyring, now=system_clock())
    return Incidents(database, keyring, clock=system_clock)
