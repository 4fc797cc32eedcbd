"""
What a host hands in when it runs our commands inside its own.

A framework knows the database and the keyring already: its command calls ours with its
settings as the context's object, and neither a file nor the environment is read.
"""

from typing import TypeVar

import click

_T = TypeVar("_T")


def hosted(kind: type[_T]) -> _T | None:
    """Return what a host handed in of *kind*, None if there is no host."""
    context = click.get_current_context(silent=True)
    return context.find_object(kind) if context else None
