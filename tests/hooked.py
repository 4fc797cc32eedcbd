"""Hooks of a forum as the tests have them, and doors with such hooks."""

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from credguard import CredGuard
from credguard._clock import Clock
from credguard.campaigns import Hook
from forums import House, open_guard

SECRET = "the token store at 10.0.0.1 is away"


@dataclass
class Remembered:
    """A hook that remembers whom it was called for."""

    name: str = "remember-me"
    fails: int = 0
    seen: list[list[str]] = field(default_factory=list)

    def end(self, account_ids: Sequence[str]) -> int:
        """End two cookies of each account, if it does not fail."""
        if self.fails:
            self.fails -= 1
            raise ConnectionError(SECRET)
        self.seen.append(list(account_ids))
        return 2 * len(account_ids)

    @property
    def called_for(self) -> list[str]:
        """All whom it was called for, each call of theirs."""
        return sorted((each for some in self.seen for each in some), key=int)


@dataclass(frozen=True)
class Written:
    """A hook that writes its calls to a file, for other processes to read."""

    path: Path
    fails: int = 0
    kills: bool = False
    name: str = "api-tokens"

    def end(self, account_ids: Sequence[str]) -> int:
        """Fail, or kill the process, the first times; write the ids after that."""
        if self.kills:
            os.kill(os.getpid(), signal.SIGKILL)
        for number in range(self.fails):
            try:
                self.path.with_suffix(f".failed-{number}").touch(exist_ok=False)
            except FileExistsError:
                continue
            raise ConnectionError(SECRET)
        with self.path.open("a", encoding="utf-8") as file:
            file.write("".join(f"{each}\n" for each in account_ids))
        return len(account_ids)

    @property
    def called_for(self) -> list[str]:
        """All whom it was called for, each call of theirs."""
        found = self.path.read_text("utf-8").split() if self.path.exists() else []
        return sorted(found, key=int)


def guard_with(house: House, *hooks: Hook, clock: Clock) -> CredGuard:
    """Return the door with hooks."""
    return open_guard(house.keyring, house.ours, house.forum.url, clock, hooks=hooks)
