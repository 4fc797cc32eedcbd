"""
How many range requests a second a server answers, per second of its own processor
time: a client and whatever else runs on the machine do not count.

Beside it stands what people do with a downloader's folder: serve its files.
"""

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.screening.range_bodies import LINES, body_of

from credguard.screening.corpus import CorpusWriter, Kind, Shape, Width, read_lines

REQUESTS = 3200
FEW_REQUESTS = 640  # of a server that takes its time
CONNECTIONS = 4  # the queue of the standard library's server holds five
FULL_RANGES = 512
BITS = 22
_TICK = os.sysconf("SC_CLK_TCK")


def run(folder: Path, *, sparse_lines: int) -> None:
    """
    Print requests a second for ranges of two sizes.

    Args:
        folder: Where to make what is served.

        sparse_lines: How many lines the ranges of the smaller corpus have.
    """
    print("\n## Range requests a second on one core\n")
    for lines in (sparse_lines, LINES):
        path = folder / f"served-{lines}.corpus"
        files = folder / f"served-{lines}" / "range"
        if not path.exists():
            _write(path, files, lines)
        print(f"{lines:,} lines a range:")
        command = ["-m", "credguard", "corpus", "serve", str(path), "--port", "{port}"]
        static = ["-m", "http.server", "{port}", "-d", str(files.parent)]
        for name, arguments, headers, requests in (
            ("credguard corpus serve", command, "", REQUESTS),
            ("  with padding", command, "Add-Padding: true\r\n", REQUESTS),
            ("  compressed", command, "Accept-Encoding: gzip\r\n", REQUESTS),
            ("  304", command, "If-None-Match: *\r\n", REQUESTS),
            ("python -m http.server, a file a range", static, "", FEW_REQUESTS),
        ):
            with _server(arguments) as (port, pid):
                _ask(port, headers, requests=CONNECTIONS)
                before, started = _processor_time(pid), time.monotonic()
                received = _ask(port, headers, requests=requests)
                took = time.monotonic() - started
                busy = _processor_time(pid) - before
            print(
                f"  {name:40} {requests / busy:7,.0f} per second of processor time, "
                f"{requests / took:7,.0f} per second by the clock, "
                f"{received / requests / 1000:5.1f} KB each",
                flush=True,
            )


def _write(path: Path, files: Path, lines: int) -> None:
    shape = Shape(Kind.SHA1, Width.WHOLE, BITS)
    files.mkdir(parents=True, exist_ok=True)
    with CorpusWriter(path, shape=shape, expected=FULL_RANGES * lines) as writer:
        for number in range(FULL_RANGES):
            body = body_of(lines, seed=number)
            writer.add(read_lines(body, shape, prefix=f"{number:05X}".encode()))
            (files / f"{number:05X}").write_bytes(body)
        writer.finish()


@contextmanager
def _server(arguments: list[str]) -> Iterator[tuple[int, int]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    filled = [each.format(port=port) for each in arguments]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([sys.executable, *filled], stdout=quiet, stderr=quiet)
    try:
        ends = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                if time.monotonic() > ends:
                    raise
                time.sleep(0.05)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def _processor_time(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _ask(port: int, headers: str, *, requests: int) -> int:
    """Ask on some connections at once, in turn; return the bytes received."""
    draw = random.Random(5)
    address = ("127.0.0.1", port)
    connections = [socket.create_connection(address) for _ in range(CONNECTIONS)]
    received = 0
    for _ in range(requests // CONNECTIONS):
        for at, connection in enumerate(connections):
            number = draw.randrange(FULL_RANGES)
            request = f"GET /range/{number:05X} HTTP/1.1\r\nHost: x\r\n{headers}\r\n"
            try:
                connection.sendall(request.encode())
            except OSError:  # a server that closes after each answer
                connections[at] = socket.create_connection(address)
                connections[at].sendall(request.encode())
        for at, connection in enumerate(connections):
            size, is_open = _receive(connection)
            received += size
            if not is_open:
                connection.close()
                connections[at] = socket.create_connection(address)
    for connection in connections:
        connection.close()
    return received


def _receive(connection: socket.socket) -> tuple[int, bool]:
    data = bytearray()
    while b"\r\n\r\n" not in data:
        data += connection.recv(1 << 18)
    head, _, rest = bytes(data).partition(b"\r\n\r\n")
    assert head.split(b" ", 2)[1] in {b"200", b"304"}, head
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    left = length - len(rest)
    while left:
        left -= len(connection.recv(min(left, 1 << 18)))
    return len(head) + 4 + length, head.startswith(b"HTTP/1.1")
