"""The part of the room's door that is about what comes back: bounces, complaints."""

from credguard.campaigns import bounces, suppression
from credguard.campaigns.bounces import EventKind, MailEvent
from credguard.campaigns.means import Means


class MailEvents:
    """
    What comes back of notices, and addresses that are not written to.

    Args:
        means: The database, the keyring, the forum's user table and the clock.
    """

    def __init__(self, means: Means) -> None:
        self._means = means

    def take_event(self, event: MailEvent) -> bool:
        """
        Take in what a provider's webhook tells; the host has checked its sender.

        It may be told twice, late, or in any order.

        Returns:
            True if it is about a notice of ours.
        """
        return bounces.take(self._means, event)

    def bounced(self, which: str, *, status: str) -> bool:
        """
        Keep that a message came back.

        Args:
            which: The notice's Message-ID, idempotency key or return path.

            status: A reply or status code, such as ``550`` or ``5.1.1``.

        Returns:
            True if it is a notice of ours.
        """
        return self.take_event(MailEvent(EventKind.BOUNCED, which, status))

    def complained(self, which: str) -> bool:
        """
        Keep that a recipient called a message spam, and write there no more.

        Args:
            which: The notice's Message-ID, idempotency key or return path.

        Returns:
            True if it is a notice of ours.
        """
        return self.take_event(MailEvent(EventKind.COMPLAINED, which))

    def take_mail(self, event: MailEvent) -> bool:
        """
        Take in what a mail tells, which anybody could have written.

        Args:
            event: What `credguard.delivery.read_report` returned.

        Returns:
            True if its return path has the keyed tag of a notice of ours.
        """
        return bounces.take_mail(self._means, event)

    def suppress(self, address: str) -> None:
        """Write to *address* no more, in any campaign."""
        means, by_hand = self._means, suppression.Reason.BY_HAND
        with means.database.begin() as connection:
            digest = suppression.digest_of(address)
            suppression.suppress(connection, digest, by_hand, now=means.clock())

    def lift_suppression(self, address: str) -> bool:
        """Write to *address* again; return True if it was suppressed."""
        with self._means.database.begin() as connection:
            return suppression.lift(connection, address)
