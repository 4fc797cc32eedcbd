"""The command inside a host's own: what the host knows, and how it runs ours."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from credguard.accounts import SqlAccounts
from credguard.campaigns import Delivery
from credguard.errors import MissingExtraError
from credguard.guard import CredGuard
from credguard.keys import Keyring


@dataclass(frozen=True, kw_only=True)
class Host:
    """
    What a framework knows already.

    Args:
        guard: Makes the door.

        accounts: Makes the user table.

        keyring: The keys.

        database: A SQLAlchemy URL for the credguard_* tables.

        users: A SQLAlchemy URL of the database with the user table.

        notices: What stands under ``[notices]`` in a settings file.

        mail: Makes what carries notices where neither a mail server nor a folder is
            named; None if one of them has to be.
    """

    guard: Callable[[], CredGuard]
    accounts: Callable[[], SqlAccounts]
    keyring: Keyring = field(repr=False)
    database: str = field(repr=False)
    users: str = field(repr=False)
    notices: Mapping[str, object]
    mail: Callable[[], Delivery] | None = None


def run(host: Callable[[], Host], arguments: Sequence[str], *, prog: str) -> None:
    """
    Run the command; it ends the process as it always does.

    Args:
        host: Makes the host, once it is known that the command is installed.

        arguments: What stands on the command line.

        prog: What the command is called there.
    """
    try:
        from credguard.cli.app import credguard  # noqa: PLC0415  # an extra
        from credguard.cli.host_settings import settings_of  # noqa: PLC0415
    except ModuleNotFoundError:
        sys.exit(str(MissingExtraError("cli", needed_for=prog)))
    credguard.main(args=list(arguments), prog_name=prog, obj=settings_of(host()))
