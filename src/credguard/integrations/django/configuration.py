"""What the setting ``CREDGUARD`` says, with what it need not say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from credguard._secret import keeps_no_locals, never_copied
from credguard.errors import SetupError
from credguard.integrations.browsers import BROWSER_COOKIE
from credguard.integrations.django.databases import url_of
from credguard.integrations.keyrings import keyring_of
from credguard.keys import Keyring
from credguard.passwords import PasswordHasher

KNOWN = frozenset(
    {
        "KEYRING",
        "DATABASE",
        "OPTIONS",
        "COLUMNS",
        "NOTICES",
        "USERS",
        "BROWSER_COOKIE",
    }
)


@never_copied
@dataclass(frozen=True, slots=True)
class Configuration:
    """
    What was set.

    Attributes:
        keyring: The keys.

        database: A SQLAlchemy URL for the credguard_* tables.

        users: A SQLAlchemy URL of the database with the user table.

        options: What else `CredGuard` is given.

        columns: Columns of the user table that cannot be told from its model.

        notices: Where notices come from: ``site``, ``sender_address``, ``link``, and
            what else stands under ``[notices]`` in ``credguard.toml``.
    """

    keyring: Keyring = field(repr=False)
    database: str = field(repr=False)
    users: str = field(repr=False)
    options: Mapping[str, Any]
    columns: Mapping[str, str]
    notices: Mapping[str, Any]


@keeps_no_locals
def read_configuration() -> Configuration:
    """
    Read the setting.

    Raises:
        KeyringError: There is no keyring, or it is none.
        SetupError: Something else is missing or not known.
    """
    given = getattr(settings, "CREDGUARD", None)
    if not isinstance(given, Mapping):
        message = "set CREDGUARD to a dictionary; it may be empty"
        raise SetupError(message)
    unknown = sorted(map(str, given.keys() - KNOWN))
    if unknown:
        message = f"CREDGUARD has a key that is not known; it knows {sorted(KNOWN)}"
        raise SetupError(message)
    users = url_of(str(given.get("USERS", "default")))
    named = str(given.get("DATABASE", "default"))
    return Configuration(
        keyring=keyring_of(given.get("KEYRING"), setting="CREDGUARD['KEYRING']"),
        database=named if "://" in named else url_of(named),
        users=users,
        options=dict(given.get("OPTIONS", {})),
        columns=dict(given.get("COLUMNS", {})),
        notices=dict(given.get("NOTICES", {})),
    )


def browser_cookie() -> str:
    """Return the name of the cookie that tells a browser from others."""
    # By itself: each request asks, and the keyring need not be read for it.
    return str(settings.CREDGUARD.get("BROWSER_COOKIE", BROWSER_COOKIE))


def passwords_of(configuration: Configuration) -> PasswordHasher:
    """Return the hasher that was set, or the default one."""
    given = configuration.options.get("passwords")
    return given if isinstance(given, PasswordHasher) else PasswordHasher()
