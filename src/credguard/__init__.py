"""
Password and credential hygiene for the people who run communities.

Seven public names; each is loaded when it is first touched, so that importing
this package costs milliseconds and pulls in nothing optional.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from credguard import errors
    from credguard.campaigns import Campaigns
    from credguard.guard import CredGuard
    from credguard.keys import Keyring
    from credguard.passwords import PasswordHasher
    from credguard.screening import PasswordPolicy
    from credguard.second_factor import SecondFactors

__version__ = "0.1.0"

__all__ = [
    "Campaigns",
    "CredGuard",
    "Keyring",
    "PasswordHasher",
    "PasswordPolicy",
    "SecondFactors",
    "errors",
]

_HOMES = {
    "Campaigns": "credguard.campaigns",
    "CredGuard": "credguard.guard",
    "Keyring": "credguard.keys",
    "PasswordHasher": "credguard.passwords",
    "PasswordPolicy": "credguard.screening",
    "SecondFactors": "credguard.second_factor",
}


def __getattr__(name: str) -> object:
    """Load a public name when it is first touched (PEP 562)."""
    if name == "errors":
        return import_module("credguard.errors")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    message = f"module 'credguard' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted([*__all__, "__version__"])
