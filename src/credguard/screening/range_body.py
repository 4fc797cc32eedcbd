"""
The answer to a range request: read strictly, at the speed of C.

A short, damaged or foreign answer must not turn into "not listed", so the whole
of it is looked at before any of it is believed.

Source: the range protocol as published by Have I Been Pwned (API version 3,
"Searching by range").
"""

from credguard.screening.verdicts import Unasked, UnaskedReason

SUFFIX_CHARACTERS = 35
"""SHA-1 has 40 hexadecimal digits, and 5 are asked for."""

MOST_COUNT_DIGITS = 12

# Among so many hashes one of the 16 first digits is missing once in 10^10 times; an
# answer that was cut before its end is missing the last ones.
_MANY_LINES = 400
_BEGINNINGS = tuple(b"\n%X" % digit for digit in range(16))

_BOM = b"\xef\xbb\xbf"
_SHAPED = bytes(
    0x30 if chr(byte) in "0123456789ABCDEF" else byte for byte in range(256)
)
_SHAPES = frozenset(
    b"0" * SUFFIX_CHARACTERS + b":" + b"0" * digits
    for digits in range(1, MOST_COUNT_DIGITS + 1)
)


class RangeBody:
    """
    A whole and well-formed answer.

    Args:
        lines: Upper-case lines ended by LF, the first one preceded by LF.
    """

    __slots__ = ("_lines",)

    def __init__(self, lines: bytes) -> None:
        self._lines = lines

    def times(self, suffix: str) -> int | Unasked:
        """
        Return how often the hash was seen: 0 if it is absent or padding.

        Args:
            suffix: The last 35 hexadecimal digits of the hash, in upper case.
        """
        wanted = f"\n{suffix}:".encode("ascii")
        most = 0
        at = self._lines.find(wanted)
        while at >= 0:
            start = at + len(wanted)
            count = self._lines[start : self._lines.index(b"\n", start)]
            if not count.isdigit():
                return Unasked(UnaskedReason.MALFORMED)
            # Padding may happen to repeat a hash that is there.
            most = max(most, int(count))
            at = self._lines.find(wanted, start)
        return most


def read_body(answer: bytes, *, fewest_lines: int) -> RangeBody | Unasked:
    """
    Return what a range request was answered with, if it is all there.

    LF and CRLF, either case and a byte order mark are accepted. A line of any
    other form, or too few lines, make the whole answer worthless.

    Args:
        answer: The body, not compressed.

        fewest_lines: How many lines there are at least in a whole answer.
    """
    lines = answer.removeprefix(_BOM).replace(b"\r\n", b"\n").upper().strip(b"\n")
    shapes = lines.translate(_SHAPED).split(b"\n")
    if not _SHAPES.issuperset(shapes):
        return Unasked(UnaskedReason.MALFORMED)
    if len(shapes) < fewest_lines:
        return Unasked(UnaskedReason.TOO_FEW_LINES)
    found = b"\n" + lines + b"\n"
    if len(shapes) >= _MANY_LINES and not all(each in found for each in _BEGINNINGS):
        return Unasked(UnaskedReason.TOO_FEW_LINES)
    return RangeBody(found)
