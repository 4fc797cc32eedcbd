"""What a campaign asks of whatever carries its notices."""

from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """What became of one message."""

    ACCEPTED = "accepted"
    """The other side took responsibility for it (RFC 5321 section 4.2.5)."""

    DEFERRED = "deferred"
    """Not now: the same message may be sent again later."""

    REFUSED = "refused"
    """Never: this recipient or message will not be taken."""

    UNKNOWN = "unknown"
    """The line broke after the message was sent and before the answer came."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """
    The outcome of one delivery, with the other side's reply code.

    Attributes:
        outcome: What became of the message.

        reply: A reply code such as ``250`` or ``550``, or a short word such as
            ``filed``; never the other side's text, which may repeat an address.
    """

    outcome: Outcome
    reply: str


class Delivery(Protocol):
    """Carries one message to one recipient. Closed when the run ends."""

    def send(
        self,
        message: EmailMessage,
        *,
        recipient: str,
        return_path: str | None = None,
        idempotency_key: str = "",
    ) -> Receipt:
        """
        Carry *message* to *recipient* and tell what became of it.

        A message that is sent again carries the same Message-ID and the same key, so
        that a carrier which can tell may drop the second copy.

        Args:
            message: The message.

            recipient: The envelope's one recipient.

            return_path: Where a bounce is to come back to, None for the carrier's
                own.

            idempotency_key: 32 characters that name the notice, for providers that
                drop second copies.

        Raises:
            DeliveryUnavailableError: Nothing can be carried to anybody now.
        """

    def close(self) -> None:
        """Let go of connections."""
