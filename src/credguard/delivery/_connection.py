"""
One SMTP connection on which nothing can hang: every step and the whole are bounded.

`smtplib` speaks the protocol. This adds what it does not promise: a time for a whole
message, whoever drips; a bound for what a server may answer; and an answer that is
always a code or a word, so that no server's text gets out.
"""

import base64
import re
import smtplib
import socket
import ssl
from contextlib import suppress

from credguard._secret import Secret
from credguard.delivery._budget import Budget, Replies
from credguard.delivery._server import Security, Server
from credguard.errors import DeliveryUnavailableError

_PIECE_OCTETS = 16_384  # one TLS record (RFC 8446 section 5.1)
_CODES = range(200, 600)  # RFC 5321 section 4.2.1
_DOT_AT_START = re.compile(rb"(?m)^\.")


class Connection(smtplib.SMTP):
    """
    A line to a server that has been greeted, secured and logged in.

    Args:
        server: Where it is, and how the line is secured.

        budget: The time for all that follows, begun by the caller.

        tls: What the server's certificate is checked with.

        password: What to log in with, None not to log in.

        name: What to call ourselves, empty for the address of this end.

    Raises:
        DeliveryUnavailableError: There is no server, it takes no mail, or it is not
            to be trusted. The text is our own and not the server's.
    """

    def __init__(
        self,
        server: Server,
        *,
        budget: Budget,
        tls: ssl.SSLContext,
        password: Secret | None,
        name: str,
    ) -> None:
        super().__init__(local_hostname=name)
        self._budget = budget
        self._server = server
        self._tls = tls
        self.used = 0
        self.must_reset = False
        try:
            self._connect()
            self._secure_and_greet()
            if password is not None:
                self._log_in(password)
        except BaseException:
            self.close()
            raise

    @property
    def stands(self) -> bool:
        """True until the line is closed, by either side."""
        return self.sock is not None

    def ask(self, command: str = "") -> str:
        """
        Send *command*, if there is one, and read the reply.

        Returns:
            The three digits of the reply; or, if none came that is one, ``lost``,
            ``timeout`` or ``rubbish``. After those, and after 421, the line is
            closed.
        """
        try:
            if self.file is not None and self.file.waiting:
                # An answer to what was not asked: from here on, no answer would
                # belong to its question.
                word = "rubbish"
            else:
                if command:
                    self.putcmd(command)
                code = self.getreply()[0]
                word = str(code) if code in _CODES else "rubbish"
        except OSError as error:
            word = _why(error)
        if word == "421" or not word.isdigit():
            self.close()
        return word

    def send_data(self, data: bytes) -> str:
        """
        Send a message and the final dot, after the server said 354.

        Returns:
            An empty text, or a word if the line broke. The final dot was the last
            to go, so the server then surely has no whole message.
        """
        try:
            self.send(_DOT_AT_START.sub(b"..", data) + b".\r\n")
        except OSError as error:
            self.close()
            return _why(error)
        return ""

    def getreply(self) -> tuple[int, bytes]:
        """Read a reply as `smtplib` does, but within the budget."""
        if self.file is None:
            self.file = Replies(self._open_socket(), self._budget)
        self.file.begin()
        return super().getreply()

    def send(self, s: "bytes | str") -> None:  # type: ignore[override]  # any buffer
        """Send *s* as `smtplib` does, but each piece within the budget."""
        data = s.encode("ascii") if isinstance(s, str) else s
        for start in range(0, len(data), _PIECE_OCTETS):
            self._open_socket().settimeout(self._budget.left())
            super().send(data[start : start + _PIECE_OCTETS])

    def _open_socket(self) -> socket.socket:
        if self.sock is None:
            message = "the line is closed"
            raise smtplib.SMTPServerDisconnected(message)
        return self.sock

    def _connect(self) -> None:
        with suppress(OSError):
            self.sock = _open(self._server, self._budget)
        if self.sock is None:
            message = "the mail server cannot be reached; check its host and port"
            raise DeliveryUnavailableError(message)
        self.local_hostname = self.local_hostname or _literal(self.sock)

    def _secure_and_greet(self) -> None:
        if self._server.security is Security.TLS:
            self._wrap()
        greeting = self.ask()
        if greeting != "220":
            message = f"the mail server takes no mail now ({greeting}); run again later"
            raise DeliveryUnavailableError(message)
        self._say_hello()
        if self._server.security is Security.STARTTLS:
            # Fails closed: whoever strips the offer from the line gets no mail.
            if not self.has_extn("starttls") or self.ask("STARTTLS") != "220":
                message = "the mail server does not offer STARTTLS"
                raise DeliveryUnavailableError(message)
            self._wrap()
            self._say_hello()

    def _say_hello(self) -> None:
        try:
            code = self.ehlo()[0]
        except OSError:
            code = 0
        if code // 100 == 2:  # noqa: PLR2004  # RFC 5321 section 4.2.1: done
            return
        reply = self.ask(f"HELO {self.local_hostname}") if self.stands else "lost"
        if not reply.startswith("2"):
            message = f"the mail server does not greet us back ({reply})"
            raise DeliveryUnavailableError(message)

    def _wrap(self) -> None:
        problem = "the mail server broke off while the line was being secured"
        # What was said in the clear is forgotten (RFC 3207 section 4.2).
        self.file = None
        self.esmtp_features = {}
        try:
            sock = self._open_socket()
            sock.settimeout(self._budget.left())
            self.sock = self._tls.wrap_socket(sock, server_hostname=self._server.host)
        except ssl.SSLCertVerificationError:
            problem = (
                "the mail server's certificate is not trusted, or not for its name"
            )
        except ssl.SSLError:
            problem = "the mail server does not speak TLS as we do"
        except OSError:
            pass
        else:
            return
        raise DeliveryUnavailableError(problem)

    def _log_in(self, password: Secret) -> None:
        user = self._server.user.encode()
        offered = self.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in offered:  # RFC 4616
            proof = b"\0" + user + b"\0" + password.reveal()
            reply = self.ask(f"AUTH PLAIN {_base64(proof)}")
        elif "LOGIN" in offered:
            reply = self.ask("AUTH LOGIN")
            for part in (user, password.reveal()):
                reply = self.ask(_base64(part)) if reply == "334" else reply
        else:
            reply = "no way to log in that we know"
        if reply != "235":  # RFC 4954 section 6
            message = f"the mail server did not let us log in ({reply})"
            raise DeliveryUnavailableError(message)


def _open(server: Server, budget: Budget) -> socket.socket:
    failure = OSError("no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(
        server.host, server.port, type=socket.SOCK_STREAM
    ):
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:
            failure = error
            continue
        try:
            sock.settimeout(budget.left())
            sock.connect(address)
            # Short commands and answers take turns; waiting to fill a packet
            # would cost 40 ms a message.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            sock.close()
            failure = error
            continue
        return sock
    raise failure


def _why(error: OSError) -> str:
    # smtplib puts its own error on top of the one that tells.
    timed_out = isinstance(error.__context__ or error, TimeoutError)
    return "timeout" if timed_out else "lost"


def _literal(sock: socket.socket) -> str:
    """Return the address of this end as RFC 5321 section 4.1.3 writes it."""
    address = str(sock.getsockname()[0]).partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
