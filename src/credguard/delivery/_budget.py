"""What a server may take of our time and memory."""

import socket
import time
from typing import Final

MAX_REPLY_OCTETS = 65_536  # far above any reply; RFC 5321 section 4.5.3.1.5: 512 a line
_PIECE_OCTETS = 4_096


class Budget:
    """
    The time that is left, for a step and for the whole.

    Args:
        step: Seconds that one step may take.
    """

    def __init__(self, step: float) -> None:
        self._step: Final = step
        self._ends = 0.0

    def begin(self, seconds: float) -> None:
        """Give the whole of what follows *seconds*."""
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """
        Return the seconds that the next step may take.

        Raises:
            TimeoutError: None are left.
        """
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, self._step)


class Replies:
    """
    The lines that a server sends, read within the budget and within a size.

    Args:
        sock: The line to the server.

        budget: The time for reading.
    """

    def __init__(self, sock: socket.socket, budget: Budget) -> None:
        self._socket = sock
        self._budget = budget
        self._room = 0
        self.waiting = b""

    def begin(self) -> None:
        """Make room for one more reply."""
        self._room = MAX_REPLY_OCTETS

    def readline(self, limit: int) -> bytes:
        """
        Return a line with its end; without one if it is longer, or the last.

        Raises:
            OSError: The line broke, no time is left, or the reply has no end.
        """
        while b"\n" not in self.waiting:
            if len(self.waiting) > limit:
                break
            self._socket.settimeout(self._budget.left())
            piece = self._socket.recv(_PIECE_OCTETS)
            if not piece:
                break
            self.waiting += piece
        end = self.waiting.find(b"\n") + 1 or len(self.waiting)
        line, self.waiting = self.waiting[:end], self.waiting[end:]
        self._room -= len(line)
        if self._room < 0:
            message = "a reply without an end"
            raise OSError(message)
        return line

    def close(self) -> None:
        """Do nothing: the socket belongs to the connection."""
