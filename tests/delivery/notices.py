"""Messages and an answer's short form, for the tests of delivery."""

from email.message import EmailMessage

from credguard.campaigns.delivering import Delivery

SENDER = "help@forum.example"
MEMBER = "member@mail.example"


def notice(
    name: str = "1", *, to: str = MEMBER, text: str = "https://forum.example/r#tok\n"
) -> EmailMessage:
    """Return a small message named *name*."""
    message = EmailMessage()
    message["From"] = SENDER
    message["To"] = to
    message["Message-ID"] = f"<{name}@forum.example>"
    message.set_content(text)
    return message


def carry(delivery: Delivery, name: str = "1", *, to: str = MEMBER) -> str:
    """Send a message and return its receipt as a word and a reply."""
    receipt = delivery.send(notice(name, to=to), recipient=to)
    return f"{receipt.outcome} {receipt.reply}"
