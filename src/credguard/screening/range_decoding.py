"""Undo the compression of an answer, with a ceiling on what comes out."""

import zlib

from credguard.screening.verdicts import Unasked, UnaskedReason

ASKED_ENCODING = "gzip"
"""It takes 43 of the 77 KB of a whole range off the wire, and has a checksum."""

MAX_DECODED_BYTES = 4 * 1024 * 1024

_GZIP = 16 + zlib.MAX_WBITS


def decoded(body: bytes, encoding: str) -> bytes | Unasked:
    """
    Return what *body* is without its compression.

    Args:
        body: As it came, at most as long as the ceiling on the wire.

        encoding: What ``Content-Encoding`` says, or nothing. An encoding that was
            not asked for, or more than one, is refused.
    """
    if encoding.lower() in {"", "identity"}:
        return body
    if encoding.lower() != ASKED_ENCODING:
        return Unasked(UnaskedReason.MALFORMED)
    unpacker = zlib.decompressobj(wbits=_GZIP)
    try:
        text = unpacker.decompress(body, MAX_DECODED_BYTES + 1)
    except zlib.error:
        return Unasked(UnaskedReason.MALFORMED)
    if len(text) > MAX_DECODED_BYTES:
        return Unasked(UnaskedReason.TOO_LARGE)
    if not unpacker.eof or unpacker.unused_data:
        return Unasked(UnaskedReason.MALFORMED)
    return text
