"""
Notices to a mail server, one message and one recipient at a time.

What concerns one recipient is a receipt; what concerns everybody (no server, no TLS,
our sender refused) is `DeliveryUnavailableError`. The moment between the final dot and
the server's answer is the one that nobody can decide (RFC 1047); it is told as UNKNOWN.
"""

import ssl
from datetime import timedelta
from email.message import EmailMessage
from typing import Final

from credguard._exact import exact_arguments
from credguard._secret import Secret, never_copied
from credguard._text import has_surrogate
from credguard.campaigns.delivering import Outcome, Receipt
from credguard.campaigns.reachable import is_domain, is_reachable
from credguard.delivery._budget import Budget
from credguard.delivery._connection import Connection
from credguard.delivery._server import Server
from credguard.delivery._wire import to_bytes
from credguard.errors import DeliverySetupError, DeliveryUnavailableError

DEFAULT_STEP = timedelta(seconds=10)
DEFAULT_DEADLINE = timedelta(seconds=60)
# Well below what servers allow: Exim ends a connection after 1,000 by default.
DEFAULT_MESSAGES_PER_CONNECTION = 100
MAX_PASSWORD_OCTETS = 1_000

# Not about a recipient: commands out of order (RFC 5321), no log-in (RFC 4954).
_EVERYBODY: Final = frozenset({"503", "530", "534", "535", "538"})


@never_copied
@exact_arguments()
class Smtp:
    """
    A `Delivery` to a mail server that relays for us.

    Keeps a connection open from message to message. One object serves one thread.

    Args:
        url: ``smtp://host:25``, ``smtp+starttls://user@host:587`` or
            ``smtps://user@host:465``. STARTTLS is required where it is named.

        sender: The envelope's sender, to which bounces come back.

        password: The password of the URL's user, None if there is none.

        timeout: How long one step may take.

        deadline: How long a whole message may take, with connecting.

        messages_per_connection: After how many messages to connect anew.

        ca_file: A PEM file with the only certificates to trust, None for those
            that the system trusts.

        client_name: What to call this machine to the server, None for its address.

    Raises:
        DeliverySetupError: One of these cannot work; the text says which.

    Source:
        RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 4954 (AUTH), RFC 8314 (smtps).
    """

    def __init__(
        self,
        url: str,
        *,
        sender: str,
        password: Secret | str | None = None,
        timeout: timedelta = DEFAULT_STEP,
        deadline: timedelta = DEFAULT_DEADLINE,
        messages_per_connection: int = DEFAULT_MESSAGES_PER_CONNECTION,
        ca_file: str | None = None,
        client_name: str | None = None,
    ) -> None:
        self._server: Final = Server.parse(url)
        self._password: Final = _checked_password(self._server, password)
        if not is_reachable(sender):
            message = "the sender must be one address such as help@forum.example"
            raise DeliverySetupError(message)
        if timeout <= timedelta(0) or deadline <= timedelta(0):
            message = "the timeout and the deadline of a message must be above zero"
            raise DeliverySetupError(message)
        if messages_per_connection < 1:
            message = "a connection must carry at least one message"
            raise DeliverySetupError(message)
        if client_name is not None and not is_domain(client_name):
            message = "the client name must be a domain such as www.forum.example"
            raise DeliverySetupError(message)
        self._mail_from: Final = f"MAIL FROM:<{sender}>"
        self._deadline: Final = deadline.total_seconds()
        self._most: Final = messages_per_connection
        self._name: Final = client_name or ""
        self._tls: Final = _trusting(ca_file)
        self._budget: Final = Budget(timeout.total_seconds())
        self._line: Connection | None = None

    def send(
        self,
        message: EmailMessage,
        *,
        recipient: str,
        return_path: str | None = None,
        idempotency_key: str = "",
    ) -> Receipt:
        """
        Hand *message* over, and tell what the server said.

        Args:
            message: The message; its headers are sent as they are.

            recipient: The envelope's one recipient.

            return_path: The envelope's sender for this message, None for the one
                that was given to the constructor.

            idempotency_key: Not used: SMTP has no place for it.

        Returns:
            ACCEPTED when the server took it; DEFERRED with a 4xx code, or with
            ``lost``, ``timeout`` or ``rubbish``, when it surely did not; REFUSED
            with a 5xx code, or with ``address`` or ``message`` for what cannot be
            sent; UNKNOWN when the line broke between message and answer.

        Raises:
            DeliveryUnavailableError: The server cannot be reached or trusted, or
                takes nothing from us. It names the remedy, and no address.
        """
        del idempotency_key
        data = to_bytes(message, line_end=b"\r\n")
        if data is None:
            return Receipt(Outcome.REFUSED, "message")
        if not is_reachable(recipient) or not is_reachable(return_path or recipient):
            return Receipt(Outcome.REFUSED, "address")
        self._budget.begin(self._deadline)
        try:
            mail_from = f"MAIL FROM:<{return_path}>" if return_path else self._mail_from
            return self._carry(data, recipient, mail_from)
        except BaseException:
            # Nobody knows where in the conversation this happened.
            self._drop()
            raise

    def close(self) -> None:
        """Say goodbye and close the connection, if one is open."""
        self._budget.begin(self._deadline)
        self._drop(goodbye=True)

    def _carry(self, data: bytes, recipient: str, mail_from: str) -> Receipt:
        line, reply = self._begin_transaction(mail_from)
        line.used += 1
        line.must_reset = True
        for command in (f"RCPT TO:<{recipient}>", "DATA"):
            if not reply.startswith("2"):
                return _short_of_data(reply)
            reply = line.ask(command)
        if reply != "354":
            return _short_of_data(reply)
        broken = line.send_data(data)
        if broken:
            return Receipt(Outcome.DEFERRED, broken)
        receipt = _after_data(line.ask())
        line.must_reset = receipt.outcome is not Outcome.ACCEPTED
        return receipt

    def _begin_transaction(self, mail_from: str) -> tuple[Connection, str]:
        line = self._kept_line()
        if line is not None:
            reply = line.ask(mail_from)
            if line.stands and not reply.startswith("5"):
                return line, reply
        # There is no line yet; or the server ended one that was idle, or that it
        # had used enough. Nothing was sent, so the message starts on a new one.
        self._drop(goodbye=True)
        self._line = line = self._connect()
        reply = line.ask(mail_from)
        if reply.startswith("5"):
            message = (
                f"the mail server refuses our sender ({reply}); "
                "check the sender's address and the log-in"
            )
            raise DeliveryUnavailableError(message)
        return line, reply

    def _kept_line(self) -> Connection | None:
        line = self._line
        if line is None or not line.stands or line.used >= self._most:
            return None
        if line.must_reset and not line.ask("RSET").startswith("2"):
            return None
        return line

    def _drop(self, *, goodbye: bool = False) -> None:
        line, self._line = self._line, None
        if line is not None and line.stands:
            if goodbye:
                line.ask("QUIT")
            line.close()

    def _connect(self) -> Connection:
        return Connection(
            self._server,
            budget=self._budget,
            tls=self._tls,
            password=self._password,
            name=self._name,
        )


def _short_of_data(reply: str) -> Receipt:
    if reply in _EVERYBODY:
        message = f"the mail server takes nothing from us ({reply}); check the log-in"
        raise DeliveryUnavailableError(message)
    refused = reply.startswith("5")
    return Receipt(Outcome.REFUSED if refused else Outcome.DEFERRED, reply)


def _after_data(reply: str) -> Receipt:
    outcomes = {"2": Outcome.ACCEPTED, "4": Outcome.DEFERRED, "5": Outcome.REFUSED}
    return Receipt(outcomes.get(reply[0], Outcome.UNKNOWN), reply)


def _checked_password(server: Server, password: Secret | str | None) -> Secret | None:
    if (password is None) != (server.user == ""):
        message = "a mail server's user and password are given both or not at all"
        raise DeliverySetupError(message)
    if isinstance(password, str):
        password = Secret(b"" if has_surrogate(password) else password.encode())
    if password is None or _can_be_sent(password.reveal()):
        return password
    message = "a mail server's password is empty, too long, or not plain text"
    raise DeliverySetupError(message)


def _can_be_sent(password: bytes) -> bool:
    return 0 < len(password) <= MAX_PASSWORD_OCTETS and b"\0" not in password


def _trusting(ca_file: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError):
        pass
    message = "the file with the mail server's certificates cannot be read"
    raise DeliverySetupError(message)
