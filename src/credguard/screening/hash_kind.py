"""The two hashes by which breached passwords are published."""

import hashlib
from enum import StrEnum

from credguard.screening.md4 import ntlm


class HashKind(StrEnum):
    """Which hash of a password a list is made of."""

    SHA1 = "sha1"
    """SHA-1 of the UTF-8 form: 40 hexadecimal digits."""

    NTLM = "ntlm"
    """What Windows stores, MD4 of the UTF-16LE form: 32 hexadecimal digits."""

    @property
    def digits(self) -> int:
        """How many hexadecimal digits a hash has."""
        return 40 if self is HashKind.SHA1 else 32

    @property
    def hash_bytes(self) -> int:
        """How many bytes a hash has."""
        return self.digits // 2

    def of(self, password: str) -> str:
        """
        Return the hash of *password* in upper-case hexadecimal digits.

        Args:
            password: What was chosen, without lone surrogates.
        """
        if self is HashKind.NTLM:
            return ntlm(password).hex().upper()
        digest = hashlib.sha1(password.encode(), usedforsecurity=False)
        return digest.hexdigest().upper()
