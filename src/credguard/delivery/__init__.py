"""Ways to carry a notice, to a server or into a folder, and to read what came back."""

from credguard.delivery.mailboxes import read_maildir, read_mbox, read_pipe
from credguard.delivery.maildir import Maildir
from credguard.delivery.reports import read_report
from credguard.delivery.smtp import Smtp

__all__ = [
    "Maildir",
    "Smtp",
    "read_maildir",
    "read_mbox",
    "read_pipe",
    "read_report",
]
