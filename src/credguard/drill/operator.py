"""The drill's operator: types the real commands, each in a process of its own."""

import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from credguard.errors import DrillFailedError
from credguard.keys import Keyring


@dataclass(frozen=True, slots=True)
class Operator:
    """
    Someone at a terminal.

    Attributes:
        folder: Where the commands are typed.

        environment: What they find in their environment.

        keyring: What the operator holds.

        say: Prints a line.
    """

    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    keyring: Keyring
    say: Callable[[str], None]

    def run(self, *arguments: str) -> None:
        """
        Type a command and wait for its end.

        Raises:
            DrillFailedError: It ended with another status than 0.
        """
        with self.begin(*arguments) as running:
            status = running.wait()
        if status:
            message = f"the drill failed: a command ended with status {status}"
            raise DrillFailedError(message)

    def begin(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Type a command and look on."""
        self.say(f"\n$ credguard {shlex.join(arguments)}")
        # The keyring goes through the environment: others can read a command line.
        environment = {**self.environment, "CREDGUARD_KEYRING": self.keyring.reveal()}
        return subprocess.Popen(  # noqa: S603  # our own command
            [sys.executable, "-m", "credguard", *arguments],
            cwd=self.folder,
            env=environment,
        )
