"""Asking range servers: clocks, deadlines, answers in turn."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

from faulty_ranges import Fault, FaultyRangeServer, send

from credguard.drill.range_server import RangeServer
from credguard.screening import MemoryCache, RangeService

HANG = 10.0  # seconds
# Longer than any sound answer takes, so that only what hangs runs into it.
PATIENT = timedelta(seconds=20)
# Shorter than any slow server, with room for a busy machine behind it.
HURRIED = timedelta(milliseconds=300)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time that it was set to."""
        return self.now


@contextmanager
def asking(
    server: RangeServer, *, deadline: timedelta = PATIENT, clock: Clock | None = None
) -> Iterator[RangeService]:
    """Serve, and yield a client of it."""
    now = clock or Clock()
    service = RangeService(
        server.url,
        deadline=deadline,
        cache=MemoryCache(monotonic=now),
        monotonic=now,
    )
    with server, closing(service):
        yield service


def sound(server: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
    """Answer as the protocol says."""
    send(request, server.body(request))


def in_turn(*faults: Fault) -> Fault:
    """Return a fault that is another one with every question."""
    left = list(faults)

    def next_one(server: FaultyRangeServer, request: BaseHTTPRequestHandler) -> None:
        left.pop(0)(server, request)

    return next_one


def wait_for_workers() -> list[threading.Thread]:
    """Return the threads that still ask after a generous wait."""
    workers = [each for each in threading.enumerate() if each.name == "credguard range"]
    for worker in workers:
        worker.join(HANG)
    return [worker for worker in workers if worker.is_alive()]
