"""
PHC strings of Argon2: one text for one hash, and no other spelling of it.

Source: the PHC string format specification
(github.com/P-H-C/phc-string-format), as written by Argon2's reference code.
"""

import re
from binascii import a2b_base64, b2a_base64
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from credguard.passwords.work_factor import (
    MIN_MEMORY_KIB_PER_LANE,
    Ceilings,
    WorkFactor,
    refuse_above,
)

# A number as decimal digits without leading zeros. 512 digits are far above any
# ceiling and below the shortest limit that Python can be given for int() (640).
COUNT = r"[1-9][0-9]{0,511}"

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


# Unpadded base64 needs 11 characters for 8 bytes, 22 for 16 and 86 for 64.
_PHC = re.compile(
    r"\$(argon2id|argon2i)\$v=19"
    rf"\$m=({COUNT}),t=({COUNT}),p=({COUNT})"
    r"\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhcString:
    """
    One Argon2 hash of version 19, taken apart.

    Attributes:
        variety: Which Argon2.
        memory_kib: Memory in KiB.
        passes: How often the memory is gone over.
        lanes: How many threads may share the work.
        salt: 8 to 64 bytes.
        tag: What the password is compared with, 16 to 64 bytes.
    """

    variety: Variety
    memory_kib: int
    passes: int
    lanes: int
    salt: bytes = field(repr=False)
    tag: bytes = field(repr=False)

    @property
    def work_factor(self) -> WorkFactor:
        """What it costs; only numbers that passed `check_cost` make a work factor."""
        return _work_factor(self.memory_kib, self.passes, self.lanes)

    @property
    def cost(self) -> str:
        """Memory, passes and lanes as the text says them."""
        return f"m={self.memory_kib},t={self.passes},p={self.lanes}"

    def check_cost(self, ceilings: Ceilings) -> None:
        """
        Refuse what costs more than *ceilings* allow.

        Raises:
            WorkFactorTooHighError: Memory, passes or lanes are above their ceiling.
        """
        refuse_above(ceilings.argon2_memory_kib, self.memory_kib, "Argon2 memory (KiB)")
        refuse_above(ceilings.argon2_passes, self.passes, "Argon2 passes")
        refuse_above(ceilings.argon2_lanes, self.lanes, "Argon2 lanes")

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
        large as the text says: call `check_cost` before anything is computed.
    """
    found = _PHC.fullmatch(stored)
    if found is None:
        return None
    variety, memory, passes, lanes, salt_text, tag_text = found.groups()
    salt, tag = from_base64(salt_text), from_base64(tag_text)
    if salt is None or tag is None:
        return None
    if int(memory) < MIN_MEMORY_KIB_PER_LANE * int(lanes):
        return None
    return PhcString(
        variety=Variety(variety),
        memory_kib=int(memory),
        passes=int(passes),
        lanes=int(lanes),
        salt=salt,
        tag=tag,
    )


def to_base64(data: bytes) -> str:
    """Return *data* as base64 without padding, as PHC strings write it."""
    return b2a_base64(data, newline=False).rstrip(b"=").decode("ascii")


def from_base64(text: str) -> bytes | None:
    """Return the bytes of canonical base64 *text* of the right alphabet, or None."""
    if len(text) % 4 == 1:
        return None
    data = a2b_base64(text + "=" * (-len(text) % 4))
    # Spare bits in the last character would give one hash a second spelling.
    return data if to_base64(data) == text else None


@lru_cache(maxsize=64)
def _work_factor(memory_kib: int, passes: int, lanes: int) -> WorkFactor:
    # A table has few of them, and each log-in asks for one.
    return WorkFactor(memory_kib=memory_kib, passes=passes, lanes=lanes)
