"""
The NT hash of a password: MD4 of its UTF-16, as Windows stores it.

OpenSSL 3 no longer offers MD4, so it stands here. It is for looking up what others
have listed, and fit for nothing else.

Source: RFC 1320; [MS-NLMP] section 3.3.1.
"""

import struct

_MASK = 0xFFFFFFFF
_STATE = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
_BLOCK_BYTES = 64
_ROUNDS = (
    (0x00000000, tuple(range(16)), (3, 7, 11, 19)),
    (
        0x5A827999,
        tuple(column + row for column in range(4) for row in (0, 4, 8, 12)),
        (3, 5, 9, 13),
    ),
    (
        0x6ED9EBA1,
        (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15),
        (3, 9, 11, 15),
    ),
)


def nt_hash(password: str) -> bytes:
    """
    Return the 16 bytes of the NT hash.

    Args:
        password: Text without lone surrogates.
    """
    return md4(password.encode("utf-16-le"))


def md4(data: bytes) -> bytes:
    """Return the 16 bytes of MD4 (RFC 1320)."""
    padded = data + b"\x80" + bytes((55 - len(data)) % _BLOCK_BYTES)
    padded += struct.pack("<Q", 8 * len(data))
    state = _STATE
    for words in struct.iter_unpack("<16I", padded):
        state = _compressed(state, words)
    return struct.pack("<4I", *state)


def _compressed(
    state: tuple[int, int, int, int], words: tuple[int, ...]
) -> tuple[int, int, int, int]:
    a, b, c, d = state
    for number, (constant, order, rotations) in enumerate(_ROUNDS):
        for step, index in enumerate(order):
            mixed = a + _mixed(number, b, c, d) + words[index] + constant & _MASK
            turn = rotations[step % 4]
            a, b, c, d = d, (mixed << turn | mixed >> (32 - turn)) & _MASK, b, c
    turned = (a, b, c, d)
    one, two, three, four = (
        old + new & _MASK for old, new in zip(state, turned, strict=True)
    )
    return one, two, three, four


def _mixed(number: int, b: int, c: int, d: int) -> int:
    if number == 0:
        return b & c | ~b & d
    if number == 1:
        return b & c | b & d | c & d
    return b ^ c ^ d
