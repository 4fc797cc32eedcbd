"""A range service of our own with a handful of hashes, to fetch all of it from."""

import base64
import gzip
import hashlib
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

Answer = tuple[int, bytes, dict[str, str]]
Change = Callable[[int, Answer], Answer | None]


def etag_of(lines: list[bytes]) -> str:
    """Return the ETag of a range."""
    return f'W/"{hashlib.sha256(b" ".join(lines)).hexdigest()[:16]}"'


class Upstream:
    """
    Answers ranges of a few hashes each, and counts what it was asked.

    Args:
        ranges: How many ranges have hashes.

        digits: How many hexadecimal digits a line begins with.

        lines: How many lines a range has about.
    """

    def __init__(self, ranges: int, *, digits: int = 35, lines: int = 3) -> None:
        self._random = random.Random(4)
        self.digits = digits
        self.ranges = [self.made(lines) for _ in range(ranges)]
        self.asked: Counter[int] = Counter()
        self.statuses: Counter[int] = Counter()
        self.agents: set[str | None] = set()
        self.queries: set[str] = set()
        self.credentials: set[str | None] = set()
        self.change: Change = lambda _, answer: answer
        self._lock = Lock()
        self._server = _Server(self)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        """The address to fetch from."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def made(self, lines: int) -> list[bytes]:
        """Return the lines of a new range, in order."""
        draw = self._random
        suffixes = {draw.getrandbits(4 * self.digits) for _ in range(lines)}
        return [
            b"%0*X:%d" % (self.digits, each, draw.choice([1, 2, 30, 254, 255, 10**6]))
            for each in sorted(suffixes)
        ]

    def hashes(self) -> dict[str, int]:
        """Return all hashes with their counts."""
        return {
            f"{number:05X}{line.split(b':')[0].decode()}": int(line.split(b":")[1])
            for number, lines in enumerate(self.ranges)
            for line in lines
        }

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request, perhaps not as it should."""
        parts = urlsplit(request.path)
        number = int(parts.path[-5:], 16)
        answer = self.change(number, self._sound(number, request))
        with self._lock:
            self.asked[number] += 1
            self.agents.add(request.headers["User-Agent"])
            self.queries.add(parts.query)
            self.credentials.add(request.headers["Proxy-Authorization"])
            self.statuses[answer[0] if answer else 0] += 1
        if answer is None:
            request.close_connection = True
            return
        status, body, headers = answer
        with suppress(OSError):
            request.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                request.send_header(name, value)
            request.end_headers()
            request.wfile.write(body)

    def _sound(self, number: int, request: BaseHTTPRequestHandler) -> Answer:
        body = b"\r\n".join(self.ranges[number])
        etag = etag_of(self.ranges[number])
        if request.headers["If-None-Match"] == etag:
            return 304, b"", {"ETag": etag}
        stated = base64.b64encode(hashlib.md5(body).digest()).decode()  # noqa: S324
        headers = {"ETag": etag, "Content-MD5": stated, "Content-Encoding": "gzip"}
        return 200, gzip.compress(body, 1), headers

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, upstream: Upstream) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.upstream = upstream


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server
    timeout = 60

    def do_GET(self) -> None:
        self.server.upstream.answer(self)

    def log_message(self, *_: object) -> None:
        """Print nothing."""
