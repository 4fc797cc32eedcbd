"""
Kills a process with SIGKILL at the k-th step of what it does; run as a program.

A fresh interpreter forks each victim, so that no connection, lock or thread of the
tests is copied. Orders come as lines of JSON, and what came of them goes out the same
way.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import IO, Self

sys.path.insert(0, str(Path(__file__).parent.parent))

from fuses import Fuse

LONGEST = 120.0  # seconds until a victim that hangs is given up
Given = Mapping[str, object]
Play = Callable[[Fuse, Given], object]


@dataclass(frozen=True)
class Fate:
    """
    What became of a process.

    Attributes:
        killed: True if it was killed at its step.

        names: Its steps, if it came to its end.

        error: What it raised, if it did.
    """

    killed: bool
    names: list[str]
    error: str = ""


class Executioner:
    """Lets processes play, and kills each at its step."""

    def __init__(self) -> None:
        self._running = subprocess.Popen(
            [sys.executable, "-X", "utf8", "-W", "error", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def run(self, play: str, given: Given, *, at: int | None = None) -> Fate:
        """
        Let a process play.

        Args:
            play: A module and a function in it: ``module:function``.

            given: What the function is given, beside a fuse.

            at: The step at which it is killed; None for none.
        """
        assert self._running.stdin
        assert self._running.stdout
        order = json.dumps({"play": play, "given": dict(given), "at": at})
        self._running.stdin.write(order + "\n")
        self._running.stdin.flush()
        fate = Fate(**json.loads(self._running.stdout.readline()))
        assert not fate.error, fate.error
        return fate

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for end in (self._running.stdin, self._running.stdout):
            assert end
            end.close()
        self._running.wait(LONGEST)


def _executed(play: Play, given: Given, at: int | None) -> dict[str, object]:
    """Fork a victim; return what became of it."""
    answer, said = os.pipe()
    child = os.fork()
    if not child:
        _act(play, given, Fuse(at), said)
    os.close(said)
    with os.fdopen(answer, "rb") as told:
        text = told.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return {"killed": True, "names": []}
    ended: dict[str, object] = json.loads(text)
    return ended


def _act(play: Play, given: Given, fuse: Fuse, said: int) -> None:
    error = ""
    signal.alarm(int(LONGEST))
    try:
        play(fuse, given)
    except Exception as raised:  # noqa: BLE001  # it is told to the test
        error = f"{type(raised).__name__}: {raised}"
    finally:
        text = json.dumps({"killed": False, "names": fuse.names, "error": error})
        with os.fdopen(said, "wb") as out:
            out.write(text.encode())
        os._exit(0)


def main(orders: IO[str]) -> None:
    """Execute one order after the other."""
    for line in orders:
        order = json.loads(line)
        module, _, name = str(order["play"]).partition(":")
        play: Play = getattr(import_module(module), name)
        print(json.dumps(_executed(play, order["given"], order["at"])), flush=True)


if __name__ == "__main__":
    main(sys.stdin)
