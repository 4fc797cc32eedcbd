"""The two hashes by which breached passwords are published."""

import hashlib

from credguard.screening.corpus.layout import Kind
from credguard.screening.corpus.nt_hash import nt_hash

PREFIX_CHARACTERS = 5
"""A range is all hashes with the same first five hexadecimal digits."""


def digits_of(password: str, kind: Kind) -> str:
    """
    Return the hash of *password* in upper-case hexadecimal digits.

    Args:
        password: What was chosen, without lone surrogates.

        kind: Which hash.
    """
    if kind is Kind.NTLM:
        return nt_hash(password).hex().upper()
    digest = hashlib.sha1(password.encode(), usedforsecurity=False)
    return digest.hexdigest().upper()


def suffix_characters(kind: Kind) -> int:
    """Return how many hexadecimal digits a hash has behind the prefix."""
    return 2 * kind.hash_bytes - PREFIX_CHARACTERS
