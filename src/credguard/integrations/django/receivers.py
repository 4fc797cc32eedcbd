"""What follows from what Django does: tables after `migrate`, other settings."""

from credguard.integrations.django.configuration import read_configuration
from credguard.integrations.django.door import forget
from credguard.storage import Database
from credguard.storage.schema import prepare

_SETTINGS = {"CREDGUARD", "DATABASES", "AUTH_USER_MODEL"}


def prepare_tables(sender: object, using: str = "default", **kwargs: object) -> None:
    """Bring the credguard_* tables to this release, after `migrate`."""
    del sender, using, kwargs
    database = Database(read_configuration().database)
    prepare(database)
    database.close()


def forget_settings(sender: object, setting: str, **kwargs: object) -> None:
    """Make another door where a test has changed the settings."""
    del sender, kwargs
    if setting in _SETTINGS:
        forget()
