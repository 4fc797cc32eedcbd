"""
The answer to a range request: read strictly, at the speed of C.

A short, damaged or foreign answer must not turn into "not listed", so the whole
of it is looked at before any of it is believed.

Source: the range protocol as published by Have I Been Pwned (API version 3,
"Searching by range").
"""

from bisect import bisect_left
from operator import itemgetter

from credguard.screening.verdicts import Unasked, UnaskedReason

SUFFIX_CHARACTERS = 35
"""SHA-1 has 40 hexadecimal digits, and 5 are asked for."""

MOST_COUNT_DIGITS = 12

# Among so many hashes one of the 16 first digits is missing once in 10^10 times; an
# answer that was cut before its end is missing the last ones.
_MANY_LINES = 400
_BEGINNINGS = tuple(b"%X" % digit for digit in range(16))

_BOM = b"\xef\xbb\xbf"
_SHAPED = bytes(
    0x30 if chr(byte) in "0123456789ABCDEF" else byte for byte in range(256)
)
_PADDING = b":0"


class RangeBody:
    """
    A whole and well-formed answer.

    Args:
        text: Lines of upper-case suffix, colon, count, ended by LF or CRLF or by
            nothing.
    """

    __slots__ = ("text",)

    def __init__(self, text: bytes) -> None:
        self.text = text

    def times(self, suffix: str) -> int | Unasked:
        """
        Return how often the hash was seen: 0 if it is absent or padding.

        Args:
            suffix: All but the first 5 hexadecimal digits of the hash, in upper
                case, as many as the answer's lines have.
        """
        wanted = f"{suffix}:".encode("ascii")
        most = 0
        # Lines were looked at: nothing but a whole suffix has a colon behind it.
        at = self.text.find(wanted)
        while at >= 0:
            start = at + len(wanted)
            end = self.text.find(b"\n", start)
            count = self.text[start : None if end < 0 else end].rstrip(b"\r")
            if not count.isdigit():
                return Unasked(UnaskedReason.MALFORMED)
            # Padding may happen to repeat a hash that is there.
            most = max(most, int(count))
            at = self.text.find(wanted, start)
        return most


def read_body(
    answer: bytes, *, fewest_lines: int, suffix_characters: int = SUFFIX_CHARACTERS
) -> RangeBody | Unasked:
    """
    Return what a range request was answered with, if it is all there.

    LF and CRLF, either case, a byte order mark and padding anywhere are accepted.
    A line of any other form, lines out of order, or too few of them, make the
    whole answer worthless.

    Args:
        answer: The body, not compressed.

        fewest_lines: How many lines with a count above zero there are at least in
            a whole answer. Even 0 does not make an empty answer a whole one:
            padding is asked for, so a sound service sends something.

        suffix_characters: How many hexadecimal digits a line begins with: 35
            for SHA-1, 27 for NTLM.
    """
    text = answer.removeprefix(_BOM).strip(b"\r\n")
    line_end = b"\r\n" if b"\r\n" in text else b"\n"
    if not _well_formed(text, line_end, suffix_characters):
        # Lower case and mixed line ends are rare: only they pay for a second look.
        text, line_end = text.replace(b"\r\n", b"\n").upper(), b"\n"
        if not _well_formed(text, line_end, suffix_characters):
            return Unasked(UnaskedReason.MALFORMED)
    real = _without_padding(text, line_end)
    if not _in_order(real, suffix_characters):
        return Unasked(UnaskedReason.MALFORMED)
    if len(real) < fewest_lines or not _reaches_the_end(real):
        return Unasked(UnaskedReason.TOO_FEW_LINES)
    return RangeBody(text)


def _well_formed(text: bytes, line_end: bytes, suffix_characters: int) -> bool:
    start = b"0" * suffix_characters + b":"
    shapes = set(text.translate(_SHAPED).split(line_end))
    # One shape for each length of a count, so this compares a handful of them.
    return all(
        shape.startswith(start)
        and not shape[len(start) :].strip(b"0")
        and 0 < len(shape) - len(start) <= MOST_COUNT_DIGITS
        for shape in shapes
    )


def _without_padding(text: bytes, line_end: bytes) -> list[bytes]:
    """Return the lines with a count above zero."""
    lines = text.split(line_end)
    end = len(lines)
    while end and lines[end - 1].endswith(_PADDING):
        end -= 1
    # Padding stands at the end; a line of it anywhere else costs a second look.
    elsewhere = text.count(_PADDING + line_end) > len(lines) - end
    del lines[end:]
    return [*filter(_is_real, lines)] if elsewhere else lines


def _is_real(line: bytes) -> bool:
    return not line.endswith(_PADDING)


def _in_order(lines: list[bytes], suffix_characters: int) -> bool:
    if sorted(lines) == lines:
        return True
    # The same hash twice is in order, whatever the counts.
    suffixes = list(map(itemgetter(slice(suffix_characters)), lines))
    return sorted(suffixes) == suffixes


def _reaches_the_end(lines: list[bytes]) -> bool:
    if len(lines) < _MANY_LINES:
        return True
    found = (bisect_left(lines, each) for each in _BEGINNINGS)
    return all(
        at < len(lines) and lines[at].startswith(each)
        for at, each in zip(found, _BEGINNINGS, strict=True)
    )
