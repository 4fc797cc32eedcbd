"""
Eight processes that race: run as a program.

A fresh interpreter forks them once, so that no connection, lock or thread of the
tests is copied. Each line of the standard input is a scene with its rounds, as a
Python literal; one line with what was told comes back.
"""

import ast
import multiprocessing
import sys
import time
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier

PROCESSES = 8
LONGEST_SECONDS = 120.0  # until the others are given up
LINGER_SECONDS = 0.25  # until those who do not come are not waited for

_FORK = multiprocessing.get_context("fork")


class Meeting:
    """A place in the midst of an order at which the processes wait for each other."""

    def __init__(self) -> None:
        self._met = _FORK.Value("i", 0)
        self._was_there = False
        self.is_held = False

    def begin(self) -> None:
        """Forget the round before; called while all are at the barrier."""
        self._met.value = 0

    def enter(self) -> None:
        """Begin a round in this process."""
        self._was_there = False

    def wait(self) -> None:
        """Wait, once in a round, until all have come here or it takes too long."""
        if self._was_there or not self.is_held:
            return
        self._was_there = True
        with self._met.get_lock():
            self._met.value += 1
        ends = time.monotonic() + LINGER_SECONDS
        while self._met.value < PROCESSES and time.monotonic() < ends:
            time.sleep(0.0005)


def runner(number: int, said: Connection, start: Barrier, meeting: Meeting) -> None:
    """Do the orders of one process, round by round, as long as there are some."""
    from race_verbs import Stage  # noqa: PLC0415  # it imports this module

    stage: Stage | None = None
    while (task := said.recv()) is not None:
        scene, orders = task
        stage = Stage.of(scene, number, meeting, before=stage)
        told = []
        for order in orders:
            stage.prepare(order)
            start.wait(LONGEST_SECONDS)
            meeting.enter()
            told.append(stage.do(order))
        said.send(told)


def main() -> None:
    """Hand each line's rounds to the processes, and print what they were told."""
    import race_verbs  # noqa: F401, PLC0415  # loaded once, before the processes fork

    meeting = Meeting()
    start = _FORK.Barrier(PROCESSES, action=meeting.begin)
    pipes, started = [], []
    for number in range(PROCESSES):
        ours, theirs = _FORK.Pipe()
        process = _FORK.Process(target=runner, args=(number, theirs, start, meeting))
        process.start()
        theirs.close()
        pipes.append(ours)
        started.append(process)
    for line in sys.stdin:
        task = ast.literal_eval(line)
        for number, pipe in enumerate(pipes):
            pipe.send((task["scene"], [each[number] for each in task["rounds"]]))
        told = [pipe.recv() for pipe in pipes]
        print(repr([list(each) for each in zip(*told, strict=True)]), flush=True)
    for pipe, process in zip(pipes, started, strict=True):
        pipe.send(None)
        process.join()


if __name__ == "__main__":
    main()
