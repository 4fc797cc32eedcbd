"""
As much of Protocol Buffers as an export of seeds needs: fields of a message. Pure.

Source: Protocol Buffers, "Encoding": varints, and records of a field number and a
wire type.
"""

from collections.abc import Iterator

from credguard.second_factor.takeover.refusals import ReasonCode, unfit

VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5

_MOST_VARINT_BYTES = 10  # 64 bits, seven to a byte
_FIXED = {EIGHT_BYTES: 8, FOUR_BYTES: 4}


def fields_of(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """
    Return the fields of a message: each one's number and value, in order.

    Raises:
        UnfitRecordError: It is cut, or is no message.
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if wire == LENGTH:
            size, at = _varint(message, at)
        elif wire in _FIXED:
            size = _FIXED[wire]
        else:
            raise unfit(ReasonCode.UNREADABLE)
        if size > len(message) - at:
            raise unfit(ReasonCode.UNREADABLE)
        yield number, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for count, byte in enumerate(message[at : at + _MOST_VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:  # noqa: PLR2004  # the bit that says that more follow
            return value, at + count + 1
    raise unfit(ReasonCode.UNREADABLE)
