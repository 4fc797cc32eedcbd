"""
A small range service on this machine, for the drill and for tests.

It knows a few passwords and fills every range with hashes that nobody has, so
that an answer looks like one of the public service. What it fills in depends on
the prefix only: the same question always has the same answer.
"""

import hashlib
import re
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self

from credguard.screening.corpus.layout import Kind
from credguard.screening.hash_kind import (
    PREFIX_CHARACTERS,
    digits_of,
    suffix_characters,
)

LINES = 850
"""How many hashes fill a range; the public service has about two thousand."""

PADDING_LINES = 100
"""How many lines of count 0 are added when padding is asked for."""

_PATH = re.compile(r"/range/([0-9A-Fa-f]{5})(\?mode=ntlm)?")


class RangeServer:
    """
    Answers the range protocol on a free port of the loopback interface.

    Use it as a context manager: it serves from entering to leaving.

    Args:
        passwords: The passwords that it lists, with how often each was seen.
    """

    def __init__(self, passwords: Mapping[str, int]) -> None:
        self._listed: dict[tuple[Kind, str], dict[str, int]] = {}
        for password, times in passwords.items():
            for kind in Kind:
                digits = digits_of(password, kind)
                prefix = digits[:PREFIX_CHARACTERS]
                ours = self._listed.setdefault((kind, prefix), {})
                ours[digits[PREFIX_CHARACTERS:]] = times
        self._server = _Server(self)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        """The address to give to a `RangeService`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def lines(self, prefix: str, kind: Kind = Kind.SHA1) -> list[str]:
        """Return the lines of a range in order: suffix, colon, count."""
        return [f"{suffix}:{times}" for suffix, times in self._range(prefix, kind)]

    def padding(self, prefix: str, kind: Kind = Kind.SHA1) -> list[str]:
        """Return the lines of count 0 that hide how many others there are."""
        suffixes = _suffixes(f"padding {prefix}", PADDING_LINES, kind)
        return [f"{suffix}:0" for suffix in suffixes]

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one GET request."""
        found = _PATH.fullmatch(request.path)
        if found is None:
            _send(request, 400, b"A range is five hexadecimal digits.")
            return
        prefix = found[1].upper()
        kind = Kind.NTLM if found[2] else Kind.SHA1
        lines = self.lines(prefix, kind)
        etag = f'W/"{hashlib.sha256("".join(lines).encode()).hexdigest()[:16]}"'
        if request.headers.get("If-None-Match") == etag:
            _send(request, 304, b"", etag=etag)
            return
        if request.headers.get("Add-Padding", "").lower() == "true":
            lines += self.padding(prefix, kind)
        _send(request, 200, "\r\n".join(lines).encode("ascii"), etag=etag)

    def _range(self, prefix: str, kind: Kind) -> list[tuple[str, int]]:
        # Small counts are the most frequent ones in the public service as well.
        filling = {
            suffix: 1 + int(suffix[-2:], 16) // 32
            for suffix in _suffixes(f"range {prefix}", LINES, kind)
        }
        return sorted((filling | self._listed.get((kind, prefix), {})).items())

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
    # Connections that clients keep open must not keep the server from closing.
    block_on_close = False

    def __init__(self, ranges: RangeServer) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.ranges = ranges


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections open
    disable_nagle_algorithm = True  # head and body are two writes
    server: _Server
    timeout = 60  # seconds until a silent connection is closed

    def do_GET(self) -> None:
        self.server.ranges.answer(self)

    def log_message(self, *_: object) -> None:
        """Print nothing: a request line holds a prefix."""


def _suffixes(seed: str, number: int, kind: Kind) -> list[str]:
    """Return *number* suffixes that depend on *seed* only."""
    digits = hashlib.shake_128(seed.encode()).hexdigest(number * 18).upper()
    length = suffix_characters(kind)
    return [digits[at : at + length] for at in range(0, number * 36, 36)]


def _send(
    request: BaseHTTPRequestHandler, status: int, body: bytes, *, etag: str = ""
) -> None:
    request.send_response(status)
    if etag:
        request.send_header("ETag", etag)
        request.send_header("Cache-Control", "public, max-age=2678400")
    request.send_header("Content-Type", "text/plain")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
