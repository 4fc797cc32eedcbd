"""
A mail server for the drill: on this machine, in a thread, and forgetting nothing.

It takes what it is given and writes one line per message to a file, so that its
memory does not grow with the number of messages. It relays nothing to anybody.
"""

import json
import os
import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Final, Self

from credguard._clock import Clock, system_clock
from credguard.drill.mail import Mail

MAX_LINE_OCTETS = 1_000  # RFC 5321 section 4.5.3.1.6
MAX_MESSAGE_OCTETS = 1_048_576

_POLL_SECONDS = 0.02  # how long closing may wait

_PATH = re.compile(rb"(?i)(?:FROM|TO):\s*<([^<>]*)>")


class Conversation(socketserver.StreamRequestHandler):
    """
    What the sink says on one connection; each step may be said otherwise.

    A step returns the reply, or an empty text to hang up.
    """

    disable_nagle_algorithm = True
    server: "_Server"

    @property
    def sink(self) -> "MailSink":
        """The sink that this is a connection to."""
        return self.server.sink

    def setup(self) -> None:
        """Let the sink know, so that it can end what hangs."""
        super().setup()
        self.sink.began(self.connection)

    def finish(self) -> None:
        """Let the sink forget."""
        self.sink.ended(self.connection)
        super().finish()

    def handle(self) -> None:
        """Talk until the other side has done."""
        self._recipients: list[str] = []
        try:
            reply = self.greeting()
            while reply:
                self.say(reply)
                reply = self._answer(self.rfile.readline(MAX_LINE_OCTETS + 1))
        except OSError:
            return  # The client hung up, or the sink is closing.

    def say(self, reply: str) -> None:
        """Send *reply* as a line."""
        self.wfile.write(reply.encode("ascii") + b"\r\n")

    def greeting(self) -> str:
        """Return what is said first."""
        return "220 sink ready"

    def on_hello(self) -> str:
        """Return the reply to EHLO and HELO."""
        return "250 sink"

    def on_sender(self, address: str) -> str:  # noqa: ARG002  # for those that look
        """Return the reply to MAIL."""
        return "250 ok"

    def on_recipient(self, address: str) -> str:  # noqa: ARG002  # as above
        """Return the reply to RCPT."""
        return "250 ok"

    def on_data(self) -> str:
        """Return the reply to DATA."""
        return "354 go on"

    def on_message(self, message: bytes, recipient: str) -> str:
        """Return the reply to a whole message; it is kept before it is told."""
        self.sink.keep(message, recipient)
        return "250 kept"

    def on_reset(self) -> str:
        """Return the reply to RSET."""
        return "250 ok"

    def on_quit(self) -> str:
        """Return the reply to QUIT, before the line is closed."""
        return "221 bye"

    def _answer(self, line: bytes) -> str:
        verb, _, argument = line.strip().partition(b" ")
        answers: dict[bytes, Callable[[bytes], str]] = {
            b"EHLO": self._hello,
            b"HELO": self._hello,
            b"MAIL": self._mail,
            b"RCPT": self._rcpt,
            b"DATA": self._data,
            b"RSET": self._rset,
            b"QUIT": self._quit,
        }
        if not line.endswith(b"\n"):
            return ""
        return answers.get(verb.upper(), self._unknown)(argument)

    def _hello(self, _: bytes) -> str:
        return self.on_hello()

    def _mail(self, argument: bytes) -> str:
        path = _PATH.match(argument)
        self._recipients.clear()
        return self.on_sender(_text(path[1])) if path else "501 no address"

    def _rcpt(self, argument: bytes) -> str:
        path = _PATH.match(argument)
        reply = self.on_recipient(_text(path[1])) if path else "501 no address"
        if path and reply.startswith("2"):
            self._recipients.append(_text(path[1]))
        return reply

    def _data(self, _: bytes) -> str:
        if not self._recipients:
            return "503 nobody to send to"
        reply = self.on_data()
        if not reply.startswith("3"):
            return reply
        self.say(reply)
        message = self._read_message()
        if message is None:
            return ""
        replies = [self.on_message(message, name) for name in self._recipients]
        self._recipients.clear()
        return replies[-1]

    def _read_message(self) -> bytes | None:
        lines: list[bytes] = []
        size = 0
        while (line := self.rfile.readline(MAX_LINE_OCTETS + 1)) != b".\r\n":
            size += len(line)
            if not line.endswith(b"\n") or size > MAX_MESSAGE_OCTETS:
                return None
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def _rset(self, _: bytes) -> str:
        self._recipients.clear()
        return self.on_reset()

    def _quit(self, _: bytes) -> str:
        self.say(self.on_quit())
        return ""

    def _unknown(self, _: bytes) -> str:
        return "502 not here"


class MailSink:
    """
    A mail server on 127.0.0.1 that keeps what it is given; a context manager.

    Args:
        path: The file that messages are added to, one JSON object a line; it is
            made if it does not exist.

        conversation: What is said on each connection.

        clock: Tells when a message was taken.
    """

    def __init__(
        self,
        path: Path,
        *,
        conversation: type[Conversation] = Conversation,
        clock: Clock = system_clock,
    ) -> None:
        self._path: Final = path
        self._conversation: Final = conversation
        self._clock: Final = clock
        self._open: Final[set[socket.socket]] = set()
        self.closing: Final = threading.Event()

    def __enter__(self) -> Self:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = os.open(self._path, flags, 0o600)
        self._server = _Server(self, self._conversation)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,)
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        os.close(self._file)

    @property
    def url(self) -> str:
        """Where the sink listens, as `Smtp` takes it."""
        return f"smtp://127.0.0.1:{self._server.server_address[1]}"

    def keep(self, message: bytes, recipient: str) -> None:
        """Add a message to the file; it is written when this returns."""
        taken_at = self._clock().isoformat()
        mail = Mail.read(message, recipient=recipient, taken_at=taken_at)
        # One write of a whole line: threads and other processes cannot mix theirs in.
        os.write(self._file, json.dumps(asdict(mail)).encode("ascii") + b"\n")

    def mails(self) -> Iterator[Mail]:
        """Yield the messages of the file, in the order in which they were taken."""
        with self._path.open(encoding="ascii") as lines:
            for line in lines:
                yield Mail(**json.loads(line))

    def began(self, connection: socket.socket) -> None:
        """Remember a connection, to end it when the sink is closed."""
        self._open.add(connection)

    def ended(self, connection: socket.socket) -> None:
        """Forget a connection."""
        self._open.discard(connection)


class _Server(socketserver.ThreadingTCPServer):
    # Closing waits for what is still being kept.
    daemon_threads = False
    block_on_close = True

    def __init__(self, sink: MailSink, conversation: type[Conversation]) -> None:
        self.sink = sink
        super().__init__(("127.0.0.1", 0), conversation)


def _text(octets: bytes) -> str:
    return octets.decode("latin-1")
