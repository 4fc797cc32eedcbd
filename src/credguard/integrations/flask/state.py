"""What one application keeps: its settings, and a door for each process."""

import os

from flask import current_app

from credguard.errors import SetupError
from credguard.guard import CredGuard
from credguard.integrations.flask.settings import Settings

NAME = "credguard"


class State:
    """
    The state of one application.

    Args:
        settings: Its settings.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        # By process: a server that forks after loading must not share connections.
        self._doors: dict[int, CredGuard] = {}

    def guard(self) -> CredGuard:
        """Return this process's door."""
        process = os.getpid()
        if process not in self._doors:
            self._doors[process] = self.settings.guard()
        return self._doors[process]


def state() -> State:
    """
    Return the state of the application that is running.

    Raises:
        SetupError: The extension was not set up for it.
    """
    found = current_app.extensions.get(NAME)
    if not isinstance(found, State):
        message = "call init_app of the extension with this application first"
        raise SetupError(message)
    return found


def guard() -> CredGuard:
    """Return the door of the application that is running."""
    return state().guard()
