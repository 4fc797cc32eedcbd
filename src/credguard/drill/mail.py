"""What the drill remembers of a notice that was mailed. Pure."""

import re
from binascii import Error as BinasciiError
from binascii import a2b_base64, a2b_qp
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

_MESSAGE_ID = re.compile(rb"(?im)^Message-ID:\s*(<[^>\r\n]*>)")
_ENCODING = re.compile(rb"(?im)^Content-Transfer-Encoding:\s*([a-z0-9-]+)")
_LINK = re.compile(r"https?://[^\s<>\"]+")
_TOKEN = re.compile(r"[A-Za-z0-9._~-]+\Z", re.ASCII)
_DECODERS: Final[dict[bytes, Callable[[bytes], bytes]]] = {
    b"quoted-printable": a2b_qp,
    b"base64": a2b_base64,
}


@dataclass(frozen=True, slots=True)
class Mail:
    """
    A message that the mail sink took.

    Attributes:
        message_id: Its Message-ID with the angle brackets, empty if it had none.

        recipient: The envelope's recipient.

        link: The first web address in its text, empty if there is none.

        token: What stands at the end of the link, after the last of ``/ = #``.

        taken_at: When it was taken, ISO 8601 in UTC.
    """

    message_id: str
    recipient: str
    link: str
    token: str
    taken_at: str

    @classmethod
    def read(cls, message: bytes, *, recipient: str, taken_at: str) -> Self:
        """
        Read a message of one part.

        Args:
            message: Its octets, with CRLF at the ends of lines.

            recipient: The envelope's recipient.

            taken_at: When it was taken, ISO 8601 in UTC.
        """
        head, _, body = message.partition(b"\r\n\r\n")
        named = _MESSAGE_ID.search(head)
        encoded = _ENCODING.search(head)
        decode = _DECODERS.get(encoded[1].lower() if encoded else b"", bytes)
        try:
            text = decode(body).decode("utf-8", "replace")
        except BinasciiError:
            text = ""
        found = _LINK.search(text)
        link = found[0].rstrip("/.,;:!?)") if found else ""
        token = _TOKEN.search(link)
        return cls(
            message_id=named[1].decode("latin-1") if named else "",
            recipient=recipient,
            link=link,
            token=token[0] if token else "",
            taken_at=taken_at,
        )
