"""QR codes of an otpauth URI, drawn here and sent nowhere."""

import io
from typing import TYPE_CHECKING

from credguard.errors import MissingExtraError, SetupError

if TYPE_CHECKING:
    from segno import QRCode

MAX_SCALE = 32  # dots to a module; a screen is full long before

# ISO/IEC 18004 table 7: bytes that fit with 15 % of the code readable again. Names
# in other alphabets need more than that, and then 7 % has to do.
_MOST_BYTES_AT_M = 2331

TITLE = "QR code for an authenticator app"
DESCRIPTION = "Scan it with the app, or type the key that is shown beside it."


def svg(uri: str, *, title: str, description: str, scale: int) -> str:
    """
    Return the QR code as an SVG element, with a name for those who do not see it.

    Raises:
        SetupError: *scale* is not from 1 to 32.
        MissingExtraError: The package segno is not installed.
    """
    written = io.BytesIO()
    drawn(uri, scale).save(
        written,
        kind="svg",
        scale=scale,
        title=title,
        desc=description,
        light="#fff",
        xmldecl=False,
        nl=False,
    )
    element = written.getvalue().decode("utf-8")
    # A screen reader then reads the title instead of passing over the drawing.
    return element.replace("<svg ", '<svg role="img" ', 1)


def png(uri: str, *, scale: int) -> bytes:
    """
    Return the QR code as a PNG file.

    Raises:
        SetupError: *scale* is not from 1 to 32.
        MissingExtraError: The package segno is not installed.
    """
    written = io.BytesIO()
    drawn(uri, scale).save(written, kind="png", scale=scale)
    return written.getvalue()


def terminal(uri: str) -> str:
    """
    Return the QR code as lines of text for a terminal with a dark background.

    Raises:
        MissingExtraError: The package segno is not installed.
    """
    written = io.StringIO()
    drawn(uri).terminal(written, compact=True)
    return written.getvalue()


def drawn(uri: str, scale: int = 1) -> "QRCode":
    """
    Return the modules of the QR code.

    Raises:
        SetupError: *scale* is not from 1 to 32.
        MissingExtraError: The package segno is not installed.
    """
    if not 1 <= scale <= MAX_SCALE:
        message = f"a QR code is drawn with 1 to {MAX_SCALE} dots to a module"
        raise SetupError(message)
    try:
        # Imported here because it is an extra.
        import segno  # noqa: PLC0415
    except ImportError:
        extra = "qr"
        raise MissingExtraError(extra, needed_for="A QR code") from None
    level = "M" if len(uri) <= _MOST_BYTES_AT_M else "L"
    return segno.make_qr(uri, error=level)
