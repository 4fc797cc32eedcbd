"""
Eight processes that race, started once: the tests' side.

A test hands over a scene and many rounds. In each round every process does one order,
and all of them begin it at the same instant. See `racetrack` for the other side.
"""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from credguard import Keyring
from keepers import NOON
from racetrack import PROCESSES

__all__ = ["PROCESSES", "Order", "Racers", "Round", "Scene"]

TRACK = Path(__file__).with_name("racetrack.py")

Order = dict[str, object]
"""What one process does: its ``verb``, and what `race_verbs` takes beside it."""

Round = Sequence[Order]
"""One order for each process."""


@dataclass(frozen=True)
class Scene:
    """
    Where the processes race.

    Attributes:
        url: Where the credguard_* tables are.

        keyring: The line of the keyring.

        forum: The URL of the forum's database, empty where there is none.

        now: What the clock of second factors says.

        others: A keyring that some orders use instead.
    """

    url: str
    keyring: str
    forum: str = ""
    now: str = NOON.isoformat()
    others: str = ""

    @classmethod
    def at(cls, url: str, keyring: Keyring) -> "Scene":
        """Return a scene with nothing but our tables."""
        return cls(url, keyring.reveal())


class Racers:
    """Processes that wait for something to do."""

    def __init__(self) -> None:
        self._track = subprocess.Popen(
            [sys.executable, "-X", "utf8", "-W", "error", str(TRACK)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def race(self, scene: Scene, rounds: Sequence[Round]) -> list[list[list[str]]]:
        """
        Return what was told to each process in each round, in order.

        In each other round, all have read what stands before any of them writes.
        """
        assert self._track.stdin
        assert self._track.stdout
        assert all(len(each) == PROCESSES for each in rounds)
        given = [
            [{"lingers": at % 2 == 1, **order} for order in each]
            for at, each in enumerate(rounds)
        ]
        task = {"scene": asdict(scene), "rounds": given}
        self._track.stdin.write(repr(task) + "\n")
        self._track.stdin.flush()
        line = self._track.stdout.readline()
        assert line, "the processes that race have ended"
        found: list[list[list[str]]] = ast.literal_eval(line)
        return found

    def tell(self, scene: Scene, rounds: Sequence[Round]) -> list[Counter[str]]:
        """Return how often each thing was told in each round."""
        told = self.race(scene, rounds)
        return [Counter(word for each in one for word in each) for one in told]

    def close(self) -> None:
        """Let the processes end."""
        self._track.communicate(timeout=60)


@pytest.fixture(scope="session")
def racers() -> Iterator[Racers]:
    """Eight processes that wait for something to do."""
    started = Racers()
    yield started
    started.close()
