"""Ways to carry a notice: to a mail server, or into a folder."""

from credguard.delivery.maildir import Maildir
from credguard.delivery.smtp import Smtp

__all__ = ["Maildir", "Smtp"]
