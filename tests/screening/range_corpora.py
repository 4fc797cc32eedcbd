"""Corpora of whole hashes to serve ranges from, and servers in a thread."""

import asyncio
import hashlib
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from credguard.screening.corpus import CorpusWriter, Kind, Shape, Width, read_lines
from credguard.screening.corpus.server import serve
from credguard.screening.corpus.serving import RangeAnswers

Counts = dict[str, int]
"""How often each hash was seen, by its upper-case digits."""


def full_range(prefix: str, *, lines: int, digits: int = 40) -> Counts:
    """Return a range with as many hashes as wanted."""
    draw = random.Random(prefix)
    rest = digits - len(prefix)
    made = {f"{prefix}{draw.getrandbits(4 * rest):0{rest}X}" for _ in range(lines)}
    counts = [1, 1, 2, 3, 17, 254, 255, 256, 10**6, 10**12 - 1]
    return {digest: draw.choice(counts) for digest in sorted(made)}


def of_passwords(passwords: dict[str, int]) -> Counts:
    """Return the SHA-1 hashes of passwords."""
    return {
        hashlib.sha1(each.encode(), usedforsecurity=False).hexdigest().upper(): times
        for each, times in passwords.items()
    }


def write(
    path: Path,
    counts: Counts,
    *,
    kind: Kind = Kind.SHA1,
    bits: int = 12,
    width: Width = Width.WHOLE,
    etags: dict[int, str] | None = None,
) -> Path:
    """Write a corpus."""
    shape = Shape(kind, width, bits)
    text = "".join(f"{digest}:{counts[digest]}\n" for digest in sorted(counts))
    with CorpusWriter(
        path, shape=shape, expected=len(counts), has_ranges=etags is not None
    ) as writer:
        if counts:
            writer.add(read_lines(text.encode(), shape))
        for number, etag in (etags or {}).items():
            writer.note_etag(number, etag)
        writer.finish()
    return path


def lines_of(counts: Counts, prefix: str) -> list[str]:
    """Return the lines of a range, from what the corpus was made of."""
    found = {each[5:]: n for each, n in counts.items() if each.startswith(prefix)}
    return [f"{suffix}:{found[suffix]}" for suffix in sorted(found)]


@contextmanager
def serving(answers: RangeAnswers) -> Iterator[int]:
    """Serve in a thread, and yield the port."""
    ready = threading.Event()
    ports: list[int] = []
    loop = asyncio.new_event_loop()

    def note(port: int) -> None:
        ports.append(port)
        ready.set()

    async def run() -> None:
        await serve(answers, on_ready=note)

    task = loop.create_task(run())

    def live() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        finally:
            ready.set()
            loop.close()

    thread = threading.Thread(target=live)
    thread.start()
    ready.wait(10)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        answers.close()
