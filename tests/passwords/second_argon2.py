"""
A second opinion on Argon2id: OpenSSL's, through cryptography.

cryptography has it since its version 44, and we need no more than 43.
"""

import importlib
from typing import Protocol, cast

import pytest


class Deriving(Protocol):
    """What `Argon2id` of cryptography is made to do."""

    def derive(self, key_material: bytes) -> bytes:
        """Return the tag of a password."""
        ...


def theirs(
    *, salt: bytes = b"somesalt", length: int = 32, passes: int, lanes: int, kib: int
) -> Deriving:
    """Return OpenSSL's Argon2id of this cost; skip the test where there is none."""
    reason = "cryptography is older than 44 and has no Argon2id"
    try:
        module = importlib.import_module("cryptography.hazmat.primitives.kdf.argon2")
    except ModuleNotFoundError:
        pytest.skip(reason)
    made = module.Argon2id(
        salt=salt, length=length, iterations=passes, lanes=lanes, memory_cost=kib
    )
    return cast("Deriving", made)
