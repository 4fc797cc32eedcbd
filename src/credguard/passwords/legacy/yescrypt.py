"""
yescrypt, which the common Linux distributions write into /etc/shadow.

Source: A. Peslyak, yescrypt 1.1 (www.openwall.com/yescrypt); crypt(5) of libxcrypt.
"""

import re

from credguard.passwords.legacy.libcrypt import CryptHash
from credguard.passwords.legacy.phpass import phpass_number
from credguard.passwords.legacy.scheme import NOTHING_BESIDE, Beside
from credguard.passwords.stored_hash import blanked

_ANY = r"[./0-9A-Za-z]"
# Where the last character carries few bits, others would be misspelt.
_LAST_4_BITS = r"[./0-9A-D]"
_LAST_2_BITS = r"[./01]"
_ZERO = "."


class Yescrypt:
    """
    ``$y$`` with one of the eleven costs that libxcrypt writes.

    Args:
        is_gost: True for ``$gy$``.

    Source:
        A. Peslyak, yescrypt 1.1; yescrypt and gost-yescrypt in crypt(5).
    """

    # Flavor j; then N as a power of two, less one, in crypt's alphabet; then r
    # of 8 or 32, less one.
    _PARAMETERS = r"j([78])5|j([7-9A-F])T"
    _SALT = (
        rf"(?=[^$]{{1,86}}\$)(?:{_ANY}{{4}})*"
        rf"(?:{_ANY}{_LAST_2_BITS}|{_ANY}{{2}}{_LAST_4_BITS})?"
    )
    # How many KiB Argon2id fills in the time of one of yescrypt's, as measured on
    # x86-64 with libxcrypt 4.4; good to a factor of two.
    _PER_KIB = 1.7

    def __init__(self, *, is_gost: bool = False) -> None:
        self.name = "crypt:gost_yescrypt" if is_gost else "crypt:yescrypt"
        mark = "gy" if is_gost else "y"
        self._shape = re.compile(
            rf"\${mark}\$(?:{self._PARAMETERS})"
            rf"\${self._SALT}\$(?P<tag>{_ANY}{{42}}{_LAST_4_BITS})",
            re.ASCII,
        )

    def read(self, stored: str, _beside: Beside = NOTHING_BESIDE) -> CryptHash | None:
        """Return the hash that *stored* is, None if it is not of this format."""
        found = self._shape.fullmatch(stored)
        if found is None:
            return None
        small, large = found[1], found[2]
        block = 128 * (8 if large is None else 32)
        memory = block << phpass_number(large or small) + 1
        return CryptHash(
            scheme=self.name,
            tag=stored.encode(),
            blank=blanked(found, "tag", zero=_ZERO),
            cost=f"m={memory // 1024}",
            memory_bytes=memory,
            work=round(memory / 1024 * self._PER_KIB),
        )
