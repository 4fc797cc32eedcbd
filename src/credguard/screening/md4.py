"""
MD4, of which Windows makes NTLM hashes. It is broken and must protect nothing.

OpenSSL 3 no longer offers it, so `hashlib` has none. This one costs about a hundred
times as much as SHA-1 does there: nothing beside a question over a network, too
much for a loop over a table, where the hashes are at hand already.

Source: RFC 1320 (and its errata); for the NTLM hash, [MS-NLMP] section 3.3.1.
"""

import struct

_BLOCK_BYTES = 64
_LENGTH_AT = 56
_WORD = 0xFFFFFFFF
_START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)

# For each round: the constant, the order of the words, and the four rotations.
_ROUND_1 = (0, tuple(range(16)), (3, 7, 11, 19))
_ROUND_2 = (
    0x5A827999,
    (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15),
    (3, 5, 9, 13),
)
_ROUND_3 = (
    0x6ED9EBA1,
    (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15),
    (3, 9, 11, 15),
)


def ntlm(password: str) -> bytes:
    """
    Return the NTLM hash of *password*: 16 bytes.

    Args:
        password: What was chosen, without lone surrogates.
    """
    return md4(password.encode("utf-16-le"))


def md4(message: bytes) -> bytes:
    """Return the MD4 of *message*: 16 bytes."""
    zeros = (_LENGTH_AT - 1 - len(message)) % _BLOCK_BYTES
    length = struct.pack("<Q", 8 * len(message) % 2**64)
    padded = message + b"\x80" + bytes(zeros) + length
    state = _START
    for words in struct.iter_unpack("<16I", padded):
        state = _compressed(state, words)
    return struct.pack("<4I", *state)


def _compressed(
    state: tuple[int, int, int, int], words: tuple[int, ...]
) -> tuple[int, int, int, int]:
    a, b, c, d = state
    constant, order, turns = _ROUND_1
    for step, at in enumerate(order):
        mixed = (b & c) | (~b & d)
        a, b, c, d = d, _turned(a + mixed + words[at] + constant, turns[step % 4]), b, c
    constant, order, turns = _ROUND_2
    for step, at in enumerate(order):
        mixed = (b & c) | (b & d) | (c & d)
        a, b, c, d = d, _turned(a + mixed + words[at] + constant, turns[step % 4]), b, c
    constant, order, turns = _ROUND_3
    for step, at in enumerate(order):
        mixed = b ^ c ^ d
        a, b, c, d = d, _turned(a + mixed + words[at] + constant, turns[step % 4]), b, c
    before = zip(state, (a, b, c, d), strict=True)
    one, two, three, four = ((old + new) & _WORD for old, new in before)
    return one, two, three, four


def _turned(number: int, bits: int) -> int:
    number &= _WORD
    return (number << bits | number >> (32 - bits)) & _WORD
