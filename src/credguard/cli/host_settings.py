"""Settings that a host hands in, in place of a file and the environment."""

from dataclasses import dataclass
from datetime import timedelta

from credguard.accounts import SqlAccounts
from credguard.campaigns import Delivery
from credguard.cli.host import Host
from credguard.cli.sections import CARRIERS, LETTER
from credguard.cli.settings import DEFAULT_DEADLINE, Settings
from credguard.guard import CredGuard
from credguard.keys import Keyring


@dataclass(frozen=True, kw_only=True)
class HostSettings(Settings):
    """Settings whose door, user table and keyring are a host's."""

    host: Host

    def accounts(self) -> SqlAccounts:
        """Return the host's user table."""
        return self.host.accounts()

    def guard(self, keyring: Keyring) -> CredGuard:
        """Return the host's door, which has the host's keyring."""
        del keyring
        return self.host.guard()

    def delivery(self, deadline: timedelta = DEFAULT_DEADLINE) -> Delivery:
        """Return the host's mail, unless a mail server or a folder is named."""
        is_named = any(self.notices.get(name) for name in CARRIERS)
        if is_named or self.host.mail is None:
            return Settings.delivery(self, deadline)
        return self.host.mail()


def settings_of(host: Host) -> HostSettings:
    """Return what the command takes as its context's object."""
    notices = host.notices
    return HostSettings(
        forum_database=host.users,
        table=None,
        columns={},
        database=host.database,
        notices={
            name: str(notices[name]) for name in notices.keys() & (LETTER | CARRIERS)
        },
        policy=notices,
        keyring=host.keyring,
        host=host,
    )
