"""
PHC strings of Argon2: one text for one hash, and no other spelling of it.

Source: the PHC string format specification
(github.com/P-H-C/phc-string-format), as written by Argon2's reference code.
"""

import re
from binascii import a2b_base64, b2a_base64
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Self

from credguard.passwords.work_factor import (
    MIN_MEMORY_KIB_PER_LANE,
    Ceilings,
    WorkFactor,
    refuse_above,
)

# A number as decimal digits without leading zeros. 512 digits are far above any
# ceiling and below the shortest limit that Python can be given for int() (640).
COUNT = r"[1-9][0-9]{0,511}"
COST = f"m={COUNT},t={COUNT},p={COUNT}"

SALT_BYTES = 16  # RFC 9106 section 3.1: 128 bits suffice for password hashing
TAG_BYTES = 32  # RFC 9106 section 4: both recommended options
MIN_SALT_BYTES = 8  # RFC 9106 section 3.1
MAX_SALT_BYTES = 64
MIN_TAG_BYTES = 16  # shorter tags are let through by chance too easily
MAX_TAG_BYTES = 64


class Variety(StrEnum):
    """The two kinds of Argon2 that are compared; only argon2id is written."""

    ARGON2ID = "argon2id"
    ARGON2I = "argon2i"


# An enumeration's own look-up takes ten times as long, and each log-in needs one.
_VARIETIES = {variety.value: variety for variety in Variety}

# Unpadded base64 needs 11 characters for 8 bytes, 22 for 16 and 86 for 64.
_PHC = re.compile(
    r"\$(argon2id|argon2i)\$v=19"
    rf"\$({COST})"
    r"\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})",
    re.ASCII,
)

# What base64 can end with and what it lacks, by how many characters stand in its last
# group. Any other last character has spare bits set, and would give one hash a second
# spelling.
_ALPHABET = ascii_uppercase + ascii_lowercase + digits + "+/"
_ENDINGS = {
    0: (_ALPHABET, ""),
    1: ("", ""),
    2: (_ALPHABET[::16], "=="),
    3: (_ALPHABET[::4], "="),
}


@dataclass(frozen=True, kw_only=True)
class Cost:
    """
    What an Argon2 hash asks for, in numbers as large as its text says.

    Attributes:
        memory_kib: Memory in KiB.
        passes: How often the memory is gone over.
        lanes: How many threads may share the work.
    """

    memory_kib: int
    passes: int
    lanes: int

    @classmethod
    def of(cls, work_factor: WorkFactor) -> Self:
        """Return what a hash of *work_factor* asks for."""
        return cls(
            memory_kib=work_factor.memory_kib,
            passes=work_factor.passes,
            lanes=work_factor.lanes,
        )

    @cached_property
    def work_factor(self) -> WorkFactor:
        """The same as a work factor, which only numbers that passed `check` make."""
        return WorkFactor(
            memory_kib=self.memory_kib, passes=self.passes, lanes=self.lanes
        )

    @property
    def work(self) -> int:
        """How many KiB are filled in all."""
        return self.memory_kib * self.passes

    def check(self, ceilings: Ceilings) -> None:
        """
        Refuse what is above *ceilings*.

        Raises:
            WorkFactorTooHighError: Memory, passes or lanes are above their ceiling.
        """
        if ceilings.allow(self.memory_kib, self.passes, self.lanes):
            return
        refuse_above(ceilings.argon2_memory_kib, self.memory_kib, "Argon2 memory (KiB)")
        refuse_above(ceilings.argon2_passes, self.passes, "Argon2 passes")
        refuse_above(ceilings.argon2_lanes, self.lanes, "Argon2 lanes")

    def __str__(self) -> str:
        return f"m={self.memory_kib},t={self.passes},p={self.lanes}"


@lru_cache(maxsize=64)  # a table has few of them, and each log-in asks for one
def read_cost(text: str) -> Cost | None:
    """Return what *text* of the shape `COST` asks for, None if no hash could."""
    memory_kib, passes, lanes = (int(part[2:]) for part in text.split(","))
    if memory_kib < MIN_MEMORY_KIB_PER_LANE * lanes:
        return None
    return Cost(memory_kib=memory_kib, passes=passes, lanes=lanes)


@dataclass(slots=True, kw_only=True)  # frozen ones take twice as long to make
class PhcString:
    """
    One Argon2 hash of version 19, taken apart.

    Attributes:
        variety: Which Argon2.
        cost: What it asks for.
        salt: 8 to 64 bytes.
        tag: What the password is compared with, 16 to 64 bytes.
    """

    variety: Variety
    cost: Cost
    salt: bytes = field(repr=False)
    tag: bytes = field(repr=False)

    def to_text(self) -> str:
        """Return the one text that `read_phc` reads back as an equal value."""
        return (
            f"${self.variety}$v=19"
            f"${self.cost}${to_base64(self.salt)}${to_base64(self.tag)}"
        )


def read_phc(stored: str) -> PhcString | None:
    """
    Read a PHC string in its canonical spelling.

    Args:
        stored: The text; any text may be given.

    Returns:
        The parts, or None if *stored* is not such a string. The numbers are as
        large as the text says: call `Cost.check` before anything is computed.
    """
    found = _PHC.fullmatch(stored)
    if found is None:
        return None
    name, cost_text, salt_text, tag_text = found.groups()
    cost = read_cost(cost_text)
    salt, tag = from_base64(salt_text), from_base64(tag_text)
    if cost is None or salt is None or tag is None:
        return None
    return PhcString(variety=_VARIETIES[name], cost=cost, salt=salt, tag=tag)


def to_base64(data: bytes) -> str:
    """Return *data* as base64 without padding, as PHC strings write it."""
    return b2a_base64(data, newline=False).rstrip(b"=").decode("ascii")


def from_base64(text: str) -> bytes | None:
    """Return the bytes of canonical base64 *text* of the right alphabet, or None."""
    last, padding = _ENDINGS[len(text) % 4]
    return a2b_base64(text + padding) if text[-1:] in last else None
