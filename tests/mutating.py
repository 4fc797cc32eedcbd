"""
Texts that are nearly good: altered by bit, by byte, by number and by part.

Everything is drawn from a `Random` that the caller seeds, so that what failed once
fails again.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from random import Random

MOST_BYTES = 1 << 14

_NUMBER = re.compile(rb"[0-9]+")
_PARTS = re.compile(rb"([$:;,=.|&?/\s{}\[\]\"']+)")
# What parsers of numbers, of base64, of encodings and of lines trip over.
_NUMBERS = (
    b"0",
    b"-1",
    b"+1",
    b"01",
    b"1_0",
    b"1e9",
    b" 1",
    b"0x10",
    b"NaN",
    b"Infinity",
    "٣".encode(),
    "²".encode(),
    b"65536",
    str(2**31 - 1).encode(),
    str(2**31).encode(),
    str(2**32).encode(),
    str(2**64).encode(),
    b"9" * 400,
    b"9" * 5_000,
)
_TOKENS = (
    b"\x00",
    b"\n",
    b"\r\n",
    b"\x80",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
    b"$",
    b":",
    b",",
    b"=",
    b"==",
    b"%00",
    b"%ff",
    b"%s",
    b"..",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"'",
    b'"',
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"(" * 200,
    b"[" * 2_000,
    b'{"a":' * 500,
    b"~" * 300,
    b"A" * 300,
)

Mutation = Callable[[bytes, Random], bytes]


def _flip(text: bytes, draw: Random) -> bytes:
    at = draw.randrange(len(text))
    changed = text[at] ^ (1 << draw.randrange(8))
    return text[:at] + bytes([changed]) + text[at + 1 :]


def _replace(text: bytes, draw: Random) -> bytes:
    at = draw.randrange(len(text))
    return text[:at] + bytes([draw.choice(text)]) + text[at + 1 :]


def _any_byte(text: bytes, draw: Random) -> bytes:
    at = draw.randrange(len(text))
    return text[:at] + bytes([draw.randrange(256)]) + text[at + draw.randrange(2) :]


def _delete(text: bytes, draw: Random) -> bytes:
    at = draw.randrange(len(text))
    return text[:at] + text[at + draw.choice((1, 1, 1, 2, 4, 16)) :]


def _cut(text: bytes, draw: Random) -> bytes:
    return text[: draw.randrange(len(text))]


def _swap(text: bytes, draw: Random) -> bytes:
    at = draw.randrange(len(text))
    return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]


def _insert(text: bytes, draw: Random) -> bytes:
    at = draw.choice((0, len(text), draw.randrange(len(text) + 1)))
    return text[:at] + draw.choice(_TOKENS) + text[at:]


def _other_case(text: bytes, draw: Random) -> bytes:
    at = draw.randrange(len(text))
    until = draw.choice((at + 1, len(text)))
    return text[:at] + text[at:until].swapcase() + text[until:]


def _other_number(text: bytes, draw: Random) -> bytes:
    found = list(_NUMBER.finditer(text))
    if not found:
        return _insert(text, draw)
    start, end = draw.choice(found).span()
    near = str(int(text[start : min(end, start + 18)]) + draw.choice((-1, 1))).encode()
    number = draw.choice((*_NUMBERS, near, near, b"0" + text[start:end]))
    return text[:start] + number + text[end:]


def _other_parts(text: bytes, draw: Random) -> bytes:
    parts = _PARTS.split(text)
    one, other = draw.randrange(len(parts)), draw.randrange(len(parts))
    kind = draw.randrange(4)
    if kind == 0:
        parts[one], parts[other] = parts[other], parts[one]
    elif kind == 1:
        parts[one] = b""
    elif kind == 2:
        parts.insert(one, parts[other])
    else:
        parts[one] = parts[other]
    return b"".join(parts)


def _repeat(text: bytes, draw: Random) -> bytes:
    start = draw.randrange(len(text))
    end = draw.randrange(start, len(text)) + 1
    return text[:end] + text[start:end] * draw.choice((1, 1, 2, 64)) + text[end:]


MUTATIONS: tuple[Mutation, ...] = (
    _flip,
    _replace,
    _any_byte,
    _delete,
    _cut,
    _swap,
    _insert,
    _other_case,
    _other_number,
    _other_number,
    _other_parts,
    _repeat,
)


def altered(text: bytes, draw: Random) -> bytes:
    """Return *text* altered in one way, seldom in two or three."""
    for _ in range(draw.choice((1, 1, 1, 1, 2, 3))):
        text = draw.choice(MUTATIONS)(text or b"\x00", draw)[:MOST_BYTES]
    return text


def spliced(seeds: Sequence[bytes], draw: Random) -> bytes:
    """Return the beginning of one seed before the end of another."""
    head, tail = draw.choice(seeds), draw.choice(seeds)
    return head[: draw.randrange(len(head) + 1)] + tail[draw.randrange(len(tail) + 1) :]


def mutants(seeds: Sequence[bytes], count: int, *, seed: int) -> Iterator[bytes]:
    """Give *count* alterations of *seeds*; the same ones for the same *seed*."""
    return islice(_endless(seeds, Random(seed)), count)


def _endless(seeds: Sequence[bytes], draw: Random) -> Iterator[bytes]:
    while True:
        if draw.randrange(8) == 0:
            yield altered(spliced(seeds, draw), draw)
        else:
            yield altered(draw.choice(seeds), draw)
