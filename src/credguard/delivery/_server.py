"""Where a mail server is, read from a URL. Pure."""

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, unquote, urlsplit

from credguard.errors import DeliverySetupError

MAX_URL_CHARACTERS = 1_000
MAX_HOST_CHARACTERS = 253  # RFC 1035 section 2.3.4, without the root's dot

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{0,200}")


class Security(StrEnum):
    """How the line to the server is secured."""

    NONE = "smtp"
    STARTTLS = "smtp+starttls"
    TLS = "smtps"


# RFC 5321 section 4.5.4.2; RFC 6409 section 3.1; RFC 8314 section 7.3
_PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}


@dataclass(frozen=True, slots=True)
class Server:
    """
    A mail server.

    Attributes:
        security: How the line is secured.

        host: Its name, or its address.

        port: Its port.

        user: Whom to log in as, empty not to log in.
    """

    security: Security
    host: str
    port: int
    user: str

    @classmethod
    def parse(cls, url: str) -> "Server":
        """
        Read a server from *url*.

        Args:
            url: ``smtp://host:port``, ``smtp+starttls://user@host:587`` or
                ``smtps://user@host:465``; the port may be left out.

        Raises:
            DeliverySetupError: It is of no such form, or holds a password. The
                error does not repeat it.
        """
        parts = _split(url)
        if parts is None:
            message = (
                "a mail server is written smtp://host:25, "
                "smtp+starttls://user@host:587 or smtps://user@host:465"
            )
            raise DeliverySetupError(message)
        if parts.password is not None:
            message = "a mail server's URL must not hold the password; give it apart"
            raise DeliverySetupError(message)
        security = Security(parts.scheme)
        if parts.username and security is Security.NONE:
            message = "a password goes over TLS only: use smtp+starttls:// or smtps://"
            raise DeliverySetupError(message)
        return cls(
            security,
            parts.hostname or "",
            parts.port or _PORTS[security],
            unquote(parts.username or ""),
        )


def _split(url: str) -> SplitResult | None:
    """Return the parts of a well-formed URL of a mail server, None for others."""
    try:
        parts = urlsplit(url if len(url) <= MAX_URL_CHARACTERS else "")
        port = parts.port
    except ValueError:
        return None
    known = parts.scheme in set(Security) and _is_host(parts.hostname or "")
    bare = not (parts.path.strip("/") or parts.query or parts.fragment)
    user = _PRINTABLE.fullmatch(unquote(parts.username or "")) is not None
    return parts if known and bare and user and port != 0 else None


def _is_host(host: str) -> bool:
    if len(host) <= MAX_HOST_CHARACTERS and _HOST.fullmatch(host):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
