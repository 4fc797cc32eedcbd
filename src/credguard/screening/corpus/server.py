"""
A small HTTP server for ranges and nothing else.

It speaks as much of HTTP/1.1 (RFC 9112) as a client of the protocol needs: requests
without a body, connections that stay open. It has no TLS and logs no request; where
others share the network, put it behind a server that has TLS.
"""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus

from credguard.screening.corpus.serving import (
    ASKED_HEADERS,
    Question,
    RangeAnswers,
    Reply,
)

MAX_HEAD_BYTES = 8192
MAX_CONNECTIONS = 1024
SILENCE = 60.0
"""Seconds after which a connection that says nothing is closed."""

_SWEEP = 5.0  # seconds between two looks for silent connections
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_LINE_WORDS = 3


async def serve(
    answers: RangeAnswers,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    on_ready: Callable[[int], object] = lambda _: None,
) -> None:
    """
    Serve until the task is canceled, or SIGINT or SIGTERM comes.

    Args:
        answers: What is answered.

        host: The address to listen at.

        port: The port, or 0 for a free one.

        on_ready: Called with the port once it is open.

    Raises:
        OSError: The address cannot be listened at.
    """
    loop = asyncio.get_running_loop()
    connections: set[_Connection] = set()
    server = await loop.create_server(
        lambda: _Connection(answers, connections), host, port, backlog=512
    )
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Another thread's loop, or another system, has no signals.
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stopped.set)
    try:
        on_ready(server.sockets[0].getsockname()[1])
        while not stopped.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), _SWEEP)
            _close_silent(connections, loop.time() - SILENCE)
    finally:
        server.close()
        _close_silent(connections, loop.time())


def _close_silent(connections: "set[_Connection]", since: float) -> None:
    for connection in list(connections):
        if connection.heard_at <= since:
            connection.close()


class _Connection(asyncio.Protocol):
    """One client: its requests are answered in turn, as fast as it reads."""

    def __init__(self, answers: RangeAnswers, connections: "set[_Connection]") -> None:
        self._answers = answers
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._pending = b""
        self._may_write = True
        self._is_over = False
        self.heard_at = self._loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):  # a datagram has no stream
            transport.close()
            return
        self._transport = transport
        self._connections.add(self)
        if len(self._connections) > MAX_CONNECTIONS:
            self._say(_short(503), keep=False)

    def connection_lost(self, _: Exception | None) -> None:
        self._connections.discard(self)
        self._is_over = True
        self._transport = None

    def pause_writing(self) -> None:
        # A client that asks and does not read must not fill the memory.
        self._may_write = False
        if self._transport is not None:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._may_write = True
        if self._transport is not None:
            self._transport.resume_reading()
            self._answer_pending()

    def data_received(self, data: bytes) -> None:
        if self._is_over:
            return
        self.heard_at = self._loop.time()
        self._pending += data
        self._answer_pending()

    def close(self) -> None:
        """Close at once, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    def _answer_pending(self) -> None:
        while self._may_write and not self._is_over:
            head, end, rest = self._pending.partition(b"\r\n\r\n")
            if not end:
                if len(self._pending) > MAX_HEAD_BYTES:
                    self._say(_short(431), keep=False)
                return
            self._pending = rest
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        request = _read(head) if len(head) <= MAX_HEAD_BYTES else None
        if request is None:
            self._say(_short(400), keep=False)
            return
        question, keep = request
        self._say(self._answers.answer(question), keep=keep)

    def _say(self, reply: Reply, *, keep: bool) -> None:
        if self._transport is None:
            return
        lines = [f"HTTP/1.1 {reply.status} {_PHRASES[reply.status]}"]
        lines += [f"{name}: {value}" for name, value in reply.headers]
        if not keep:
            lines.append("Connection: close")
        head = "\r\n".join((*lines, "", "")).encode("latin-1")
        self._transport.write(head + reply.body)
        if not keep:
            self._is_over = True
            self._transport.close()


def _short(status: int) -> Reply:
    return Reply(status, (("Content-Length", "0"),), b"")


def _read(head: bytes) -> tuple[Question, bool] | None:
    """Return a request and whether the connection stays open; None if it is none."""
    line, *others = head.decode("latin-1").split("\r\n")
    words = line.split(" ")
    if len(words) != _LINE_WORDS or words[2] not in {"HTTP/1.1", "HTTP/1.0"}:
        return None
    headers = {}
    for other in others:
        name, colon, value = other.partition(":")
        if not colon or not name or name != name.strip():
            return None
        headers[name.lower()] = value.strip()
    # Nobody sends a body with these; whoever does means to confuse.
    if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
        return None
    path, _, query = words[1].partition("?")
    asked = {name: headers[name] for name in ASKED_HEADERS if name in headers}
    keep = (
        words[2] == "HTTP/1.1" and "close" not in headers.get("connection", "").lower()
    )
    return Question(path, query, asked, words[0]), keep
