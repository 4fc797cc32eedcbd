"""
What a host hands in when it runs our commands inside its own.

A framework knows the database and the keyring already: its command calls ours with
``obj=Handed(…)``, and neither a file nor the environment is read.
"""

from dataclasses import dataclass
from typing import TypeVar

import click

T = TypeVar("T")


@dataclass(frozen=True)
class Handed:
    """
    What is handed in.

    Args:
        things: A `Settings` and a `Keyring`.
    """

    things: tuple[object, ...]


def hosted(kind: type[T]) -> T | None:
    """Return what a host handed in of *kind*, None if there is no host."""
    context = click.get_current_context(silent=True)
    handed = context.find_object(Handed) if context else None
    found = [
        each for each in (handed.things if handed else ()) if isinstance(each, kind)
    ]
    return found[0] if found else None
