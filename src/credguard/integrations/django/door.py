"""The project's one door, made when it is first needed in a process."""

import os
from functools import lru_cache

from credguard.accounts import SqlAccounts
from credguard.guard import CredGuard
from credguard.integrations.django.configuration import (
    passwords_of,
    read_configuration,
)
from credguard.integrations.django.users import accounts_of
from credguard.passwords import PasswordHasher

_MADE: list[tuple[CredGuard, SqlAccounts]] = []


def guard() -> CredGuard:
    """
    Return the door to call from views: the same one in every thread.

    Raises:
        SetupError: The setting ``CREDGUARD`` cannot be used; the text says why, and
            so does ``manage.py check``.
        CredguardError: As `CredGuard`.
    """
    return _guard_of(os.getpid())


def passwords() -> PasswordHasher:
    """
    Return the hasher, which needs no database.

    Raises:
        SetupError: The setting ``CREDGUARD`` cannot be used.
    """
    return _passwords_of(os.getpid())


def forget() -> None:
    """Let go of the door and make another one next time, for tests."""
    for door, accounts in _MADE:
        door.close()
        accounts.close()
    _MADE.clear()
    _guard_of.cache_clear()
    _passwords_of.cache_clear()


# By process: a server that forks after loading must not share connections.
@lru_cache(maxsize=1)
def _guard_of(process: int) -> CredGuard:
    configuration = read_configuration()
    options = {**configuration.options, "passwords": _passwords_of(process)}
    accounts = accounts_of(configuration)
    door = CredGuard(
        keyring=configuration.keyring,
        database=configuration.database,
        accounts=accounts,
        **options,
    )
    _MADE.append((door, accounts))
    return door


@lru_cache(maxsize=1)
def _passwords_of(process: int) -> PasswordHasher:
    del process
    return passwords_of(read_configuration())
