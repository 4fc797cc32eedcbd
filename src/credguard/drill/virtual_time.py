"""Time that passes only while everybody waits: a month of sending in a minute."""

import heapq
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Final


class VirtualTime:
    """
    A clock for threads that take turns: one runs, and the others wait.

    Who waits longest is not asked: the one whose time comes first goes on, so that a
    play is the same each time.

    Args:
        start: The instant to begin with, aware.
    """

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._turns: list[tuple[datetime, int, threading.Semaphore]] = []
        self._numbers: Final = count()
        self._mine: Final = threading.local()
        self._over = threading.Semaphore(0)
        self.failures: list[BaseException] = []

    def clock(self) -> datetime:
        """Return the present instant."""
        return self._now

    def pause(self, duration: timedelta) -> None:
        """Let *duration* pass, and others work meanwhile."""
        until = self._now + max(duration, timedelta(0))
        turn = getattr(self._mine, "turn", None)
        if turn is None:
            self._now = until
            return
        self._queue(until, turn)
        self._next()
        turn.acquire()

    def play(self, parts: Sequence[Callable[[], None]]) -> None:
        """
        Let all *parts* run at once, and return when the last has ended.

        Raises:
            BaseException: The first that a part raised.
        """
        threads = []
        for part in parts:
            turn = threading.Semaphore(0)
            self._queue(self._now, turn)
            threads.append(threading.Thread(target=self._act, args=(part, turn)))
        for thread in threads:
            thread.start()
        self._next()
        self._over.acquire()
        for thread in threads:
            thread.join()
        if self.failures:
            raise self.failures[0]

    def _act(self, part: Callable[[], None], turn: threading.Semaphore) -> None:
        self._mine.turn = turn
        turn.acquire()
        try:
            part()
        except BaseException as failure:  # noqa: BLE001  # raised by play
            self.failures.append(failure)
        self._next()

    def _queue(self, at: datetime, turn: threading.Semaphore) -> None:
        heapq.heappush(self._turns, (at, next(self._numbers), turn))

    def _next(self) -> None:
        if not self._turns:
            self._over.release()
            return
        at, _, turn = heapq.heappop(self._turns)
        self._now = max(self._now, at)
        turn.release()
