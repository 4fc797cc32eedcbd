"""Settings that a host hands in, in place of a file and the environment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from credguard.accounts import SqlAccounts
from credguard.campaigns import Delivery
from credguard.cli.hosting import Handed
from credguard.cli.sections import CARRIERS, LETTER
from credguard.cli.settings import DEFAULT_DEADLINE, Settings
from credguard.guard import CredGuard
from credguard.keys import Keyring


@dataclass(frozen=True, kw_only=True)
class Host:
    """
    What a framework knows already.

    Args:
        guard: Makes the door.

        accounts: Makes the user table.

        mail: Makes what carries notices where neither a mail server nor a folder is
            named; None if one of them has to be.
    """

    guard: Callable[[], CredGuard]
    accounts: Callable[[], SqlAccounts]
    mail: Callable[[], Delivery] | None = None


@dataclass(frozen=True)
class HostSettings(Settings):
    """Settings whose door and user table are a host's."""

    host: Host | None = None

    def accounts(self) -> SqlAccounts:
        """Return the host's user table."""
        return self.host.accounts() if self.host else Settings.accounts(self)

    def guard(self, keyring: Keyring) -> CredGuard:
        """Return the host's door."""
        return self.host.guard() if self.host else Settings.guard(self, keyring)

    def delivery(self, deadline: timedelta = DEFAULT_DEADLINE) -> Delivery:
        """Return the host's mail, unless a mail server or a folder is named."""
        is_named = any(self.notices.get(name) for name in CARRIERS)
        if is_named or self.host is None or self.host.mail is None:
            return Settings.delivery(self, deadline)
        return self.host.mail()


def handed(
    host: Host,
    keyring: Keyring,
    *,
    database: str,
    users: str,
    notices: Mapping[str, object],
) -> Handed:
    """
    Return what the command takes as its context's object.

    Args:
        host: What the framework knows.

        keyring: The keys.

        database: A SQLAlchemy URL for the credguard_* tables.

        users: A SQLAlchemy URL of the database with the user table.

        notices: What stands under ``[notices]`` in a settings file.
    """
    settings = HostSettings(
        forum_database=users,
        table=None,
        columns={},
        database=database,
        notices={
            name: str(notices[name]) for name in notices.keys() & (LETTER | CARRIERS)
        },
        policy=notices,
        host=host,
    )
    return Handed((settings, keyring))
