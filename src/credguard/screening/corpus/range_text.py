"""
A range as the protocol has it, from the records of a file.

Two thousand lines are made without a step of the interpreter for any of them: all
suffixes are spelled at once, into rows as long as the longest line; the counts are
filled in column by column, and what is left blank is taken out at the end.
"""

from binascii import hexlify

from credguard.screening.corpus.layout import (
    LARGE_COUNT,
    MAX_COUNT,
    Shape,
    Width,
)
from credguard.screening.corpus.runs import Run

_RANGE_BITS = 20
_SIXTH_DIGIT_BITS = 24  # with so many, the suffix begins behind the sixth digit
_DIGITS = b"0123456789ABCDEF"

_BLANK = b"\0"
_LARGE = b"\1"
_TAIL = b":\0\0\0\r\n\0"
_BETWEEN = b"\n"  # any character that is no digit
_UPPER = bytes(range(256)).upper()


def _digit_column(place: int) -> bytes:
    """Return for each count byte its digit of a *place*, blank in front."""
    counts = range(LARGE_COUNT)
    shown = b"".join(b"%3d" % count for count in counts).replace(b" ", _BLANK)
    return shown[place::3] + (_BLANK if place else _LARGE)


_COUNT_COLUMNS = tuple(_digit_column(place) for place in range(3))


def has_ranges_apart(shape: Shape) -> bool:
    """Return True if `range_text` can: whole hashes, no bucket of two ranges."""
    return shape.width is Width.WHOLE and shape.bits >= _RANGE_BITS


def range_text(run: Run, shape: Shape) -> bytes:
    """
    Return the lines of a range, each with its line end.

    Args:
        run: All records of the range, in order.

        shape: How records look; see `has_ranges_apart`.
    """
    suffixes, codes = _columns(run, shape.suffix_bytes)
    if not codes:
        return b""
    digits = 2 * shape.suffix_bytes
    width = digits + len(_TAIL)
    joined = hexlify(suffixes, _BETWEEN, shape.suffix_bytes)
    rows = bytearray(joined.replace(_BETWEEN, _TAIL) + _TAIL)
    for place, column_of in enumerate(_COUNT_COLUMNS, digits + 1):
        rows[place::width] = codes.translate(column_of)
    begin = b""
    if shape.bits < _SIXTH_DIGIT_BITS:
        rows[0::width] = bytes(len(codes))  # the fifth digit, which lines leave out
    else:
        # The last column is blank: what stands there begins the next line.
        sixth = _sixth_digits(run)
        begin, rows[width - 1 :: width] = sixth[:1], sixth[1:] + _BLANK
    return _with_large(begin + rows.translate(_UPPER, _BLANK), run)


def _columns(run: Run, width: int) -> tuple[bytes, bytes]:
    """Return all suffixes of a run, and all count bytes."""
    suffixes, codes = [], []
    at = 0
    for length in run.lengths:
        counts_at = at + length * width
        suffixes.append(run.body[at:counts_at])
        at = counts_at + length
        codes.append(run.body[counts_at:at])
    return b"".join(suffixes), b"".join(codes)


def _sixth_digits(run: Run) -> bytes:
    """Return for each record the digit that its bucket stands for."""
    each = len(run.lengths) // len(_DIGITS)
    return b"".join(
        _DIGITS[at : at + 1] * sum(run.lengths[at * each : (at + 1) * each])
        for at in range(len(_DIGITS))
    )


def _with_large(text: bytes, run: Run) -> bytes:
    if not run.large:
        return text
    pieces = text.split(_LARGE)
    counts = [b"%d" % (entry & MAX_COUNT) for entry in run.large]
    joined = [piece + count for piece, count in zip(pieces, counts, strict=False)]
    return b"".join((*joined, pieces[-1]))
