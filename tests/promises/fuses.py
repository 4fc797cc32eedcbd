"""A fuse: it counts steps, and at the k-th one the process dies or the step fails."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NoReturn

# It stands in every error that is injected; no error of ours may repeat it.
CANARY = "the row that nobody may see 4711"


class Trouble(StrEnum):
    """What goes wrong at the step, if the process goes on."""

    LOST = "connection lost"
    DEADLOCK = "deadlock"
    FULL = "disk full"
    IO = "input/output error"
    READ_ONLY = "read-only"


def die() -> NoReturn:
    """End this process as kill -9 does: nothing is closed, nothing is said."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit  # nobody comes here


@dataclass
class Fuse:
    """
    Burns down with each step, and lets one of them fail.

    Attributes:
        at: Which step, from 0; None for none, to count them.

        trouble: How it fails; None to kill the process.

        is_lit: True while steps are counted.

        steps: How many there were.

        names: What they were, for the message of a test that fails.

        is_blown: True once that step has failed.
    """

    at: int | None = None
    trouble: Trouble | None = None
    is_lit: bool = False
    steps: int = 0
    names: list[str] = field(default_factory=list)
    is_blown: bool = False

    def burn(self, fail: Callable[[Trouble], None], name: str = "") -> None:
        """Come one step nearer; at the last one die, or *fail* as told."""
        if not self.is_lit:
            return
        self.steps += 1
        self.names.append(name)
        if self.steps - 1 != self.at:
            return
        self.is_blown = True
        if self.trouble is None:
            die()
        self.is_lit = False  # what the error's own way out does is not counted
        try:
            fail(self.trouble)
        finally:
            self.is_lit = True

    @property
    def is_next(self) -> bool:
        """True if the next step is the one that fails."""
        return self.is_lit and self.steps == self.at

    @property
    def last(self) -> str:
        """What the step was that failed."""
        return self.names[self.at] if self.is_blown and self.at is not None else ""

    @contextmanager
    def lit(self) -> Iterator[None]:
        """Count what is done in this block."""
        self.is_lit = True
        try:
            yield
        finally:
            self.is_lit = False
