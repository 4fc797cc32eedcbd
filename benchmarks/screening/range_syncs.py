"""How fast a corpus is synced with a service that costs nothing."""

import asyncio
import gzip
import multiprocessing
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.queues import Queue
from pathlib import Path

from benchmarks.screening.range_bodies import LINES, body_of

from credguard.screening.corpus.fetching import Service
from credguard.screening.corpus.layout import RANGES
from credguard.screening.corpus.pieces import SyncPlan
from credguard.screening.corpus.syncing import sync

FETCHED = 4096
_ETAG = b'ETag: W/"0x8DD0123456789AB"\r\n'


def run(folder: Path) -> None:
    """Print ranges a second, and what all of them would take."""
    print(f"\n## Syncing {FETCHED:,} ranges of {LINES:,} lines from this machine\n")
    path = folder / "synced.corpus"
    for jobs in (1, len(os.sched_getaffinity(0))):
        path.unlink(missing_ok=True)
        with _service() as url:
            plan = SyncPlan(Service(url), jobs=jobs, ranges=FETCHED)
            for name in ("all", "nothing changed"):
                before, started = _processor_time(), time.monotonic()
                sync(plan, path)
                took = time.monotonic() - started
                busy = _processor_time() - before
                whole = busy / FETCHED * RANGES / 60
                print(
                    f"{jobs} processes, {name:16} {FETCHED / took:6,.0f} ranges/s by "
                    f"the clock, {FETCHED / busy:6,.0f} per second of processor time; "
                    f"all {RANGES:,}: {whole:5.1f} min of one core"
                )
    path.unlink(missing_ok=True)


def _processor_time() -> float:
    used = [
        resource.getrusage(who)
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    return sum(each.ru_utime + each.ru_stime for each in used)


@contextmanager
def _service() -> Iterator[str]:
    context = multiprocessing.get_context("spawn")
    ports: Queue[int] = context.Queue()
    process = context.Process(target=_serve, args=(ports,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ports.get(timeout=60)}"
    finally:
        process.kill()
        # Not waited for before the last figure: its time is not the sync's.
        process.join()


class _Same(asyncio.Protocol):
    """Answers everything with the same range."""

    body = gzip.compress(body_of(LINES))
    head = b"HTTP/1.1 200 OK\r\n" + _ETAG + b"Content-Encoding: gzip\r\n"
    whole = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    same = b"HTTP/1.1 304 Not Modified\r\n" + _ETAG + b"\r\n"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        answer = self.same if b"If-None-Match" in data else self.whole
        self.transport.write(answer)  # type: ignore[attr-defined]


def _serve(ports: "Queue[int]") -> None:
    async def run_it() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(_Same, "127.0.0.1", 0, backlog=512)
        ports.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run_it())
