"""What a person is shown to set up an authenticator: a URI and the key as text."""

import base64
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn
from urllib.parse import quote, urlencode

from credguard._text import has_surrogate
from credguard.errors import SetupError
from credguard.second_factor import qr
from credguard.second_factor.totp import EVERY_APP, Parameters

MAX_NAME_CHARACTERS = 64  # what an app shows, and what a QR code holds with ease

_UNUSUAL = (
    "Many authenticator apps make codes with SHA-1, six digits and 30 seconds only, "
    "whatever the QR code says. A code that does not match may be the app's doing."
)
_GROUP = 4  # characters that people copy at a glance


@dataclass(frozen=True, slots=True, eq=False)
class Enrollment:
    """
    What to show to the person who enrolls, once.

    It holds the seed in the clear: show it and let go of it.

    Attributes:
        uri: The otpauth URI, for a QR code.

        key: The same key in groups of four, for typing.

        expires_at: Until when it can be confirmed.

        warning: What to say to who chose parameters that many apps pass over; None
            for the usual ones.
    """

    uri: str = field(repr=False)
    key: str = field(repr=False)
    expires_at: datetime
    warning: str | None = None

    def svg(
        self,
        *,
        title: str = qr.TITLE,
        description: str = qr.DESCRIPTION,
        scale: int = 4,
    ) -> str:
        """
        Return the QR code as an SVG element, to be put into a page as it is.

        Args:
            title: What a screen reader says it is.

            description: What a screen reader says to do with it.

            scale: How many pixels wide a module is, 1 to 32.

        Raises:
            SetupError: *scale* is out of its range.
            MissingExtraError: The package segno is not installed.
        """
        return qr.svg(self.uri, title=title, description=description, scale=scale)

    def png(self, *, scale: int = 6) -> bytes:
        """
        Return the QR code as a PNG file.

        Args:
            scale: How many pixels wide a module is, 1 to 32.

        Raises:
            SetupError: *scale* is out of its range.
            MissingExtraError: The package segno is not installed.
        """
        return qr.png(self.uri, scale=scale)

    def terminal(self) -> str:
        """
        Return the QR code as lines of text for a terminal with a dark background.

        Raises:
            MissingExtraError: The package segno is not installed.
        """
        return qr.terminal(self.uri)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        message = "an enrollment cannot be pickled or copied"
        raise TypeError(message)


def present(
    seed: bytes,
    *,
    issuer: str,
    name: str,
    expires_at: datetime,
    parameters: Parameters = EVERY_APP,
) -> Enrollment:
    """
    Return *seed* as people and apps read it.

    Args:
        seed: The seed.

        issuer: Who asks for the codes, as `check_issuer` took it.

        name: What the app shows beside it; long names are cut.

        expires_at: Until when it can be confirmed.

        parameters: How codes are made.

    Source:
        RFC 4648 section 6 (base32); the otpauth format leaves out its padding, and
        uses the colon to part issuer and name.
    """
    key = base64.b32encode(seed).decode("ascii").rstrip("=")
    shown = _quoted(name.replace(":", " ")[:MAX_NAME_CHARACTERS])
    query = {
        "secret": key,
        "issuer": issuer,
        "algorithm": parameters.algorithm.value,
        "digits": parameters.digits,
        "period": parameters.period_seconds,
    }
    return Enrollment(
        uri=f"otpauth://totp/{_quoted(issuer)}:{shown}?"
        + urlencode(query, quote_via=quote, safe=""),
        key=" ".join(key[at : at + _GROUP] for at in range(0, len(key), _GROUP)),
        expires_at=expires_at,
        warning=None if parameters == EVERY_APP else _UNUSUAL,
    )


def check_issuer(issuer: str) -> str:
    """
    Return *issuer* if an app can show it.

    Raises:
        SetupError: It is empty, longer than 64 characters, or has a colon.
    """
    is_short = 1 <= len(issuer) <= MAX_NAME_CHARACTERS
    if not is_short or ":" in issuer or has_surrogate(issuer):
        message = (
            f"an issuer is a name of 1 to {MAX_NAME_CHARACTERS} characters, no ':'"
        )
        raise SetupError(message)
    return issuer


def _quoted(text: str) -> str:
    # A lone surrogate becomes a question mark; it must not raise with the name in it.
    return quote(text.encode("utf-8", "replace"), safe="")
