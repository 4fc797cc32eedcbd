"""Notices through the project's own mail backend, whatever it is."""

import smtplib
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

from django.core.mail import EmailMultiAlternatives, get_connection

from credguard._secret import keeping_no_locals, never_copied
from credguard.campaigns.delivering import Outcome, Receipt
from credguard.errors import DeliveryUnavailableError

# Django writes these itself, from what it is given.
_WRITTEN = {"from", "to", "subject", "mime-version", "content-type"}
_ENCODINGS = {"content-transfer-encoding", "content-language"}
_PERMANENT = 500
_MOST = 100  # messages for one connection
_REMEDY = "the project's mail backend cannot be reached; see its EMAIL_ settings"


@never_copied
@keeping_no_locals
class DjangoMail:
    """
    A `Delivery` through Django's ``EMAIL_BACKEND``.

    A backend that speaks to a provider's API gets subject, text, HTML and headers as
    any mail of the project's. What it does not tell apart (was the recipient refused,
    or is nobody there?) is taken as deferred, so that nothing is lost.

    Args:
        alias: Further arguments of Django's ``get_connection``, such as ``backend``.
    """

    def __init__(self, **alias: str) -> None:
        # Not by itself: a backend's password may be among them.
        self._connect: Callable[[], Any] = lambda: get_connection(**alias)
        self._connection: Any = None
        self._sent = 0

    def send(
        self,
        message: EmailMessage,
        *,
        recipient: str,
        return_path: str | None = None,
        idempotency_key: str = "",
    ) -> Receipt:
        """
        Hand *message* to the backend.

        Args:
            message: The notice.

            recipient: The envelope's one recipient.

            return_path: Where a bounce is to come back to, None for the sender of
                the message.

            idempotency_key: Sent as ``Idempotency-Key``, for backends that pass
                headers on to a provider.

        Raises:
            DeliveryUnavailableError: Nothing can be carried to anybody now.
        """
        mail = to_django(message, recipient, return_path, idempotency_key)
        try:
            mail.connection = self._opened()
            sent = mail.send()
        except smtplib.SMTPRecipientsRefused as refused:
            codes = [code for code, _ in refused.recipients.values()]
            return _by_code(codes[0] if codes else 0)
        except smtplib.SMTPDataError as error:
            return _by_code(error.smtp_code)
        except smtplib.SMTPServerDisconnected:
            self.close()
            return Receipt(Outcome.UNKNOWN, "lost")
        except (OSError, smtplib.SMTPException):
            self.close()
        else:
            self._count()
            return Receipt(Outcome.ACCEPTED if sent else Outcome.DEFERRED, "backend")
        raise DeliveryUnavailableError(_REMEDY)

    def close(self) -> None:
        """Let go of the backend's connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _opened(self) -> Any:
        if self._connection is None:
            connection = self._connect()
            connection.open()
            self._connection, self._sent = connection, 0
        return self._connection

    def _count(self) -> None:
        # A server that has enough hangs up, and then nobody knows of the last message.
        self._sent += 1
        if self._sent >= _MOST:
            self.close()


def to_django(
    message: EmailMessage,
    recipient: str,
    return_path: str | None = None,
    idempotency_key: str = "",
) -> EmailMultiAlternatives:
    """Return a notice as Django's own kind of message."""
    plain, html = _part(message, "plain"), _part(message, "html")
    headers = {
        name: str(text)
        for name, text in message.items()
        if name.lower() not in _WRITTEN | _ENCODINGS
    }
    headers["From"] = str(message["From"])
    if idempotency_key:
        headers["Idempotency-Key"] = idempotency_key
    mail = EmailMultiAlternatives(
        subject=str(message["Subject"]),
        body=plain,
        from_email=return_path or str(message["From"]),
        to=[recipient],
        headers=headers,
    )
    if html:
        mail.attach_alternative(html, "text/html")
    return mail


def _part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    return str(found.get_content()) if found is not None else ""


def _by_code(code: int) -> Receipt:
    outcome = Outcome.REFUSED if code >= _PERMANENT else Outcome.DEFERRED
    return Receipt(outcome, str(code))
