"""A line between us and a server that is cut, delayed, or goes silent at a byte."""

import selectors
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Self

_PIECE = 65_536
_POLL = 0.05  # seconds until a line sees that the proxy was closed
_ABORTED = struct.pack("ii", 1, 0)  # close with a reset instead of a goodbye


class Way(StrEnum):
    """Whose bytes are counted."""

    UP = "to the server"
    DOWN = "from the server"


class Fault(StrEnum):
    """What happens at the byte."""

    CUT = "both ends are reset"
    TRUNCATE = "the bytes before it arrive, then the line is closed"
    SILENCE = "nothing more arrives, and nobody closes"
    DELAY = "the rest arrives late"


@dataclass(frozen=True, slots=True)
class Plan:
    """
    One fault.

    Attributes:
        fault: What happens.

        way: Whose bytes are counted.

        at: How many of them still arrive, counted over all lines.

        lasts: True if new lines break at once until `TcpProxy.heal`.

        seconds: How late the rest is, for a delay.
    """

    fault: Fault
    way: Way
    at: int
    lasts: bool = False
    seconds: float = 0.2


@dataclass
class TcpProxy:
    """
    Listens on 127.0.0.1 and passes bytes on to *host* and *port*.

    Attributes:
        counts: How many bytes went each way since it was armed.

        fired: True once the fault has happened.
    """

    host: str
    port: int
    counts: dict[Way, int] = field(default_factory=lambda: dict.fromkeys(Way, 0))
    fired: bool = False
    _plan: Plan | None = None
    _down: bool = False

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.settimeout(_POLL)
        self._start(self._listen)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _at: TracebackType | None,
    ) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    @property
    def listens_on(self) -> int:
        """The port to connect to."""
        return int(self._listener.getsockname()[1])

    def arm(self, plan: Plan | None) -> None:
        """Count from here, and do what *plan* says when its byte comes."""
        with self._lock:
            self._plan, self.fired, self._down = plan, False, False
            self.counts = dict.fromkeys(Way, 0)

    def heal(self) -> None:
        """Let new lines work; those that broke stay as they are."""
        with self._lock:
            self._down = False

    def _start(self, run: object, *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _listen(self) -> None:
        while not self._closing.is_set():
            with suppress(TimeoutError):
                near, _ = self._listener.accept()
                self._start(self._carry, near)

    def _carry(self, near: socket.socket) -> None:
        with near:
            plan = self._plan
            if self._down and plan is not None and plan.fault is not Fault.SILENCE:
                near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORTED)
                return
            try:
                far = socket.create_connection((self.host, self.port))
            except OSError:
                return
            with far, suppress(OSError):
                self._pump(near, far)

    def _pump(self, near: socket.socket, far: socket.socket) -> None:
        """Pass bytes on until either side has gone."""
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        silent = self._down
        with selectors.DefaultSelector() as ready:
            ready.register(near, selectors.EVENT_READ, (Way.UP, far))
            ready.register(far, selectors.EVENT_READ, (Way.DOWN, near))
            while not self._closing.is_set():
                for key, _ in ready.select(_POLL):
                    way, to = key.data
                    data = key.fileobj.recv(_PIECE)  # type: ignore[union-attr]
                    if not data and not silent:
                        return
                    if not data:
                        ready.unregister(key.fileobj)
                        if way is Way.UP:
                            return
                    elif not silent and self._passed(way, data, to):
                        silent = self._broken(near, far)
                        if not silent:
                            return

    def _passed(self, way: Way, data: bytes, to: socket.socket) -> bool:
        """Pass on what may arrive; return True if the line breaks here."""
        with self._lock:
            plan, before = self._plan, self.counts[way]
            self.counts[way] += len(data)
            fires = (
                plan is not None
                and not self.fired
                and plan.way is way
                and before <= plan.at < before + len(data)
            )
            self.fired |= fires
        if plan is None or not fires:
            to.sendall(data)
            return False
        to.sendall(data[: plan.at - before])
        if plan.fault is Fault.DELAY:
            self._closing.wait(plan.seconds)
            to.sendall(data[plan.at - before :])
            return False
        return True

    def _broken(self, near: socket.socket, far: socket.socket) -> bool:
        """Break the line as planned; return True if it stays open and silent."""
        plan = self._plan
        if plan is None:
            return False
        self._down = plan.lasts
        if plan.fault is Fault.CUT:
            for each in (near, far):
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORTED)
        return plan.fault is Fault.SILENCE
